//! The one place where a name becomes a type: a match over a few carriers, not over formats.

use super::lanes::{Carrier, Lanes};
use super::long::Long;
use super::{Arithmetic, ArithmeticName, storage_noise};
use crate::format::{BF16, F16, F64};
use half::{bf16, f16};
use std::sync::Arc;

/// Work that runs in any arithmetic.
pub trait Visitor {
    /// What it gives.
    type Output;
    /// Runs it in one arithmetic.
    fn visit<A: Arithmetic + 'static>(self, arithmetic: Arc<A>) -> Self::Output;
}

/// Which carriers may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriers {
    /// Those that never fail, and double lanes for unbounded exponents until [`Arithmetic::left_range`].
    Fast,
    /// Those that never fail.
    Sure,
    /// Double lanes with the range of the arithmetic alone, where they have it.
    RangeAlone,
}

/// Runs `visitor` in the arithmetic of that name.
pub fn dispatch<V: Visitor>(name: ArithmeticName, visitor: V) -> V::Output {
    fn lanes<C: Carrier + 'static, V: Visitor>(name: ArithmeticName, visitor: V) -> V::Output {
        match Lanes::<C>::new(name) {
            Some(arithmetic) => visitor.visit(Arc::new(arithmetic)),
            None => visitor.visit(Arc::new(Long::new(name))),
        }
    }
    match name.format {
        F64 => lanes::<f64, V>(name, visitor),
        F16 => lanes::<f16, V>(name, visitor),
        BF16 => lanes::<bf16, V>(name, visitor),
        // binary32's range and precision hold every other format of at most 24 bits and 8 exponent bits.
        other if other.precision <= 24 && other.exponent_bits() <= 8 && other.exponent_bits() > 0 => {
            lanes::<f32, V>(name, visitor)
        }
        _ => lanes::<f64, V>(name, visitor),
    }
}

/// [`dispatch`] with a choice of carriers.
pub fn dispatch_with<V: Visitor>(name: ArithmeticName, carriers: Carriers, visitor: V) -> V::Output {
    match special(name, carriers) {
        Some(arithmetic) => visitor.visit(Arc::new(arithmetic)),
        None => dispatch(name, visitor),
    }
}

/// [`dispatch_with`] for a role beside another one: numbers are stored in doubles where those suffice, so that two
/// roles are two types and not one for every pair of carriers.
pub fn role<V: Visitor>(name: ArithmeticName, carriers: Carriers, visitor: V) -> V::Output {
    match special(name, carriers).or_else(|| Lanes::<f64>::new(name)) {
        Some(arithmetic) => visitor.visit(Arc::new(arithmetic)),
        None => visitor.visit(Arc::new(Long::new(name))),
    }
}

/// Double lanes that stand in for another carrier.
fn special(name: ArithmeticName, carriers: Carriers) -> Option<Lanes<f64>> {
    match carriers {
        Carriers::Fast => Lanes::unbounded(name),
        Carriers::Sure => None,
        Carriers::RangeAlone => Lanes::range_alone(name),
    }
}

/// Largest relative rounding of stored exact values in an arithmetic.
pub struct StorageNoise<'v>(pub &'v [&'v ndarray::Array2<f64>]);

impl Visitor for StorageNoise<'_> {
    type Output = f64;
    fn visit<A: Arithmetic + 'static>(self, arithmetic: Arc<A>) -> f64 {
        self.0.iter().fold(0.0, |worst, values| storage_noise(&*arithmetic, values).max(worst))
    }
}
