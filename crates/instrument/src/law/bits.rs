//! The measured precisions: `6..24`, `8,11,24`, or both together.

use crate::record::law::{BITS, LEAST_POINTS};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

/// Examples of valid bits.
const EXAMPLES: &str = "write a range such as 6..24 or a list such as 8,11,24";

/// Distinct precisions in significand bits, in increasing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits(BTreeSet<u32>);

impl Bits {
    /// Reads ranges (both ends included) and single precisions, separated by commas.
    ///
    /// # Errors
    /// A message that points at the mistake, with the fix.
    pub fn parse(text: &str) -> Result<Bits, String> {
        let fail = |message: String| format!("--bits {text}: {message}");
        if text.trim().is_empty() {
            return Err(format!("--bits is empty; {EXAMPLES}"));
        }
        let mut all = BTreeSet::new();
        for item in text.split(',') {
            for bits in precisions(item.trim()).map_err(fail)? {
                if !all.insert(bits) {
                    return Err(fail(format!("{bits} is given twice; keep one")));
                }
            }
        }
        if all.len() < LEAST_POINTS {
            let few =
                if all.len() == 1 { "1 precision gives".into() } else { format!("{} precisions give", all.len()) };
            return Err(fail(format!("{few} no exponent; give at least {LEAST_POINTS}, such as 6..24")));
        }
        Ok(Bits(all))
    }

    /// The arithmetics: `mpfr:p` for every p.
    pub fn arithmetics(&self) -> Vec<String> {
        self.0.iter().map(|bits| format!("mpfr:{bits}")).collect()
    }
}

/// Consecutive bits as ranges: `6..24`, `8,11,24`, `6..9,12`.
impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let all: Vec<u32> = self.0.iter().copied().collect();
        let range = |group: &[u32]| match group {
            [first, .., last] if group.len() > 2 => format!("{first}..{last}"),
            _ => group.iter().map(u32::to_string).collect::<Vec<_>>().join(","),
        };
        f.write_str(&all.chunk_by(|one, next| one + 1 == *next).map(range).collect::<Vec<_>>().join(","))
    }
}

/// The precisions of one item between commas.
fn precisions(item: &str) -> Result<RangeInclusive<u32>, String> {
    let Some((low, high)) = item.split_once("..") else {
        let bits = number(item)?;
        return Ok(bits..=bits);
    };
    let high = high.strip_prefix('=').unwrap_or(high).trim();
    let low = low.trim();
    if low.is_empty() || high.is_empty() {
        let end = if low.is_empty() { "begins" } else { "ends" };
        return Err(format!("`{item}` does not say where it {end}; {EXAMPLES}"));
    }
    let (low, high) = (number(low)?, number(high)?);
    if low > high {
        return Err(format!("`{item}` runs backwards; write {high}..{low}"));
    }
    Ok(low..=high)
}

fn number(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Err(format!("a number is missing; {EXAMPLES}"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{text}` is not a number of bits; {EXAMPLES}"));
    }
    // Digits beyond a u32 are far beyond the limits.
    let bits = text.parse().unwrap_or(u32::MAX);
    if BITS.contains(&bits) {
        return Ok(bits);
    }
    Err(format!("{text} is out of range; give {} to {} bits", BITS.start(), BITS.end()))
}
