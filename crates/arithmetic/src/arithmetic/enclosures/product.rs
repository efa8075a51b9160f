//! Products of matrices of enclosures: exact products of the midpoints in the limb kernels, and radii in doubles.
//!
//! A line (a left factor's row, a right factor's column) is brought to one exponent: its midpoints keep p bits of the
//! largest, and half a unit of what was cut joins the radius. Products and sums of midpoints are then exact integers. The
//! radius of an entry is Σ |l|·r_r + r_l·|r| + r_l·r_r, each sum in doubles to nearest, index by index; k products and sums
//! of k non-negative numbers are off by at most a factor (1 + 2^-53)^(k+1), which the factor 1 + (k + 4)·2^-52 exceeds.

use crate::arithmetic::kernels::limbs::{self, Cut, Left, Right};
use crate::arithmetic::{Content, Side};
use crate::enclosure::scaled::odd;
use crate::enclosure::term::{Term, term};
use crate::enclosure::{Ball, Bound, Precision, Scaled};
use crate::format::two_to;
use crate::integers::{Integers, words_for};
use ndarray::ArrayView2;
use rug::Integer;
use std::borrow::Cow;

/// Bits beyond p that a line of numbers without radius may have before digits are cut.
const LONGEST_EXACT: i64 = 4096;
/// Planes of limbs that a short left factor may have.
const MOST_PLANES: u32 = 4;
/// Bits that are kept below the effect of the other factor's radii.
const SPARE: i64 = 10;
/// Bits that are kept below the requested ones, because gradients of samples cancel.
const BELOW_WANTED: i64 = 32;
/// The least factor of a radius, relative to the largest of its line: no product of two falls below the doubles.
const LEAST: i64 = -500;

/// One side of a product.
#[derive(Clone)]
pub struct Operand {
    /// Lines, and terms of each.
    dim: (usize, usize),
    /// Midpoints line by line, at their line's exponent.
    integers: Integers,
    exponents: Vec<i64>,
    /// Radii line by line.
    radii: Vec<Bound>,
    content: Content,
}

impl Operand {
    /// Brings the lines of a matrix to one exponent each, keeping the precision's bits of the largest midpoint.
    pub(super) fn new(matrix: ArrayView2<Ball>, side: Side, content: Content, precision: Precision) -> Operand {
        let lines = match side {
            Side::Left => matrix,
            Side::Right => matrix.reversed_axes(),
        };
        let mut exponents = Vec::with_capacity(lines.nrows());
        let mut longest = 0;
        for line in lines.rows() {
            let top = line.iter().filter_map(|ball| ball.midpoint.top()).max().unwrap_or(0);
            let nonzero = line.iter().filter(|ball| ball.midpoint.mantissa != 0);
            let lowest = nonzero.map(|ball| ball.midpoint.exponent).min().unwrap_or(0);
            let spare = if line.iter().all(Ball::is_exact) { LONGEST_EXACT } else { 0 };
            let exponent = lowest.max(top - i64::from(precision.kept()) - spare);
            // One bit more: the largest may be rounded up to a power of two.
            longest = longest.max(top - exponent + 1);
            exponents.push(exponent);
        }
        let mut integers = Integers::zeros(lines.len(), words_for(longest.unsigned_abs()));
        let mut radii = Vec::with_capacity(lines.len());
        for (place, ball) in lines.iter().enumerate() {
            let (mantissa, exponent) = (&ball.midpoint.mantissa, exponents[place / lines.ncols()]);
            let words: &[u64] = mantissa.as_limbs();
            let by = if words.is_empty() { 0 } else { ball.midpoint.exponent - exponent };
            let is_cut = integers.set_shifted_words(place, (mantissa.is_negative(), words), by);
            let half_unit = || precision.counted(Bound::power_of_two(exponent - 1));
            radii.push(if is_cut { ball.radius + term(Term::MatrixAligned, half_unit()) } else { ball.radius });
        }
        Operand { dim: lines.dim(), integers, exponents, radii, content }
    }

