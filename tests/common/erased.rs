//! Any arithmetic as a value of one type, with exact numbers going in and coming out, so that a test can
//! run over a list of names and compare kinds of carriers.

use ndarray::Array2;
use precision_probe::activation::Function;
use precision_probe::arithmetic::dispatch::{Carriers, Visitor, dispatch, dispatch_with};
use precision_probe::arithmetic::long::Long;
use precision_probe::arithmetic::packed::Packed;
use precision_probe::arithmetic::reference::Reference;
use precision_probe::arithmetic::{ArithmeticName, Binary, Content, Exact, Numbers, Place, Side, Step};
use std::sync::Arc;

/// Where results go that nothing reads.
pub const ANYWHERE: Place = Place { step: Step::alone(0), row: 0, column: 0 };

/// An arithmetic whose stored numbers are seen as exact ones.
pub trait Erased {
    fn round(&self, x: &Exact) -> Exact;
    fn dot(&self, row: &[Exact], column: &[Exact], last: Option<&Exact>) -> Exact;
    fn binary(&self, operation: Binary, x: &Exact, y: &Exact) -> Exact;
    fn product(&self, left: &Array2<Exact>, right: &Array2<Exact>, last: Option<&[Exact]>) -> Array2<Exact>;
    fn map(&self, function: &Function, x: &Array2<Exact>) -> Array2<Exact>;
    fn zip(&self, operation: Binary, x: &Array2<Exact>, y: &Array2<Exact>) -> Array2<Exact>;
    fn sum_rows(&self, x: &Array2<Exact>) -> Array2<Exact>;
}

struct Exactly<A>(A);

impl<A: Numbers> Exactly<A> {
    fn all(&self, x: &[Exact]) -> Vec<A::Elem> {
        x.iter().map(|x| self.0.round(ANYWHERE, x)).collect()
    }
}

impl<A: Numbers> Erased for Exactly<A> {
    fn round(&self, x: &Exact) -> Exact {
        self.0.exact(&self.0.round(ANYWHERE, x))
    }

    fn dot(&self, row: &[Exact], column: &[Exact], last: Option<&Exact>) -> Exact {
        let last = last.map(|last| self.0.round(ANYWHERE, last));
        self.0.exact(&self.0.dot(ANYWHERE, &self.all(row), &self.all(column), last.as_ref()))
    }

    fn binary(&self, operation: Binary, x: &Exact, y: &Exact) -> Exact {
        let (x, y) = (self.0.round(ANYWHERE, x), self.0.round(ANYWHERE, y));
        self.0.exact(&self.0.binary(ANYWHERE, operation, &x, &y))
    }

    fn product(&self, left: &Array2<Exact>, right: &Array2<Exact>, last: Option<&[Exact]>) -> Array2<Exact> {
        let left = self.0.prepare(self.0.round_matrix(Step::alone(0), left).view(), Side::Left, Content::Parameter);
        // As the network gives it: a view that is not in row-major order.
        let right = self.0.round_matrix(Step::alone(0), &right.t().to_owned());
        let right = self.0.prepare(right.t(), Side::Right, Content::Activation);
        let last = last.map(|last| self.all(last));
        self.0.exact_matrix(&self.0.product(Step::alone(0), &left, &right, last.as_deref())).to_array()
    }

    fn map(&self, function: &Function, x: &Array2<Exact>) -> Array2<Exact> {
        self.0.exact_matrix(&self.0.map(Step::alone(0), function, &self.0.round_matrix(Step::alone(0), x))).to_array()
    }

    fn zip(&self, operation: Binary, x: &Array2<Exact>, y: &Array2<Exact>) -> Array2<Exact> {
        let (x, y) = (self.0.round_matrix(Step::alone(0), x), self.0.round_matrix(Step::alone(0), y));
        self.0.exact_matrix(&self.0.zip(Step::alone(0), operation, &x, &y)).to_array()
    }

    fn sum_rows(&self, x: &Array2<Exact>) -> Array2<Exact> {
        self.0.exact_matrix(&self.0.sum_rows(Step::alone(0), &self.0.round_matrix(Step::alone(0), x))).to_array()
    }
}

/// The arithmetic that the project runs under a name, or its definition alone.
struct Erase {
    reference: bool,
}

impl Visitor for Erase {
    type Output = Box<dyn Erased>;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> Box<dyn Erased> {
        let arithmetic = owned(arithmetic);
        if self.reference { Box::new(Exactly(Reference(arithmetic))) } else { Box::new(Exactly(arithmetic)) }
    }
}

/// The arithmetic out of the only pointer to it.
pub fn owned<A>(arithmetic: Arc<A>) -> A {
    Arc::try_unwrap(arithmetic).ok().expect("dispatch keeps no pointer")
}

/// What the project runs.
pub fn dispatched(name: ArithmeticName) -> Box<dyn Erased> {
    dispatch(name, Erase { reference: false })
}

/// The same on other carriers.
pub fn carried(name: ArithmeticName, carriers: Carriers) -> Box<dyn Erased> {
    dispatch_with(name, carriers, 0, Erase { reference: false })
}

/// Its definition, without overrides.
pub fn reference(name: ArithmeticName) -> Box<dyn Erased> {
    dispatch(name, Erase { reference: true })
}

/// Double lanes, where they carry that arithmetic.
pub fn lanes(name: ArithmeticName) -> Option<Box<dyn Erased>> {
    Packed::<f64>::new(name).map(|lanes| Box::new(Exactly(lanes)) as Box<dyn Erased>)
}

/// MPFR numbers.
pub fn long(name: ArithmeticName) -> Box<dyn Erased> {
    Box::new(Exactly(Long::new(name)))
}

/// The name, which must be right.
pub fn named(name: &str) -> ArithmeticName {
    ArithmeticName::parse(name).unwrap_or_else(|error| panic!("{error}"))
}
