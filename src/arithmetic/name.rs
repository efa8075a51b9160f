//! Names of arithmetics: the grammar `format(:key[=value])*`.
//!
//! "f16" without its accumulator means nothing, so the accumulator is part of the name wherever it is
//! not the format itself, and so is another kind of sum than the sequential one. Any order of keys
//! parses; one canonical order is printed.

use crate::format::{Format, MOST_RANDOM_BITS};
use crate::nearest::nearest;
use std::fmt;

/// How a sum of products is accumulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sum {
    /// In index order, every product and every sum rounded to the accumulator.
    Sequential,
    /// In index order, product and sum rounded to the accumulator together, as one fused operation; the first product
    /// alone.
    Fused,
    /// The exact sum, rounded once to the format: no accumulator takes part.
    Exact,
}

/// To which neighbour results are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the nearest, of two as near the even one.
    Nearest,
    /// Away from zero as often as the fraction says between the two, cut to so many random bits:
    /// [`Format::round_stochastically`].
    Stochastic(u32),
}

/// Random bits of `round=stochastic`: what a binary32 significand has beyond binary16's. The bias of one rounding is
/// at most 2^-13 of a unit in the last place, which sums of less than 2^13 terms do not show (Croci et al. 2022).
pub const RANDOM_BITS: u32 = 13;

/// Format, accumulator, kind of sum and rounding of an arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArithmeticName {
    /// What is stored.
    pub format: Format,
    /// In what sums of products run; the format itself where sums are exact.
    pub accumulator: Format,
    /// How they run.
    pub sum: Sum,
    /// How every result is rounded, sums in the accumulator too.
    pub direction: Direction,
}

/// Keys of the grammar.
const KEYS: [&str; 3] = ["acc", "sum", "round"];
/// Keys of the grammar that later versions fill.
const RESERVED: [&str; 3] = ["ftz", "daz", "saturate"];
/// Kinds of sums by name.
const SUMS: [(&str, Sum); 3] = [("sequential", Sum::Sequential), ("fma", Sum::Fused), ("exact", Sum::Exact)];
/// Kinds of sums that later versions fill.
const RESERVED_SUMS: [&str; 3] = ["pairwise", "kahan", "block"];
/// Roundings by name.
const DIRECTIONS: [&str; 2] = ["nearest", "stochastic"];
/// Roundings that later versions fill.
const RESERVED_DIRECTIONS: [&str; 4] = ["zero", "up", "down", "odd"];

impl ArithmeticName {
    /// An arithmetic whose accumulator is its own format.
    pub const fn plain(format: Format) -> ArithmeticName {
        ArithmeticName::with_accumulator(format, format)
    }

    /// An arithmetic with sequential sums in an accumulator.
    pub const fn with_accumulator(format: Format, accumulator: Format) -> ArithmeticName {
        ArithmeticName { format, accumulator, sum: Sum::Sequential, direction: Direction::Nearest }
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

    /// The twin of unbounded exponents: the same precisions, accumulator too.
    pub const fn unbounded(self) -> ArithmeticName {
        let ArithmeticName { format, accumulator, .. } = self;
        ArithmeticName {
            format: Format::mpfr(format.precision),
            accumulator: Format::mpfr(accumulator.precision),
            ..self
        }
    }

    /// Reads an arithmetic's name.
    ///
    /// # Errors
    /// A sentence with the fix, and a second line that points at the character.
    pub fn parse(text: &str) -> Result<ArithmeticName, String> {
        let point = |offset: usize, message: String| {
            let column = text[..offset].chars().count();
            format!("arithmetic `{text}`, character {}: {message}\n  {text}\n  {}^", column + 1, " ".repeat(column))
        };
        let format_end = format_end_in(text, 0);
        let format = Format::parse_of_numbers(&text[..format_end]).map_err(|message| point(0, message))?;
        let (mut accumulator, mut sum, mut direction) = (None, None, None);
        let mut offset = format_end;
        while offset < text.len() {
            let start = offset + 1;
            let rest = &text[start..];
            let key_end = rest.find([':', '=']).map_or(text.len(), |at| start + at);
            let key = text[start..key_end].to_ascii_lowercase();
            let is_given_twice = match key.as_str() {
                "acc" => accumulator.is_some(),
                "sum" => sum.is_some(),
                "round" => direction.is_some(),
                _ => return Err(point(start, unknown_key(&key))),
            };
            if is_given_twice {
                return Err(point(start, format!("`{key}` is given twice; keep one")));
            }
            if !text[key_end..].starts_with('=') {
                return Err(point(key_end, missing_value(&key).into()));
            }
            let value = key_end + 1;
            let end = match key.as_str() {
                "acc" => format_end_in(text, value),
                _ => text[value..].find(':').map_or(text.len(), |at| value + at),
            };
            let given = &text[value..end];
            let wrong = |message| point(value, message);
            match key.as_str() {
                "acc" => accumulator = Some((Format::parse_of_numbers(given).map_err(wrong)?, start)),
                "sum" => sum = Some(kind_of_sum(given).map_err(wrong)?),
                _ => direction = Some(direction_of(given).map_err(wrong)?),
            }
            offset = end;
        }
        let name = match (sum.unwrap_or(Sum::Sequential), accumulator) {
            (Sum::Exact, Some((_, start))) => {
                return Err(point(start, "an exact sum has no accumulator; remove `acc` or `sum=exact`".into()));
            }
            (Sum::Exact, None) => ArithmeticName::plain(format).with_exact_sums(),
            (sum, accumulator) => {
                let accumulator = accumulator.map_or(format, |(accumulator, _)| accumulator);
                ArithmeticName { sum, ..ArithmeticName::with_accumulator(format, accumulator) }
            }
        };
        Ok(name.rounded(direction.unwrap_or(Direction::Nearest)))
    }
}

/// Where the name of a format ends that begins at an offset: the precision of `mpfr:N` is the one colon inside.
fn format_end_in(text: &str, start: usize) -> usize {
    let skip = if text[start..].to_ascii_lowercase().starts_with("mpfr:") { "mpfr:".len() } else { 0 };
    text[start + skip..].find(':').map_or(text.len(), |at| start + skip + at)
}

/// What a key without its value needs.
fn missing_value(key: &str) -> &'static str {
    match key {
        "acc" => "`acc` needs a format; write `acc=f32`",
        "sum" => "`sum` needs a kind; write `sum=fma`, `sum=exact` or `sum=sequential`",
        _ => "`round` needs a direction; write `round=stochastic` or `round=nearest`",
    }
}

