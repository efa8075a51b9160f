//! The order in which a sum of products is accumulated: one implementation for every storage type.
//!
//! An order is generic over [`Accumulator`], the few operations of an accumulator, so that doubles, vectors of doubles and
//! MPFR numbers run the same code.

use super::random::{Draw, LAST};
use super::tensor_core::{Rule, TensorCore};

/// The summation order of a sum of products.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sum {
    /// In index order, every product and every sum rounded to the accumulator.
    Sequential,
    /// In index order, product and sum rounded to the accumulator together, as one fused operation; the first product
    /// alone.
    Fused,
    /// S(n) = S(first ⌊n/2⌋) + S(rest): errors grow with log₂ n (Higham 1993).
    Pairwise,
    /// In index order with a running compensation c (Kahan 1965). The sum s begins as the first product. Every further
    /// term x, a product or at last the bias, takes four operations, each rounded to the accumulator: `y = x − c`,
    /// `t = s + y` and `c = (t − s) − y`, after which s = t. Nothing is lost before the second term, which takes three: its y is
    /// x, not x − 0. (Beginning with s = c = 0 would make c NaN of an infinite first product, and change signs of
    /// zeros.)
    Kahan,
    /// In index order within blocks of a number of terms, then in order over the blocks' sums (Blanchard, Higham and
    /// Mary 2020).
    Blocks(u32),
    /// The exact sum, rounded once to the format, without an accumulator.
    Exact,
    /// Like a tensor core.
    TensorCore(Chain),
}

/// A tensor core's sum: the rule of a GPU for its factors, and promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chain {
    /// The GPU.
    pub gpu: TensorCore,
    /// For the operands; those of gradients in another format are factors of the same rule.
    pub rule: Rule,
    /// Number of terms after which a partial sum is added to an accumulator in binary32: DeepSeek-V3's promotion.
    pub promote: Option<u32>,
}

impl Sum {
    /// Largest number of roundings in sums that one of the given number of terms passes.
    pub fn roundings_passed(self, terms: usize) -> f64 {
        let n = terms as f64;
        match self {
            Sum::Sequential | Sum::Fused => n,
            Sum::Pairwise => f64::from(terms.max(1).next_power_of_two().ilog2()),
            // 2u and terms of second order (Higham 2002, section 4.3).
            Sum::Kahan => n.min(2.0),
            Sum::Blocks(length) => n.min(f64::from(length)) + (n / f64::from(length)).ceil() - 1.0,
            Sum::Exact => 0.0,
            // Every addend of a block is cut by a unit of the largest one, and D again.
            Sum::TensorCore(Chain { rule, .. }) => n + 2.0 * (n / rule.block() as f64).ceil(),
        }
    }

    /// Roundings of sums of so many terms of one size and any sign, each weighed by the share of the whole sum's mean
    /// square that its partial sum has.
    pub fn roundings(self, terms: usize) -> f64 {
        let n = terms as f64;
        match self {
            Sum::Sequential | Sum::Fused => 0.5 * n,
            // The parts of one level are the whole sum together.
            Sum::Pairwise => f64::from(terms.max(1).next_power_of_two().ilog2()),
            Sum::Kahan => n.min(1.0),
            Sum::Blocks(length) => 0.5 * (n.min(f64::from(length)) + (n / f64::from(length)).ceil() - 1.0),
            Sum::Exact => 0.0,
            Sum::TensorCore(_) => self.roundings_passed(terms),
        }
    }
}

/// Longest blocks of [`Sum::Blocks`].
pub const LONGEST_BLOCK: u32 = 1 << 20;

/// Draws of the operations that only a compensated sum has, beyond those of the terms.
const COMPENSATION: u32 = 1 << 30;
const DIFFERENCE: u32 = 1 << 31;