    /// Exact doubles; `None` if one of them is not finite, or a line has no word for all of its digits.
    pub(super) fn of_doubles(matrix: ArrayView2<f64>, side: Side, content: Content) -> Option<Operand> {
        let lines = match side {
            Side::Left => matrix,
            Side::Right => matrix.reversed_axes(),
        };
        let mut exponents = Vec::with_capacity(lines.nrows());
        let mut integers = Integers::zeros(lines.len(), 1);
        for (line, numbers) in lines.rows().into_iter().enumerate() {
            let odd = || numbers.iter().map(|&x| odd(x));
            let nonzero = || odd().filter(|(mantissa, _)| *mantissa != 0);
            let lowest = nonzero().map(|(_, exponent)| exponent).min().unwrap_or(0);
            let fits = |(mantissa, exponent): (u64, i64)| exponent - lowest <= i64::from(mantissa.leading_zeros());
            if !numbers.iter().all(|x| x.is_finite()) || !nonzero().all(fits) {
                return None;
            }
            for (k, (mantissa, exponent)) in odd().enumerate().filter(|(_, (mantissa, _))| *mantissa != 0) {
                integers.set(line * lines.ncols() + k, numbers[k] < 0.0, &[mantissa << (exponent - lowest)]);
            }
            exponents.push(lowest);
        }
        let radii = vec![Bound::ZERO; lines.len()];
        Some(Operand { dim: lines.dim(), integers, exponents, radii, content })
    }

    /// Number of lines.
    pub(super) fn lines(&self) -> usize {
        self.dim.0
    }

    fn places(&self, line: usize) -> std::ops::Range<usize> {
        line * self.dim.1..(line + 1) * self.dim.1
    }

    /// The bits from the largest number to the largest radius; `None` if all are exact.
    fn known_bits(&self) -> Option<i64> {
        let top = |line: usize| {
            let bits = self.places(line).map(|place| self.integers.bits(place)).max().unwrap_or(0);
            (bits > 0).then(|| i64::from(bits) + self.exponents[line])
        };
        let radius = self.radii.iter().filter_map(|radius| radius.exponent()).max();
        Some((0..self.dim.0).filter_map(top).max()? - radius?)
    }

    /// With at most so many bits of the longest midpoint of each line.
    fn shortened(&self, bits: i64) -> Cow<'_, Operand> {
        let longest = |line: usize| i64::from(self.places(line).map(|i| self.integers.bits(i)).max().unwrap_or(0));
        let by: Vec<i64> = (0..self.dim.0).map(|line| (longest(line) - bits).max(0)).collect();
        if by.iter().all(|&by| by == 0) {
            return Cow::Borrowed(self);
        }
        let mut short = self.clone();
        for line in (0..self.dim.0).filter(|&line| by[line] > 0) {
            short.exponents[line] += by[line];
            let half_unit = Bound::power_of_two(short.exponents[line] - 1);
            for place in self.places(line) {
                if short.integers.set_shifted(place, &self.integers, place, -by[line]) {
                    short.radii[place] = short.radii[place] + term(Term::MatrixBalanced, half_unit);
                }
            }
        }
        Cow::Owned(short)
    }
}

/// True for the gradient of a weight: δ·aᵀ.
pub(super) fn is_weight_gradient(left: &Operand, right: &Operand) -> bool {
    (left.content, right.content) == (Content::Gradient, Content::Activation)
}

/// Without digits that the other factor's radii exceed, or that nobody asked for, in the gradient of a weight: its two
/// factors are long, and no other product has two of them.
fn balanced<'o>(left: &'o Operand, right: &'o Operand, wanted: Option<u32>) -> [Cow<'o, Operand>; 2] {
    let known = [left.known_bits(), right.known_bits()].into_iter().flatten().min();
    match known {
        Some(known) if is_weight_gradient(left, right) => {
            let bits = wanted.map_or(known + SPARE, |wanted| (known + SPARE).min(i64::from(wanted) + BELOW_WANTED));
            let terms = i64::from(usize::BITS - left.dim.1.leading_zeros());
            let bits = (bits + terms).max(64);
            [left.shortened(bits), right.shortened(bits)]
        }
        _ => [Cow::Borrowed(left), Cow::Borrowed(right)],
    }
}

