//! Compares a computed tensor with the exact one, entry by entry.

use super::Noise;
use super::reference::ReferenceTensor;
use super::sums::{FINE, Sums, Twin};
use crate::arithmetic::{Exact, ExactMatrix};
use crate::format::two_to;
use crate::truth::TrueTensor;

impl Noise {
    /// Compares a computed tensor with the exact one; every computed zero whose exact entry is not zero counts as
    /// flushed.
    pub fn measure(truth: &TrueTensor, computed: &ExactMatrix) -> Noise {
        Noise::compare(&ReferenceTensor::new(truth), computed, Twin::Absent)
    }

    /// The same with a prepared exact tensor and with the zeros of the twin run with unbounded exponents.
    pub fn compare(reference: &ReferenceTensor, computed: &ExactMatrix, twin: Twin) -> Noise {
        let truth = reference.truth;
        let scale = reference.scale.or_else(|| computed.top()).unwrap_or(0);
        let mut sums = Sums::new(scale, twin);
        match computed {
            ExactMatrix::Doubles(computed) => {
                let computed = computed.as_slice().expect("invariant: gradients are row-major");
                let factor = reference.factor();
                for (place, &x) in computed.iter().enumerate() {
                    let scaled = x * factor.unwrap_or(f64::NAN);
                    if let Some(ordinary) = reference.compare_ordinary(place, scaled)
                        && ordinary.difference.abs() >= two_to(FINE)
                    {
                        sums.add_ordinary(scaled, &ordinary);
                        continue;
                    }
                    let in_doubles = factor.and_then(|factor| reference.compare_double(place, x, factor));
                    let compared = in_doubles
                        .unwrap_or_else(|| reference.compare(place, &Exact::Double(x), scale, &mut sums.scratch));
                    let signs = x.is_finite().then_some((x > 0.0, x < 0.0));
                    sums.add(place, compared, signs, reference);
                }
            }
            ExactMatrix::Any(computed) => {
                for (place, x) in computed.iter().enumerate() {
                    let compared = reference.compare(place, x, scale, &mut sums.scratch);
                    let signs = x.sign().filter(|_| x.is_finite()).map(|sign| (sign.is_gt(), sign.is_lt()));
                    sums.add(place, compared, signs, reference);
                }
            }
        }
        let error = if reference.scale.is_some() { reference.error } else { truth.error.scaled(-scale).to_f64() };
        sums.finish(reference, error)
    }
}