/// An accumulator's operations, each rounded once.
pub trait Accumulator {
    /// A number in the accumulator.
    type Number: Clone;
    /// The product of a term's factors.
    fn product(&mut self, term: u32) -> Self::Number;
    /// The sum of a term's product, not rounded before, and another number; of the first product alone.
    fn fused(&mut self, term: u32, sum: Option<&Self::Number>) -> Self::Number;
    /// x + y.
    fn add(&mut self, draw: Draw, x: &Self::Number, y: &Self::Number) -> Self::Number;
    /// x − y.
    fn subtract(&mut self, draw: Draw, x: &Self::Number, y: &Self::Number) -> Self::Number;
    /// The number that is added last, if any.
    fn last(&mut self) -> Option<Self::Number>;
    /// +0: the sum of nothing.
    fn zero(&mut self) -> Self::Number;
}

/// Runs an order over the given number of terms, and adds the last number.
///
/// A sum draws the second bits of the term that it begins to add, whatever the order: no two additions share them.
#[inline(always)]
pub fn accumulate<S: Accumulator>(order: Sum, terms: u32, steps: &mut S) -> S::Number {
    let sum = match order {
        _ if terms == 0 => steps.zero(),
        Sum::Sequential => sequential(0, terms, steps),
        Sum::Fused => {
            let mut sum = steps.fused(0, None);
            for term in 1..terms {
                sum = steps.fused(term, Some(&sum));
            }
            sum
        }
        Sum::Pairwise => pairwise(terms, steps),
        Sum::Kahan => return compensated(terms, steps),
        Sum::Blocks(length) => {
            let mut sum = sequential(0, length.min(terms), steps);
            let mut start = length;
            while start < terms {
                let end = start.saturating_add(length).min(terms);
                let block = sequential(start, end, steps);
                sum = steps.add(Draw::Second(start), &sum, &block);
                start = end;
            }
            sum
        }
        Sum::Exact | Sum::TensorCore(_) => unreachable!("invariant: exact sums and tensor cores have no steps"),
    };
    match steps.last() {
        Some(last) => steps.add(Draw::First(LAST), &sum, &last),
        None => sum,
    }
}

#[inline(always)]
fn sequential<S: Accumulator>(start: u32, end: u32, steps: &mut S) -> S::Number {
    let mut sum = steps.product(start);
    for term in start + 1..end {
        let product = steps.product(term);
        sum = steps.add(Draw::Second(term), &sum, &product);
    }
    sum
}

/// The recursion S(n) = S(first ⌊n/2⌋) + S(rest) with its open sums on a stack: (end, sum where it is known).
#[inline(always)]
fn pairwise<S: Accumulator>(terms: u32, steps: &mut S) -> S::Number {
    /// A part of the terms whose first half is summed.
    struct Open<N> {
        middle: u32,
        end: u32,
        first: Option<N>,
    }
    // Halves of 2^32 terms are 32 deep.
    let mut open: Vec<Open<S::Number>> = Vec::with_capacity(32);
    let (mut start, mut end) = (0, terms);
    loop {
        // Down to a single term at `start`.
        while end - start > 1 {
            let middle = start + (end - start) / 2;
            open.push(Open { middle, end, first: None });
            end = middle;
        }
        let mut sum = steps.product(start);
        // Up as far as both halves are known.
        loop {
            match open.last_mut() {
                None => return sum,
                Some(part) if part.first.is_none() => {
                    part.first = Some(sum);
                    (start, end) = (part.middle, part.end);
                    break;
                }
                Some(_) => {
                    let part = open.pop().expect("invariant: the last of a stack that is not empty");
                    let first = part.first.expect("invariant: its first half is summed");
                    sum = steps.add(Draw::Second(part.middle), &first, &sum);
                }
            }
        }
    }
}