/// The entries of a product before they are shortened.
pub(super) struct Product {
    midpoints: Integers,
    radii: Vec<Bound>,
    /// Per row and per column.
    exponents: [Vec<i64>; 2],
}

impl Product {
    /// Of two factors, of which digits that nobody asked for are left out.
    pub fn new(left: &Operand, right: &Operand, wanted: Option<u32>) -> Product {
        assert_eq!(left.dim.1, right.dim.1, "invariant: shapes agree");
        let [left, right] = balanced(left, right, wanted);
        let (midpoints, radii) = (midpoints(&left, &right), radii(&left, &right));
        Product { midpoints, radii, exponents: [left.exponents.clone(), right.exponents.clone()] }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.radii.len()
    }

    /// An entry, row by row, its midpoint rounded to a multiple of a unit that follows from its top and radius; and the half
    /// unit if digits were lost.
    pub fn entry(&self, place: usize, unit: impl FnOnce(i64, Bound) -> i64) -> (Ball, Option<Bound>) {
        let radius = self.radii[place];
        if radius.is_infinite() {
            return (Ball::whole_line(), None);
        }
        let [rows, columns] = &self.exponents;
        let exponent = rows[place / columns.len()] + columns[place % columns.len()];
        let bits = i64::from(self.midpoints.bits(place));
        let unit = if bits == 0 { exponent } else { unit(exponent + bits, radius).max(exponent) };
        let (mantissa, is_cut) = self.midpoints.shifted(place, exponent - unit);
        let ball = Ball { midpoint: Scaled { mantissa, exponent: unit }, radius };
        (ball, is_cut.then(|| Bound::power_of_two(unit - 1)))
    }
}

/// Σ l·r of the integers, exactly.
fn midpoints(left: &Operand, right: &Operand) -> Integers {
    let (rows, terms) = left.dim;
    let columns = right.dim.0;
    let (left_bits, right_bits) = (left.integers.longest(), right.integers.longest());
    let cut = Cut::left_of(left_bits, terms, MOST_PLANES).or_else(|| Cut::even(left_bits, right_bits, terms));
    match cut {
        Some(cut) => {
            let entry = |operand: &'_ Operand, line: usize, k: usize| {
                let place = line * terms + k;
                (place, operand.integers.is_negative(place))
            };
            let lanes = Left::new((rows, terms), left_bits, cut, |i, k| {
                let (place, is_negative) = entry(left, i, k);
                (left.integers.magnitude(place), is_negative)
            });
            let panels = Right::new((terms, columns), right_bits, cut, |k, j| {
                let (place, is_negative) = entry(right, j, k);
                (right.integers.magnitude(place), is_negative)
            });
            limbs::product(&lanes, &panels)
        }
        None => {
            let sum = |index: usize| {
                let (i, j) = (index / columns, index % columns);
                let products =
                    (0..terms).map(|k| left.integers.to_rug(i * terms + k) * right.integers.to_rug(j * terms + k));
                products.sum()
            };
            Integers::from_rug(&(0..rows * columns).map(sum).collect::<Vec<Integer>>())
        }
    }
}

/// Non-negative numbers line by line as doubles, rounded up, each line at its own power of two; infinite ones are 0 here.
struct Factors {
    values: Vec<f64>,
    exponents: Vec<i64>,
    are_zero: bool,
}

impl Factors {
    /// The sizes of midpoints.
    fn sizes(operand: &Operand) -> Factors {
        let (lines, terms) = operand.dim;
        let (mut values, mut exponents) = (Vec::with_capacity(lines * terms), Vec::with_capacity(lines));
        for line in 0..lines {
            let places = operand.places(line);
            let top = i64::from(places.clone().map(|place| operand.integers.bits(place)).max().unwrap_or(0));
            values.extend(places.map(|place| match operand.integers.leading(place) {
                None => 0.0,
                // The leading 53 bits and one more unit, so that nothing that was cut is missing.
                Some((leading, exponent, _)) => {
                    ((leading >> 11) + 1) as f64 * two_to((exponent + 11 - top).max(LEAST - 64))
                }
            }));
            exponents.push(top + operand.exponents[line]);
        }
        let are_zero = values.iter().all(|&value| value == 0.0);
        Factors { values, exponents, are_zero }
    }

