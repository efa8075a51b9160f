//! Names of arithmetics: their contents, and the canonical order in which they are printed.
//!
//! "f16" without its accumulator is incomplete, so the accumulator is part of the name if it is not the format itself,
//! and so is any summation order other than the sequential one. [`ArithmeticName::parse`] reads the grammar
//! `format(:key[=value])*` with keys in any order.

mod grammar;

use super::direction::{Direction, Limits, RANDOM_BITS};
use super::scaling::{Content, Quantiser};
use super::sum::{Chain, Sum};
use crate::format::{Format, Toward};
use std::fmt;

/// Format, accumulator, kind of sum and rounding of an arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArithmeticName {
    /// The stored format.
    pub format: Format,
    /// The accumulator of sums of products; the format itself if sums are exact.
    pub accumulator: Format,
    /// The summation order.
    pub sum: Sum,
    /// The rounding of every result, including sums in the accumulator.
    pub direction: Direction,
    /// What happens at the ends of the range.
    pub limits: Limits,
    /// The quantiser of the factors of products; `None` if they are numbers of the format.
    pub operands: Option<Quantiser>,
    /// The quantiser of factors that are gradients, if it differs.
    pub gradients: Option<Quantiser>,
}

impl ArithmeticName {
    /// An arithmetic whose accumulator is its own format.
    pub const fn plain(format: Format) -> ArithmeticName {
        ArithmeticName::with_accumulator(format, format)
    }

    /// An arithmetic with sequential sums in an accumulator.
    pub const fn with_accumulator(format: Format, accumulator: Format) -> ArithmeticName {
        ArithmeticName {
            format,
            accumulator,
            sum: Sum::Sequential,
            direction: Direction::Nearest,
            limits: Limits::NONE,
            operands: None,
            gradients: None,
        }
    }

    /// The same with fused sums.
    pub const fn with_fused_sums(self) -> ArithmeticName {
        ArithmeticName { sum: Sum::Fused, ..self }
    }

    /// The same with exact sums.
    pub const fn with_exact_sums(self) -> ArithmeticName {
        ArithmeticName { accumulator: self.format, sum: Sum::Exact, ..self }
    }

    /// The same with another rounding.
    pub const fn rounded(self, direction: Direction) -> ArithmeticName {
        ArithmeticName { direction, ..self }
    }

    /// Whether results are rounded up or down at random, without bias.
    pub fn is_stochastic(&self) -> bool {
        matches!(self.direction, Direction::Stochastic(_))
    }

    /// The same with sums in another accumulator; that of a tensor core if it has one in that format.
    pub fn summed_in(self, accumulator: Format) -> ArithmeticName {
        let sum = match self.sum {
            Sum::TensorCore(chain) => match chain.gpu.rule(&chain.rule.input(), &accumulator) {
                Ok(rule) => Sum::TensorCore(Chain { rule, ..chain }),
                Err(_) => return self,
            },
            sum => sum,
        };
        ArithmeticName { accumulator, sum, ..self }
    }

    /// The twin with unbounded exponents and the same precisions, including accumulator and operands. With unbounded
    /// exponents there are no limits, and no scales are needed.
    pub fn unbounded(self) -> ArithmeticName {
        let ArithmeticName { format, accumulator, operands, gradients, .. } = self;
        ArithmeticName {
            format: Format::mpfr(format.precision),
            accumulator: Format::mpfr(accumulator.precision),
            limits: Limits::NONE,
            operands: operands.map(|quantiser| quantiser.unbounded()),
            gradients: gradients.map(|quantiser| quantiser.unbounded()),
            ..self
        }
    }

    /// How a factor of a product is quantised.
    pub fn quantiser(&self, content: Content) -> Option<Quantiser> {
        match content {
            Content::Gradient => self.gradients.or(self.operands),
            Content::Parameter | Content::Activation => self.operands,
        }
    }

    /// True if products are rounded to nearest, one after the other, and no limit is set, as the vector code of every
    /// path does.
    pub fn is_common(&self) -> bool {
        let orders = matches!(self.sum, Sum::Sequential | Sum::Fused | Sum::Exact);
        let is_ieee = self.direction == Direction::Nearest && self.limits == Limits::NONE;
        orders && is_ieee && self.operands.is_none() && self.gradients.is_none()
    }
}

