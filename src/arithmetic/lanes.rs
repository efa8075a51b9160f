//! Every format that double precision can carry: f64, f32, tf32, bf16, f16, fp8 and small `eXmY`.
//!
//! Products of two members are exact in double precision and sums suffer no double rounding
//! ([`Format::fits_f64_lanes`]), so each operation is the hardware's, then one rounding. Numbers are
//! stored in the narrowest type that has them; the `half` crate only stores, it never rounds.

use super::kernels::{self, LaneRound};
use super::{Arithmetic, ArithmeticName, Binary, Exact, Place, Side, TensorId};
use crate::activation::{Function, round_function_f64};
use crate::format::{F32, F64, Format, Rounder, canonical};
use half::{bf16, f16};
use ndarray::{Array2, ArrayView2};

/// A type that stores the members of a format.
pub trait Carrier: Copy + Send + Sync {
    /// The stored number; exact.
    fn get(self) -> f64;
    /// Stores a member of the format; NaN in one bit pattern.
    fn put(x: f64) -> Self;
}

impl Carrier for f64 {
    fn get(self) -> f64 {
        self
    }
    fn put(x: f64) -> f64 {
        canonical(x)
    }
}

impl Carrier for f32 {
    fn get(self) -> f64 {
        f64::from(self)
    }
    fn put(x: f64) -> f32 {
        canonical(x) as f32
    }
}

impl Carrier for f16 {
    fn get(self) -> f64 {
        self.to_f64()
    }
    // Members only: the conversion is exact, so half's double rounding from f64 cannot show.
    fn put(x: f64) -> f16 {
        f16::from_f64(canonical(x))
    }
}

impl Carrier for bf16 {
    fn get(self) -> f64 {
        self.to_f64()
    }
    fn put(x: f64) -> bf16 {
        bf16::from_f64(canonical(x))
    }
}

/// How results in double lanes are rounded to one format.
#[derive(Clone, Copy, Debug)]
pub enum LaneRounding {
    /// binary64: the hardware's result is the rounded one.
    Double,
    /// binary32: the hardware's conversion.
    Single,
    /// Any other format.
    Emulated(Rounder),
}

impl LaneRounding {
    fn new(format: Format) -> LaneRounding {
        match format {
            F64 => LaneRounding::Double,
            F32 => LaneRounding::Single,
            other => LaneRounding::Emulated(other.rounder()),
        }
    }

    #[inline]
    fn round(&self, x: f64) -> f64 {
        match self {
            LaneRounding::Double => x,
            LaneRounding::Single => kernels::Single.round(x),
            LaneRounding::Emulated(rounder) => rounder.round(x),
        }
    }
}

/// An arithmetic in double lanes, its numbers stored as `C`.
pub struct Lanes<C> {
    name: ArithmeticName,
    store: LaneRounding,
    accumulate: LaneRounding,
    carrier: std::marker::PhantomData<C>,
}

impl<C: Carrier> Lanes<C> {
    /// The arithmetic of that name, if double lanes carry it and its accumulator.
    pub fn new(name: ArithmeticName) -> Option<Lanes<C>> {
        let members = name.format.fits_f64_lanes() || name.format == F64;
        // binary64's own products are exact in no lane, so it accumulates only in itself. An accumulator
        // narrower than the format would round a sum with the bias, which has the format's precision and
        // any exponent, twice: first to binary64, perhaps onto a tie.
        let sums = match name.accumulator {
            F64 => true,
            accumulator => accumulator.fits_f64_lanes() && accumulator.precision >= name.format.precision,
        };
        (members && sums).then(|| Lanes {
            name,
            store: LaneRounding::new(name.format),
            accumulate: LaneRounding::new(name.accumulator),
            carrier: std::marker::PhantomData,
        })
    }

    fn store(&self, x: f64) -> C {
        C::put(self.store.round(x))
    }
}

impl<C: Carrier> Arithmetic for Lanes<C> {
    type Elem = C;
    type Operand = Array2<f64>;

    fn round(&self, _: Place, x: &Exact) -> C {
        match x {
            Exact::Double(x) => self.store(*x),
            Exact::Long(x) => C::put(self.name.format.round(x).to_f64()),
        }
    }

    fn exact(&self, x: &C) -> Exact {
        Exact::Double(x.get())
    }

    fn dot(&self, _: Place, row: &[C], column: &[C], last: Option<&C>) -> C {
        let round = |x| self.accumulate.round(x);
        let mut products = row.iter().zip(column).map(|(x, y)| round(x.get() * y.get()));
        let first = products.next().unwrap_or(0.0);
        let mut sum = products.fold(first, |sum, product| round(sum + product));
        if let Some(last) = last {
            sum = round(sum + last.get());
        }
        self.store(sum)
    }

    fn apply(&self, _: Place, f: &Function, x: &C) -> C {
        C::put(round_function_f64(f, x.get(), &self.name.format))
    }

    fn binary(&self, _: Place, operation: Binary, x: &C, y: &C) -> C {
        let (x, y) = (x.get(), y.get());
        self.store(match operation {
            Binary::Add => x + y,
            Binary::Subtract => x - y,
            Binary::Multiply => x * y,
            // A quotient of p-bit numbers is innocuous in double precision too: 53 ≥ 2p + 2 (Figueroa 1995).
            Binary::Divide => x / y,
        })
    }

    fn prepare(&self, matrix: ArrayView2<C>, _: Side) -> Array2<f64> {
        // Row-major for either side: the kernel broadcasts left entries and streams right rows.
        Array2::from_shape_fn(matrix.dim(), |index| matrix[index].get())
    }

    fn product(&self, _: TensorId, left: &Array2<f64>, right: &Array2<f64>, last: Option<&[C]>) -> Array2<C> {
        let last: Option<Vec<f64>> = last.map(|entries| entries.iter().map(|x| x.get()).collect());
        let last = last.as_deref();
        let sums = match self.accumulate {
            LaneRounding::Double => kernels::product(&kernels::Double, left, right, last),
            LaneRounding::Single => kernels::product(&kernels::Single, left, right, last),
            LaneRounding::Emulated(rounder) => kernels::product(&rounder, left, right, last),
        };
        sums.map(|&sum| self.store(sum))
    }
}