    /// The radii.
    fn radii(operand: &Operand) -> Factors {
        let (lines, terms) = operand.dim;
        let (mut values, mut exponents) = (Vec::with_capacity(lines * terms), Vec::with_capacity(lines));
        for line in 0..lines {
            let bounds: Vec<Bound> = operand.radii[operand.places(line)].to_vec();
            let top = bounds.iter().filter_map(|bound| bound.exponent()).max().unwrap_or(0);
            values.extend(bounds.iter().map(|bound| match bound.exponent() {
                None => 0.0,
                Some(exponent) if exponent - top < LEAST => two_to(LEAST),
                Some(_) => bound.scaled(-top).to_f64(),
            }));
            exponents.push(top);
        }
        let are_zero = values.iter().all(|&value| value == 0.0);
        Factors { values, exponents, are_zero }
    }
}

/// Adds Σ l·r to the radii.
fn add_sums(radii: &mut [Bound], name: Term, (left, right): (&Factors, &Factors), terms: usize) {
    if left.are_zero || right.are_zero {
        return;
    }
    let (rows, columns) = (left.exponents.len(), right.exponents.len());
    // Term by term, so that the columns of a row are next to each other.
    let mut turned = vec![0.0; right.values.len()];
    for j in 0..columns {
        for k in 0..terms {
            turned[k * columns + j] = right.values[j * terms + k];
        }
    }
    let enough = 1.0 + (terms as f64 + 4.0) * f64::EPSILON;
    let mut sums = vec![0.0; columns];
    for i in 0..rows {
        sums.fill(0.0);
        for k in 0..terms {
            let factor = left.values[i * terms + k];
            let row = &turned[k * columns..(k + 1) * columns];
            sums.iter_mut().zip(row).for_each(|(sum, &other)| *sum += factor * other);
        }
        for (j, &sum) in sums.iter().enumerate() {
            let own = Bound::from_f64(sum * enough).scaled(left.exponents[i] + right.exponents[j]);
            let radius = &mut radii[i * columns + j];
            *radius = *radius + term(name, own);
        }
    }
}

/// The radii of all entries, row by row.
fn radii(left: &Operand, right: &Operand) -> Vec<Bound> {
    let (rows, terms) = left.dim;
    let columns = right.dim.0;
    let mut radii = vec![Bound::ZERO; rows * columns];
    let sizes = [left, right].map(Factors::sizes);
    let own = [left, right].map(Factors::radii);
    add_sums(&mut radii, Term::MatrixRight, (&sizes[0], &own[1]), terms);
    add_sums(&mut radii, Term::MatrixLeft, (&own[0], &sizes[1]), terms);
    add_sums(&mut radii, Term::MatrixBoth, (&own[0], &own[1]), terms);
    // Nothing is known of a sum with a term of which nothing is known, unless its other factor is an exact zero.
    let unknown = |operand: &Operand| -> Vec<usize> {
        (0..operand.radii.len()).filter(|&place| operand.radii[place].is_infinite()).collect()
    };
    let is_zero = |operand: &Operand, place: usize| operand.integers.is_zero(place) && operand.radii[place].is_zero();
    for place in unknown(left) {
        let (i, k) = (place / terms, place % terms);
        for j in (0..columns).filter(|j| !is_zero(right, j * terms + k)) {
            radii[i * columns + j] = Bound::INFINITE;
        }
    }
    for place in unknown(right) {
        let (j, k) = (place / terms, place % terms);
        for i in (0..rows).filter(|i| !is_zero(left, i * terms + k)) {
            radii[i * columns + j] = Bound::INFINITE;
        }
    }
    radii
}
