//! The only place that maps a name to a type: a match over a few storage types, not over formats.

use super::carrier::Carrier;
use super::doubles::Doubles;
use super::lanes::Lanes;
use super::long::Long;
use super::stochastic::Stochastic;
use super::wide::Wide;
use super::{ArithmeticName, Numbers, storage_noise};
use crate::format::{BF16, F16, F64};
use half::{bf16, f16};
use std::sync::Arc;

/// Work that runs in any arithmetic.
pub trait Visitor {
    /// Its result.
    type Output;
    /// Runs it in one arithmetic.
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Self::Output;
}

/// The storage types that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriers {
    /// Types that never fail, and double lanes for unbounded exponents until [`Arithmetic::range_exceeded`].
    Fast,
    /// Types that never fail, and doubles with wide exponents for unbounded ones until [`Arithmetic::range_exceeded`].
    Wide,
    /// Types that never fail.
    Infallible,
    /// Double lanes with only the range of the arithmetic, if possible.
    RangeAlone,
}

impl Carriers {
    /// The types to use after these have exceeded their range; `None` for types that never do.
    pub fn wider(self) -> Option<Carriers> {
        match self {
            Carriers::Fast => Some(Carriers::Wide),
            Carriers::Wide => Some(Carriers::Infallible),
            Carriers::Infallible | Carriers::RangeAlone => None,
        }
    }
}

/// Runs `visitor` in the arithmetic of that name; random bits are those of the key 0.
pub fn dispatch<V: Visitor>(name: ArithmeticName, visitor: V) -> V::Output {
    dispatch_with(name, Carriers::Infallible, 0, visitor)
}

/// [`dispatch`] with a choice of storage types and a key for the random bits.
pub fn dispatch_with<V: Visitor>(name: ArithmeticName, carriers: Carriers, key: u64, visitor: V) -> V::Output {
    fn lanes<C: Carrier + 'static, V: Visitor>(name: ArithmeticName, key: u64, visitor: V) -> V::Output {
        match Lanes::<C>::new(name) {
            Some(arithmetic) => visitor.visit(Arc::new(arithmetic)),
            None => visitor.visit(Arc::new(Long::new(name).keyed(key))),
        }
    }
    if let Some(arithmetic) = doubles(name, carriers, key) {
        return visitor.visit(Arc::new(arithmetic));
    }
    if let Some(arithmetic) = stochastic(name, carriers, key) {
        return visitor.visit(Arc::new(arithmetic));
    }
    if let Some(arithmetic) = special(name, carriers) {
        return visitor.visit(Arc::new(arithmetic));
    }
    if let Some(arithmetic) = wide(name, carriers) {
        return visitor.visit(Arc::new(arithmetic));
    }
    match name.format {
        F64 => lanes::<f64, V>(name, key, visitor),
        F16 => lanes::<f16, V>(name, key, visitor),
        BF16 => lanes::<bf16, V>(name, key, visitor),
        // binary32's range and precision hold every other format of at most 24 bits and 8 exponent bits.
        other if other.precision <= 24 && other.exponent_bits() <= 8 && other.exponent_bits() > 0 => {
            lanes::<f32, V>(name, key, visitor)
        }
        _ => lanes::<f64, V>(name, key, visitor),
    }
}

/// True if double lanes carry an arithmetic or can replace it.
pub fn is_in_lanes(name: ArithmeticName) -> bool {
    let nearest = || Lanes::<f64>::new(name).is_some() || Lanes::<f64>::unbounded(name).is_some();
    nearest() || stochastic(name, Carriers::Fast, 0).is_some() || doubles(name, Carriers::Fast, 0).is_some()
}

/// Doubles for arithmetics without a storage type of their own.
fn doubles(name: ArithmeticName, carriers: Carriers, key: u64) -> Option<Doubles> {
    let has_own =
        name.is_common() || Stochastic::new(name, key).is_some() || Stochastic::unbounded(name, key).is_some();
    match carriers {
        _ if has_own => None,
        Carriers::Fast => Doubles::new(name, key).or_else(|| Doubles::unbounded(name, key)),
        Carriers::Wide | Carriers::Infallible | Carriers::RangeAlone => Doubles::new(name, key),
    }
}

/// Double lanes that round stochastically.
fn stochastic(name: ArithmeticName, carriers: Carriers, key: u64) -> Option<Stochastic> {
    match carriers {
        Carriers::Fast => Stochastic::new(name, key).or_else(|| Stochastic::unbounded(name, key)),
        Carriers::Wide | Carriers::Infallible | Carriers::RangeAlone => Stochastic::new(name, key),
    }
}

/// Double lanes that replace another storage type.
fn special(name: ArithmeticName, carriers: Carriers) -> Option<Lanes<f64>> {
    match carriers {
        Carriers::Fast => Lanes::unbounded(name),
        Carriers::Wide | Carriers::Infallible => None,
        Carriers::RangeAlone => Lanes::range_alone(name),
    }
}

/// Doubles with wide exponents.
fn wide(name: ArithmeticName, carriers: Carriers) -> Option<Wide> {
    (carriers == Carriers::Wide).then(|| Wide::new(name)).flatten()
}

/// Largest relative rounding of stored exact values in an arithmetic.
pub struct StorageNoise<'v>(pub &'v [&'v ndarray::Array2<f64>]);

impl Visitor for StorageNoise<'_> {
    type Output = f64;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> f64 {
        self.0.iter().fold(0.0, |worst, values| storage_noise(&*arithmetic, values).max(worst))
    }
}
