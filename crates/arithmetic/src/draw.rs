//! Random draws that only depend on the seed, the trial and the tensor's name.
//!
//! ChaCha12 is keyed by the seed (its first eight key bytes, little-endian, the rest zero). Each
//! (trial, tensor name) has a stream of its own, whose number is the first eight bytes of
//! SHA-256(trial as u64 little-endian ‖ name). Value i uses the i-th 64-bit word of the stream. So
//! depth 50 is a prefix of depth 60, trial 3 does not depend on the number of trials, every activation
//! sees the same normals, and nothing depends on the formats, the threads or the machine.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// Largest standard normal number that can be drawn, slightly more than the quantile at 1 − 2^-54.
pub const LARGEST_NORMAL: f64 = 8.3;

/// The stream of one tensor in one trial.
pub struct Stream(ChaCha12Rng);

impl Stream {
    /// Opens the stream at its start.
    pub fn new(seed: u64, trial: u64, tensor: &str) -> Stream {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let digest = Sha256::new().chain_update(trial.to_le_bytes()).chain_update(tensor).finalize();
        let mut generator = ChaCha12Rng::from_seed(key);
        generator.set_stream(u64::from_le_bytes(digest[..8].try_into().expect("eight bytes of thirty-two")));
        Stream(generator)
    }

    /// 64 random bits, as the key of other draws.
    pub fn key(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A uniform index below `bound`, by multiplication (bias below bound/2^64).
    pub fn index(&mut self, bound: usize) -> usize {
        ((u128::from(self.0.next_u64()) * bound as u128) >> 64) as usize
    }

    /// All indices below `count` in random order.
    pub fn shuffled(&mut self, count: usize) -> Vec<usize> {
        self.chosen(count, count)
    }

    /// Indices below `count`, drawn without replacement; fewer are a prefix of more.
    pub fn chosen(&mut self, count: usize, wanted: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for place in 0..wanted {
            let other = place + self.index(count - place);
            order.swap(place, other);
        }
        order.truncate(wanted);
        order
    }

    /// A standard normal number: the inverse distribution function at (k + 1/2)/2^53.
    pub fn normal(&mut self) -> f64 {
        normal_quantile(self.word())
    }

    /// A number uniform on (−1, 1): 2·(k + 1/2)/2^53 − 1, exactly, of the k that [`Stream::normal`] uses.
    pub fn symmetric(&mut self) -> f64 {
        let numerator = 2 * self.word() as i64 + 1 - (1 << 53);
        numerator as f64 * crate::format::two_to(-53)
    }

    /// k: the next 53 bits.
    fn word(&mut self) -> u64 {
        self.0.next_u64() >> 11
    }
}

/// Φ⁻¹((k + 1/2)/2^53), to about 1e-16 relative: Wichura's algorithm AS 241 (Applied Statistics 37,
/// 1988, PPND16), with a correctly rounded logarithm so that the bits are the same everywhere.
fn normal_quantile(k: u64) -> f64 {
    let scale = crate::format::two_to(-54);
    // The probability is n·2^-54 with n odd; from the integer, q and the smaller tail are exact.
    let n = 2 * k + 1;
    let q = (n as i64 - (1 << 53)) as f64 * scale;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * polynomial(&CENTRAL_NUMERATOR, r) / polynomial(&CENTRAL_DENOMINATOR, r);
    }
    let tail = n.min((1 << 54) - n) as f64 * scale;
    let r = (-core_math::log(tail)).sqrt();
    let magnitude = if r <= 5.0 {
        polynomial(&MIDDLE_NUMERATOR, r - 1.6) / polynomial(&MIDDLE_DENOMINATOR, r - 1.6)
    } else {
        polynomial(&TAIL_NUMERATOR, r - 5.0) / polynomial(&TAIL_DENOMINATOR, r - 5.0)
    };
    if q < 0.0 { -magnitude } else { magnitude }
}

/// Horner's rule, highest coefficient last.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

// The coefficients of AS 241, PPND16, from the lowest power up.
const CENTRAL_NUMERATOR: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRAL_DENOMINATOR: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const MIDDLE_NUMERATOR: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const MIDDLE_DENOMINATOR: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const TAIL_NUMERATOR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const TAIL_DENOMINATOR: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Φ⁻¹ against MPFR: Φ(quantile) must be the probability again.
    #[test]
    fn quantiles_invert_the_distribution_function() {
        for k in [0u64, 1, 7, 1 << 20, 1 << 40, (1 << 52) - 1, 1 << 52, (1 << 53) - 1, 3 << 50, 5_000_000_000_000_000] {
            let x = rug::Float::with_val(200, normal_quantile(k));
            let probability = (-x.clone() / rug::Float::with_val(200, 2).sqrt()).erfc() / 2u32;
            let wanted = rug::Float::with_val(200, 2 * k + 1) >> 54u32;
            let slope = rug::Float::with_val(200, -(x.clone() * &x) / 2u32).exp()
                / (rug::Float::with_val(200, rug::float::Constant::Pi) * 2u32).sqrt();
            let distance: rug::Float = (probability - wanted) / slope;
            let error = distance.to_f64() / x.to_f64().abs();
            assert!(error.abs() < 4e-16, "k = {k}: relative error {error:e}");
        }
    }

    #[test]
    fn the_largest_normal_is_a_bound() {
        assert!(normal_quantile((1 << 53) - 1) < LARGEST_NORMAL);
        assert!(normal_quantile((1 << 53) - 1) > LARGEST_NORMAL - 0.1);
        assert!(normal_quantile(0) == -normal_quantile((1 << 53) - 1));
    }

    /// The committed first values of one stream: changing them changes every record.
    #[test]
    fn streams_are_fixed() {
        let mut stream = Stream::new(0, 0, "hidden.1.weight");
        let values = [0; 3].map(|_| stream.normal().to_bits());
        assert_eq!(values, [0xbfde2b705c27fc9f, 0x3fd486217a1865c2, 0xbfee73c5c3f93766], "{values:#018x?}");
        let mut other = Stream::new(0, 1, "hidden.1.weight");
        assert_ne!(values[0], other.normal().to_bits());
    }
}