impl fmt::Display for ArithmeticName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.format)?;
        // A tensor core has a different default.
        if self.accumulator != self.format || matches!(self.sum, Sum::TensorCore(_)) {
            write!(f, ":acc={}", self.accumulator)?;
        }
        match self.sum {
            Sum::Sequential => {}
            Sum::Fused => f.write_str(":sum=fma")?,
            Sum::Pairwise => f.write_str(":sum=pairwise")?,
            Sum::Kahan => f.write_str(":sum=kahan")?,
            Sum::Blocks(length) => write!(f, ":sum=block={length}")?,
            Sum::Exact => f.write_str(":sum=exact")?,
            Sum::TensorCore(Chain { gpu, promote, .. }) => {
                write!(f, ":sum={gpu}")?;
                if let Some(promote) = promote {
                    write!(f, ":promote={promote}")?;
                }
            }
        }
        match self.direction {
            Direction::Nearest => {}
            Direction::Toward(toward) => write!(f, ":round={}", name_of(toward))?,
            Direction::Stochastic(RANDOM_BITS) => f.write_str(":round=stochastic")?,
            Direction::Stochastic(bits) => write!(f, ":round=stochastic={bits}")?,
        }
        let Limits { flushes_results, flushes_operands, saturates } = self.limits;
        for (is_set, key) in [(flushes_results, ":ftz"), (flushes_operands, ":daz"), (saturates, ":saturate")] {
            if is_set {
                f.write_str(key)?;
            }
        }
        if let Some(operands) = self.operands {
            write!(f, ":operands={operands}")?;
        }
        if let Some(gradients) = self.gradients {
            write!(f, ":gradients={gradients}")?;
        }
        Ok(())
    }
}

