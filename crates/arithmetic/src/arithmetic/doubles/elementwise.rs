//! Operations on all entries of a matrix at once, rounded to nearest, where no guard watches them one by one.

use super::Doubles;
use crate::activation::Function;
use crate::arithmetic::Binary;
use crate::arithmetic::kernels::{self, Rounding};
use crate::format::{F64, canonical, two_to};

impl Doubles {
    /// The rounding of all entries at once.
    fn at_once(&self) -> Option<&Rounding> {
        self.accumulation.store.to_nearest().filter(|_| self.guard.is_none())
    }

    fn stored(&self, store: &Rounding, mut values: Vec<f64>) -> Vec<f64> {
        kernels::round_all(self.path, store, &mut values);
        values.iter_mut().for_each(|x| *x = canonical(*x));
        values
    }

    /// Doubles rounded to the format.
    pub(in super::super) fn round_all(&self, x: impl FnOnce() -> Vec<f64>) -> Option<Vec<f64>> {
        self.at_once().map(|store| self.stored(store, x()))
    }

    /// x ∘ y.
    pub(in super::super) fn zip_all(
        &self,
        operation: Binary,
        (x, y): (impl FnOnce() -> Vec<f64>, impl FnOnce() -> Vec<f64>),
    ) -> Option<Vec<f64>> {
        let store = self.at_once()?;
        let mut results = x();
        results.iter_mut().zip(y()).for_each(|(x, y)| {
            *x = match operation {
                Binary::Add => *x + y,
                Binary::Subtract => *x - y,
                Binary::Multiply => *x * y,
                Binary::Divide => *x / y,
            };
        });
        Some(self.stored(store, results))
    }

    /// f(x), if f has few operations.
    pub(in super::super) fn map_all(&self, f: &Function, x: impl FnOnce() -> Vec<f64>) -> Option<Vec<f64>> {
        let store = self.at_once()?;
        let values = if *f == Function::SquareRoot { roots(x()) } else { self.linear(f, x)? };
        Some(self.stored(store, values))
    }

    /// φ or φ' of a φ that is linear on either side of 0, where every product with its slope is a double, or the
    /// rounded double is what is stored.
    fn linear(&self, f: &Function, x: impl FnOnce() -> Vec<f64>) -> Option<Vec<f64>> {
        let (Function::Value(activation) | Function::Derivative(activation)) = f else { return None };
        let (left, right) = activation.linear_slopes()?;
        let format = self.accumulation.store.format();
        let is_double = |slope: f64| {
            let bits = 53 - (slope.to_bits() | 1 << 52).trailing_zeros();
            let is_ordinary = slope == 0.0 || (two_to(-400)..two_to(400)).contains(&slope.abs());
            *format == F64 || (is_ordinary && bits + format.precision <= 53)
        };
        if !(is_double(left) && is_double(right)) {
            return None;
        }
        let mut values = x();
        let of = |x: f64, slope: f64| if slope == 0.0 { 0.0 } else { slope * x };
        match f {
            Function::Derivative(_) => values.iter_mut().filter(|x| !x.is_nan()).for_each(|x| {
                *x = if *x > 0.0 { right } else { left };
            }),
            _ => values.iter_mut().filter(|x| !x.is_nan()).for_each(|x| {
                *x = if *x > 0.0 { of(*x, right) } else { of(*x, left) };
            }),
        }
        Some(values)
    }
}

/// Square roots: the processor's, and then one rounding to nearest, which is innocuous (53 ≥ 2p + 2, Figueroa 1995).
///
/// A tie B of a p-bit format has at most p + 1 bits. If √x for a p-bit x were not B, but so near that its double is,
/// then with 2^e ≤ B < 2^(e+1) at most 2^(e−53)·2^(e+2) would lie between x and B². But these are multiples of
/// 2^(2e−2p), which is more for p ≤ 24.
fn roots(mut x: Vec<f64>) -> Vec<f64> {
    x.iter_mut().for_each(|x| *x = x.sqrt());
    x
}
