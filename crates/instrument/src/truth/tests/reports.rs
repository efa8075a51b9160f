//! The number of bits that is claimed for a tensor.

use super::super::{Evidence, Unproven};
use super::{Bound, Check, Float, disturbed, exact, holds, real, two_to};
use crate::norm::column::Column;
use crate::norm::tensor::TrueTensor;
use crate::norm::tensor::activation_gradient;
use ndarray::Array2;

/// g̃ and E against the true g = g̃ − E, whose norm is the least possible: 2^-k·‖g‖ must hold E, and
/// 2^-(k+1)·‖g‖ must not.
pub fn check_evidence() -> Check {
    for (value, error) in [(1024.5, 1.0), (1024.75, 1.0), (1025.001, 1.0), (1536.0, 1.0), (1e-300, 1e-310), (2.0, 1.0)]
    {
        let tensor = TrueTensor::blurred(Array2::from_elem((1, 1), real(value)), Bound::from_f64(error));
        let true_norm = real(value) - error;
        let evidence = Evidence::of(&Ok(tensor));
        let claimed = |bits: u32| true_norm.clone() >> bits;
        match evidence {
            Evidence::Proven(bits) => {
                holds(claimed(bits) >= error, || format!("{bits} bits of {value} ± {error}"))?;
                holds(claimed(bits + 1) < error, || format!("only {bits} bits of {value} ± {error}"))?;
            }
            Evidence::NotEstablished(Unproven::TooWide) => {
                holds(claimed(1) < error, || format!("nothing of {value} ± {error}"))?;
            }
            other => return Err(format!("{value} ± {error} is {other}")),
        }
    }
    Ok(())
}

#[test]
fn evidence_of_special_tensors() {
    let of = |values: Vec<Float>, error: Bound| {
        Evidence::of(&Ok(TrueTensor::blurred(Array2::from_shape_vec((values.len(), 1), values).unwrap(), error)))
    };
    let too_wide = Evidence::NotEstablished(Unproven::TooWide);
    // A computed zero proves nothing, however small its bound; an exact one everything.
    assert_eq!(of(vec![real(0.0)], Bound::power_of_two(-(1 << 40))), too_wide);
    assert_eq!(Evidence::of(&Ok(TrueTensor::known(Array2::from_elem((2, 1), real(0.0))))), Evidence::Exact);
    assert_eq!(of(vec![real(1.0)], Bound::INFINITE), too_wide);
    assert_eq!(of(vec![real(1.0)], Bound::power_of_two(1 << 40)), too_wide);
    // The ends of the exponents: norms whose squares nearly leave MPFR's range.
    for e in [-(1 << 29) + 2, (1 << 29) - 2] {
        let evidence = of(vec![real(1.0) << e; 4], Bound::power_of_two(i64::from(e) - 40));
        assert_eq!(evidence, Evidence::Proven(39), "at 2^{e}"); // ⌊log₂((2 − E)/E)⌋ with E = 2·2^-40
    }
    // δ of a sample that is far below the doubles, next to a sample of zeros at the exponent 0.
    let tiny = Column { error: Bound::power_of_two(-2000), ..disturbed(&[two_to(-1900)], &[real(0.0)]).0 };
    let zero = Column { exponent: 0, ..exact(&[real(0.0)]) };
    assert_eq!(Evidence::of(&activation_gradient(&[tiny, zero])), Evidence::Proven(99));
    assert!(Evidence::Exact.reaches(1000) && Evidence::Proven(24).reaches(24) && !too_wide.reaches(1));
    assert_eq!(Evidence::Proven(7).weaker(Evidence::Exact), Evidence::Proven(7));
    assert_eq!(Evidence::Proven(7).weaker(too_wide), too_wide);
}