/// The name of a directed rounding for `round=`.
fn name_of(toward: Toward) -> &'static str {
    match toward {
        Toward::Zero => "zero",
        Toward::Up => "up",
        Toward::Down => "down",
        Toward::Odd => "odd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_in_one_spelling() {
        for (text, canonical) in [
            ("f16", "f16"),
            ("float16:acc=float32", "f16:acc=f32"),
            ("F16:ACC=F32", "f16:acc=f32"),
            ("f16:acc=f16", "f16"),
            ("mpfr:100:acc=f32", "mpfr:100:acc=f32"),
            ("bf16:acc=mpfr:40", "bf16:acc=mpfr:40"),
            ("e5m10", "f16"),
            ("e6m9", "e6m9"),
            ("e4m3ieee", "e4m3ieee"),
            ("f16:sum=exact", "f16:sum=exact"),
            ("f16:SUM=sequential:acc=f32", "f16:acc=f32"),
            ("mpfr:100:sum=exact", "mpfr:100:sum=exact"),
            ("f16:sum=FMA:acc=float32", "f16:acc=f32:sum=fma"),
            ("mpfr:100:sum=fma", "mpfr:100:sum=fma"),
            ("f16:round=nearest", "f16"),
            ("f16:ROUND=Stochastic", "f16:round=stochastic"),
            ("f16:round=stochastic=13", "f16:round=stochastic"),
            ("bf16:round=stochastic=8:acc=f32", "bf16:acc=f32:round=stochastic=8"),
            ("mpfr:100:round=stochastic=32:sum=exact", "mpfr:100:sum=exact:round=stochastic=32"),
            ("f16:sum=pairwise", "f16:sum=pairwise"),
            ("f16:SUM=Kahan:acc=f32", "f16:acc=f32:sum=kahan"),
            ("bf16:sum=block=256", "bf16:sum=block=256"),
            ("f16:round=zero:sum=block=4:acc=f32", "f16:acc=f32:sum=block=4:round=zero"),
            ("mpfr:100:round=up", "mpfr:100:round=up"),
            ("mpfr:100:round=down", "mpfr:100:round=down"),
            ("f16:round=odd", "f16:round=odd"),
            ("f16:saturate:DAZ:ftz:acc=f32", "f16:acc=f32:ftz:daz:saturate"),
            ("mpfr:8:acc=f16:ftz", "mpfr:8:acc=f16:ftz"),
        ] {
            let name = ArithmeticName::parse(text).unwrap();
            assert_eq!(name.to_string(), canonical);
            assert_eq!(ArithmeticName::parse(canonical), Ok(name));
        }
    }

    #[test]
    fn tensor_cores_and_operands_round_trip() {
        for (text, canonical) in [
            ("f16:sum=H100", "f16:acc=f32:sum=h100"),
            ("f16:acc=f16:sum=v100", "f16:acc=f16:sum=v100"),
            ("bf16:operands=e4m3fn:sum=h100:promote=128", "bf16:acc=f32:sum=h100:promote=128:operands=e4m3fn"),
            (
                "bf16:operands=amax-e4m3fn:gradients=amax-e5m2:sum=h100:acc=f32",
                "bf16:acc=f32:sum=h100:operands=amax-e4m3fn:gradients=amax-e5m2",
            ),
            ("bf16:acc=f32:operands=mxfp8-e4m3", "bf16:acc=f32:operands=mxfp8"),
            ("bf16:acc=f32:gradients=nvfp4:operands=nvfp4", "bf16:acc=f32:operands=nvfp4"),
            ("mpfr:11:operands=mpfr:4:round=up", "mpfr:11:round=up:operands=mpfr:4"),
            (
                "bf16:sum=h100:promote=128:operands=tile-e4m3fn",
                "bf16:acc=f32:sum=h100:promote=128:operands=tile-e4m3fn",
            ),
            ("f64:operands=mxfp4", "f64:operands=mxfp4"),
        ] {
            let name = ArithmeticName::parse(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(name.to_string(), canonical);
            assert_eq!(ArithmeticName::parse(canonical), Ok(name));
        }
    }

    #[test]
    fn errors_point_at_the_character() {
        for (text, column, words) in [
            ("flaot16", 1, "did you mean `float16`"),
            ("f16:ac=f32", 5, "did you mean `acc`"),
            ("f16:acc", 8, "needs a format"),
            ("f16:acc=f33", 9, "unknown format `f33`"),
            ("f16:acc=f32:acc=f32", 13, "twice"),
            ("f16:", 5, "an option is missing"),
            ("f16:ftz=1", 8, "`ftz` takes no value"),
            ("f16:ftz:daz:ftz", 13, "twice"),
            ("mpfr:24:saturate", 9, "exponents are unbounded"),
            ("f16:satruate", 5, "did you mean `saturate`"),
            ("f16:sum", 8, "needs a kind"),
            ("f16:sum=exat", 9, "did you mean `exact`"),
            ("f16:sum=block", 9, "needs a length"),
            ("f16:sum=block=0", 9, "blocks of 2 to 1048576 terms"),
            ("f16:sum=block=+4", 9, "blocks of 2 to 1048576 terms"),
            ("f16:sum=kahan=4", 9, "takes no length"),
            ("f16:sum=h200x", 9, "did you mean `h200`"),
            ("bf16:sum=v100", 6, "v100"),
            ("e4m3fn:acc=f16:sum=h100", 16, "no known rule"),
            ("f16:promote=128", 5, "add `sum=h100`"),
            ("f16:sum=h100:promote=0", 22, "a number of terms"),
            ("f16:sum=h100:promote=24", 14, "a multiple of 16"),
            ("bf16:sum=b200:operands=mxfp8", 6, "has not been published"),
            ("bf16:sum=h100:operands=tile-e4m3fn", 6, "promote=128"),
            ("mpfr:100:operands=mxfp8", 10, "scales"),
            ("f64:round=up:operands=mxfp8", 14, "scales"),
            ("f16:operands", 13, "`operands` needs"),
            ("f16:operands=mxfp9", 14, "did you mean `mxfp8`"),
            ("f16:sum=exact:sum=exact", 15, "twice"),
            ("f16:sum=exact:acc=f32", 15, "no accumulator"),
            ("f16:ac=f32", 5, "`round=nearest|zero|up|down|odd|stochastic[=BITS]`"),
            ("f16:round", 10, "needs a direction"),
            ("f16:round=upp", 11, "did you mean `up`"),
            ("f16:round=up=3", 11, "`round=up` has no random bits"),
            ("f16:round=stochastik", 11, "did you mean `stochastic`"),
            ("f16:round=stochastic=0", 11, "1 to 32 random bits"),
            ("f16:round=stochastic=33", 11, "1 to 32 random bits"),
            ("f16:round=stochastic=+3", 11, "1 to 32 random bits"),
            ("f16:round=nearest=3", 11, "no random bits"),
            ("f16:round=nearest:round=nearest", 19, "twice"),
            ("e4m3", 1, "`e4m3fn`"),
            ("mpfr:0", 1, "precision from 2"),
            ("mpfr:+24", 1, "precision from 2"),
        ] {
            let error = ArithmeticName::parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
            let caret = error.lines().last().unwrap();
            assert_eq!(caret.chars().count(), column + 2, "{text}: {error}");
            assert!(caret.ends_with('^'));
        }
    }
}