/// What is wrong with a key, and what could stand there.
fn unknown_key(key: &str) -> String {
    if RESERVED.contains(&key) {
        return format!("`{key}` is not available yet; remove it");
    }
    if key.is_empty() {
        return "a key is missing; write `acc=FORMAT`, `sum=exact` or `round=stochastic`, or remove the `:`".into();
    }
    let known = nearest(key, KEYS.into_iter().chain(RESERVED));
    format!(
        "unknown key `{key}`; did you mean `{known}`? (`acc=FORMAT`, `sum=sequential|fma|exact` and `round=nearest|stochastic[=BITS]` can stand here)"
    )
}

/// Reads a kind of sum.
fn kind_of_sum(text: &str) -> Result<Sum, String> {
    let lower = text.to_ascii_lowercase();
    if let Some((_, sum)) = SUMS.iter().find(|(name, _)| *name == lower) {
        return Ok(*sum);
    }
    if RESERVED_SUMS.iter().any(|name| lower.split('=').next() == Some(name)) {
        return Err(format!("`sum={text}` is not available yet; `sequential`, `fma` and `exact` can stand here"));
    }
    let known = nearest(&lower, SUMS.iter().map(|(name, _)| *name));
    Err(format!("unknown sum `{text}`; did you mean `{known}`? (`sequential`, `fma` and `exact` can stand here)"))
}

/// Reads a rounding.
fn direction_of(text: &str) -> Result<Direction, String> {
    let lower = text.to_ascii_lowercase();
    let (name, bits) = lower.split_once('=').map_or((lower.as_str(), None), |(name, bits)| (name, Some(bits)));
    if RESERVED_DIRECTIONS.contains(&name) {
        return Err(format!("`round={name}` is not available yet; `nearest` and `stochastic` can stand here"));
    }
    match (name, bits) {
        ("nearest", None) => Ok(Direction::Nearest),
        ("nearest", Some(_)) => Err("`round=nearest` has no random bits; remove what follows it".into()),
        ("stochastic", None) => Ok(Direction::Stochastic(RANDOM_BITS)),
        ("stochastic", Some(bits)) => match bits.parse() {
            Ok(count @ 1..=MOST_RANDOM_BITS) if bits.bytes().all(|digit| digit.is_ascii_digit()) => {
                Ok(Direction::Stochastic(count))
            }
            _ => Err(format!(
                "stochastic rounding takes 1 to {MOST_RANDOM_BITS} random bits, not `{bits}`; write `round=stochastic` for {RANDOM_BITS}"
            )),
        },
        _ => {
            let known = nearest(name, DIRECTIONS.into_iter());
            Err(format!(
                "unknown rounding `{text}`; did you mean `{known}`? (`nearest` and `stochastic[=BITS]` can stand here)"
            ))
        }
    }
}

impl fmt::Display for ArithmeticName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.format)?;
        if self.accumulator != self.format {
            write!(f, ":acc={}", self.accumulator)?;
        }
        match self.sum {
            Sum::Sequential => {}
            Sum::Fused => f.write_str(":sum=fma")?,
            Sum::Exact => f.write_str(":sum=exact")?,
        }
        match self.direction {
            Direction::Nearest => Ok(()),
            Direction::Stochastic(RANDOM_BITS) => f.write_str(":round=stochastic"),
            Direction::Stochastic(bits) => write!(f, ":round=stochastic={bits}"),
        }
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
        ] {
            let name = ArithmeticName::parse(text).unwrap();
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
            ("f16:", 5, "a key is missing"),
            ("f16:ftz", 5, "not available yet"),
            ("f16:sum", 8, "needs a kind"),
            ("f16:sum=exat", 9, "did you mean `exact`"),
            ("f16:sum=block=4", 9, "not available yet"),
            ("f16:sum=exact:sum=exact", 15, "twice"),
            ("f16:sum=exact:acc=f32", 15, "no accumulator"),
            ("f16:ac=f32", 5, "`round=nearest|stochastic[=BITS]` can stand here"),
            ("f16:round", 10, "needs a direction"),
            ("f16:round=up", 11, "`round=up` is not available yet"),
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
