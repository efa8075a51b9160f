//! The only place that maps a name to a type: a match over a few storage types, not over formats.

use super::doubles::Doubles;
use super::long::Long;
use super::packed::Kept;
use super::wide::Wide;
use super::{ArithmeticName, Numbers, storage_noise};
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
    /// Types that never fail, and double lanes for unbounded exponents until [`super::Arithmetic::range_exceeded`].
    Fast,
    /// Types that never fail, and doubles with wide exponents for unbounded ones until [`super::Arithmetic::range_exceeded`].
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
    let doubles = match carriers {
        Carriers::RangeAlone => Doubles::range_alone(name).or_else(|| Doubles::new(name, key)),
        Carriers::Fast => in_doubles(name, key),
        Carriers::Wide | Carriers::Infallible => Doubles::new(name, key),
    };
    let Some(doubles) = doubles else {
        let wide = if carriers == Carriers::Wide { Wide::new(name) } else { None };
        return match wide {
            Some(wide) => visitor.visit(Arc::new(wide)),
            None => visitor.visit(Arc::new(Long::new(name).keyed(key))),
        };
    };
    match Kept::narrowly(doubles) {
        Kept::Doubles(arithmetic) => visitor.visit(Arc::new(arithmetic)),
        Kept::Singles(arithmetic) => visitor.visit(Arc::new(arithmetic)),
        Kept::Halves(arithmetic) => visitor.visit(Arc::new(arithmetic)),
        Kept::Bfloats(arithmetic) => visitor.visit(Arc::new(arithmetic)),
    }
}

/// True if double lanes carry an arithmetic or can replace it.
pub fn is_in_lanes(name: ArithmeticName) -> bool {
    in_doubles(name, 0).is_some()
}

fn in_doubles(name: ArithmeticName, key: u64) -> Option<Doubles> {
    Doubles::new(name, key).or_else(|| Doubles::unbounded(name, key))
}

/// Largest relative rounding of stored exact values in an arithmetic.
pub struct StorageNoise<'v>(pub &'v [&'v ndarray::Array2<f64>]);

impl Visitor for StorageNoise<'_> {
    type Output = f64;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> f64 {
        self.0.iter().fold(0.0, |worst, values| storage_noise(&*arithmetic, values).max(worst))
    }
}
