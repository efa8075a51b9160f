//! Sums over a tensor's entries, in their order.

use super::Noise;
use super::reference::{ComparedEntry, OrdinaryEntry, ReferenceTensor};
use super::scaled::scaled;
use crate::fate::{Fate, Fates};
use crate::format::two_to;
use rug::Float;

/// Exponent below which a scaled difference is also summed times 2^[`FINE_SHIFT`], because its square would underflow.
pub(super) const FINE: i64 = -300;
/// Exponent of the scale of fine differences.
const FINE_SHIFT: i64 = 512;
/// Exponent of the smallest recorded ratio; smaller ones are "at most" this.
pub(super) const LEAST: i64 = -1000;

/// Distinguishes underflow from other causes of a computed zero.
#[derive(Clone, Copy, Debug)]
pub enum Twin<'a> {
    /// Nothing does: every such zero counts as flushed.
    Absent,
    /// The run itself has unbounded exponents: nothing is flushed.
    Itself,
    /// The places where the same run with unbounded exponents is zero, too, in row-major order.
    Zeros(&'a [bool]),
}

/// Sums over entries, in their order.
pub(super) struct Sums<'a> {
    scale: i64,
    twin: Twin<'a>,
    /// A preallocated number, for the last long difference.
    pub(super) scratch: Float,
    noise: f64,
    product: f64,
    own: f64,
    flushed: f64,
    /// Sums of differences whose squares would underflow.
    fine_noise: f64,
    is_lost: bool,
    signs: (u64, u64),
    fates: [u64; Fate::ALL.len()],
    /// Ordinary entries: all, those drowned, and those drowned or degraded.
    ordinary: (u64, u64, u64),
}

impl<'a> Sums<'a> {
    pub(super) fn new(scale: i64, twin: Twin<'a>) -> Sums<'a> {
        Sums {
            scale,
            twin,
            scratch: Float::new(64),
            noise: 0.0,
            product: 0.0,
            own: 0.0,
            flushed: 0.0,
            fine_noise: 0.0,
            is_lost: false,
            signs: (0, 0),
            fates: [0; Fate::ALL.len()],
            ordinary: (0, 0, 0),
        }
    }

    /// Adds one entry; `signs` says whether the computed one is above and below 0, and is `None` if it is not finite.
    #[inline(always)]
    pub(super) fn add(
        &mut self,
        place: usize,
        compared: ComparedEntry,
        signs: Option<(bool, bool)>,
        reference: &ReferenceTensor,
    ) {
        let fate = match (compared.fate, self.twin) {
            (Fate::Flushed, Twin::Itself) => Fate::Cut,
            (Fate::Flushed, Twin::Zeros(zeros)) if zeros[place] => Fate::Cut,
            (fate, _) => fate,
        };
        self.fates[fate as usize] += 1;
        let (d, g, x) = (compared.difference, reference.high(place), compared.computed);
        self.noise += d * d;
        if d.abs() < two_to(FINE) && (compared.long || d != 0.0) {
            let fine =
                if compared.long { scaled(&self.scratch, self.scale - FINE_SHIFT) } else { d * two_to(FINE_SHIFT) };
            self.fine_noise += fine * fine;
            self.is_lost |= fine * fine == 0.0;
        }
        self.product += x * g;
        self.own += x * x;
        if fate == Fate::Flushed {
            self.flushed += g * g;
        }
        if !matches!(fate, Fate::Undecided | Fate::TrueZero | Fate::Ghost) {
            let (is_positive, is_negative) = reference.signs(place);
            self.signs.0 += u64::from(is_positive || is_negative);
            let agree = |(above, below): (bool, bool)| (above && is_positive) || (below && is_negative);
            self.signs.1 += u64::from(signs.is_some_and(agree));
        }
    }

    /// [`Sums::add`] for ordinary entries, which are the majority.
    #[inline(always)]
    pub(super) fn add_ordinary(&mut self, x: f64, entry: &OrdinaryEntry) {
        let &OrdinaryEntry { high, difference, drowned, degraded } = entry;
        self.noise += difference * difference;
        self.product += x * high;
        self.own += x * x;
        self.ordinary.0 += 1;
        self.ordinary.1 += u64::from(drowned);
        self.ordinary.2 += u64::from(drowned | degraded);
        self.signs.1 += u64::from((x > 0.0) == (high > 0.0));
    }

    pub(super) fn finish(mut self, reference: &ReferenceTensor, error: f64) -> Noise {
        let (truth, square) = (reference.truth, reference.square);
        let (all, drowned, degraded) = self.ordinary;
        self.signs.0 += all;
        self.fates[Fate::Drowned as usize] += drowned;
        self.fates[Fate::Degraded as usize] += degraded - drowned;
        self.fates[Fate::Resolved as usize] += all - degraded;
        let fates = Fates::of(self.fates);
        let is_finite = fates.overflowed == 0;
        // A sum this small only has fine entries.
        let is_fine = self.noise < two_to(2 * FINE);
        let noise = if is_fine { self.fine_noise.sqrt() * two_to(-FINE_SHIFT) } else { self.noise.sqrt() };
        let is_dead = fates.true_zero + fates.ghost == truth.len() as u64
            || truth.exact.iter().enumerate().all(|(place, &exact)| exact && truth.sign(place).is_eq());
        Noise {
            square,
            signal: square.sqrt(),
            noise: if is_finite { noise } else { f64::INFINITY },
            product: if is_finite { self.product } else { f64::NAN },
            computed: if is_finite { self.own.sqrt() } else { f64::INFINITY },
            error: if self.is_lost { error.max(two_to(LEAST)) } else { error },
            scale: self.scale,
            flushed: self.flushed,
            is_dead,
            signs: self.signs,
            fates,
        }
    }
}
