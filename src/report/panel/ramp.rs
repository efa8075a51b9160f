//! Colours of noise in a map: where each begins.

use super::{Paint, Palette};

/// log₁₀ of the noise/signal at which the second colour begins, and colours to a decade: the last is from 10 on.
const NOISE: (f64, f64) = (-3.0, 4.0);
/// Words at colours of noise in a key.
pub const NOISE_TICKS: &[(usize, &str)] = &[(1, "10⁻³"), (5, "10⁻²"), (9, "10⁻¹"), (13, "1"), (17, "10")];

impl Paint {
    /// The colour of a noise/signal.
    pub fn of_noise(ratio: f64) -> Paint {
        Paint::Of(Palette::Noise, noise_level(ratio))
    }
}

fn noise_level(ratio: f64) -> usize {
    if ratio <= 0.0 {
        return 0;
    }
    let above = (core_math::log10(ratio) - NOISE.0) * NOISE.1;
    (above.floor() + 1.0).clamp(0.0, (Palette::Noise.len() - 1) as f64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words at a colour are where it begins.
    #[test]
    fn ticks_stand_where_colours_begin() {
        for ((level, words), ratio) in NOISE_TICKS.iter().zip([1e-3, 1e-2, 1e-1, 1.0, 10.0]) {
            assert_eq!((noise_level(ratio), noise_level(ratio * 0.999)), (*level, *level - 1), "{words}");
        }
        assert_eq!([0.0, f64::INFINITY].map(noise_level), [0, Palette::Noise.len() - 1]);
    }
}