/// Kahan's sum; the last number is one more term.
#[inline(always)]
fn compensated<S: Accumulator>(terms: u32, steps: &mut S) -> S::Number {
    let mut sum = steps.product(0);
    let mut lost: Option<S::Number> = None;
    let step = |steps: &mut S, term: u32, x: S::Number, sum: &mut S::Number, lost: &mut Option<S::Number>| {
        let y = match lost {
            Some(lost) => steps.subtract(Draw::First(COMPENSATION + term), &x, lost),
            None => x,
        };
        let total = steps.add(Draw::Second(term), sum, &y);
        let gained = steps.subtract(Draw::Second(COMPENSATION + term), &total, sum);
        *lost = Some(steps.subtract(Draw::First(DIFFERENCE + term), &gained, &y));
        *sum = total;
    };
    for term in 1..terms {
        let x = steps.product(term);
        step(steps, term, x, &mut sum, &mut lost);
    }
    if let Some(last) = steps.last() {
        step(steps, terms, last, &mut sum, &mut lost);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records operations instead of executing them.
    struct Written {
        draws: Vec<Draw>,
        /// Expressions of compensated sums grow threefold with each term.
        are_written: bool,
    }

    impl Written {
        fn drawn(&mut self, draw: Draw, expression: impl FnOnce() -> String) -> String {
            self.draws.push(draw);
            if self.are_written { expression() } else { String::new() }
        }
    }

    impl Accumulator for Written {
        type Number = String;
        fn product(&mut self, term: u32) -> String {
            self.drawn(Draw::First(term), || term.to_string())
        }
        fn fused(&mut self, term: u32, sum: Option<&String>) -> String {
            self.drawn(Draw::Second(term), || sum.map_or(term.to_string(), |sum| format!("fma({term},{sum})")))
        }
        fn add(&mut self, draw: Draw, x: &String, y: &String) -> String {
            self.drawn(draw, || format!("({x}+{y})"))
        }
        fn subtract(&mut self, draw: Draw, x: &String, y: &String) -> String {
            self.drawn(draw, || format!("({x}-{y})"))
        }
        fn last(&mut self) -> Option<String> {
            Some("b".into())
        }
        fn zero(&mut self) -> String {
            "0".into()
        }
    }

    #[test]
    fn orders_are_the_ones_they_are_called() {
        for (order, terms, expected) in [
            (Sum::Sequential, 3, "(((0+1)+2)+b)"),
            (Sum::Sequential, 0, "(0+b)"),
            (Sum::Fused, 3, "(fma(2,fma(1,0))+b)"),
            (Sum::Pairwise, 1, "(0+b)"),
            (Sum::Pairwise, 5, "(((0+1)+(2+(3+4)))+b)"),
            (Sum::Pairwise, 7, "(((0+(1+2))+((3+4)+(5+6)))+b)"),
            (Sum::Blocks(2), 5, "((((0+1)+(2+3))+4)+b)"),
            (Sum::Blocks(8), 3, "(((0+1)+2)+b)"),
            (Sum::Kahan, 2, "((0+1)+(b-(((0+1)-0)-1)))"),
        ] {
            let mut written = Written { draws: Vec::new(), are_written: true };
            assert_eq!(accumulate(order, terms, &mut written), expected, "{order:?}");
        }
    }

    /// No two roundings of a sum draw the same bits.
    #[test]
    fn every_rounding_has_its_own_draw() {
        for order in [Sum::Sequential, Sum::Fused, Sum::Pairwise, Sum::Kahan, Sum::Blocks(3)] {
            for terms in [1, 2, 3, 10, 67] {
                let mut written = Written { draws: Vec::new(), are_written: false };
                accumulate(order, terms, &mut written);
                let count = written.draws.len();
                let mut keys: Vec<(u32, bool)> = written
                    .draws
                    .iter()
                    .map(|draw| match draw {
                        Draw::First(step) => (*step, false),
                        Draw::Second(step) => (*step, true),
                    })
                    .collect();
                keys.sort_unstable();
                keys.dedup();
                assert_eq!(keys.len(), count, "{order:?} of {terms}");
            }
        }
    }
}
