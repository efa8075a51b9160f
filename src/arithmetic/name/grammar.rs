//! Reading a name: `format(:key[=value])*`, keys in any order, each at most once.

use super::ArithmeticName;
use crate::arithmetic::direction::{Direction, Limits, RANDOM_BITS};
use crate::arithmetic::sum::{LONGEST_BLOCK, Sum};
use crate::format::{Format, MOST_RANDOM_BITS, Toward};
use crate::nearest::nearest;

/// Keys with a value, and what it is.
const KEYS: [(&str, &str); 3] = [
    ("acc", "`acc` needs a format; write `acc=f32`"),
    ("sum", "`sum` needs a kind; write `sum=fma`, `sum=kahan` or `sum=exact`"),
    ("round", "`round` needs a direction; write `round=stochastic`, `round=zero` or `round=nearest`"),
];
/// Keys that stand alone.
const FLAGS: [&str; 3] = ["ftz", "daz", "saturate"];
/// What can stand where a key stands.
const CAN_STAND: &str = "`acc=FORMAT`, `sum=sequential|fma|pairwise|kahan|block=N|exact`, `round=nearest|zero|up|down|odd|stochastic[=BITS]`, `ftz`, `daz` and `saturate` can stand here";
/// Kinds of sums by name.
const SUMS: [(&str, Sum); 5] = [
    ("sequential", Sum::Sequential),
    ("fma", Sum::Fused),
    ("pairwise", Sum::Pairwise),
    ("kahan", Sum::Kahan),
    ("exact", Sum::Exact),
];
/// Roundings by name; `stochastic` has a number of bits.
const DIRECTIONS: [(&str, Direction); 6] = [
    ("nearest", Direction::Nearest),
    ("zero", Direction::Toward(Toward::Zero)),
    ("up", Direction::Toward(Toward::Up)),
    ("down", Direction::Toward(Toward::Down)),
    ("odd", Direction::Toward(Toward::Odd)),
    ("stochastic", Direction::Stochastic(RANDOM_BITS)),
];

/// What was read, and where each key stands.
#[derive(Default)]
struct Given {
    keys: Vec<(String, usize)>,
    accumulator: Option<Format>,
    sum: Option<Sum>,
    direction: Option<Direction>,
    limits: Limits,
}

impl Given {
    /// Where a key stands.
    fn place(&self, key: &str) -> usize {
        self.keys.iter().find(|(given, _)| given == key).map_or(0, |(_, start)| *start)
    }
}

/// What is wrong, and at which byte.
type Wrong = (usize, String);

impl ArithmeticName {
    /// Reads an arithmetic's name.
    ///
    /// # Errors
    /// A sentence with the fix, and a second line that points at the character.
    pub fn parse(text: &str) -> Result<ArithmeticName, String> {
        read(text).map_err(|(offset, message)| {
            let column = text[..offset].chars().count();
            format!("arithmetic `{text}`, character {}: {message}\n  {text}\n  {}^", column + 1, " ".repeat(column))
        })
    }
}

fn read(text: &str) -> Result<ArithmeticName, Wrong> {
    let format_end = format_end_in(text, 0);
    let format = Format::parse_of_numbers(&text[..format_end]).map_err(|message| (0, message))?;
    let mut given = Given::default();
    let mut offset = format_end;
    while offset < text.len() {
        offset = read_key(text, offset + 1, &mut given)?;
    }
    named(format, &given)
}

/// Reads the key that begins at an offset; gives where it ends.
fn read_key(text: &str, start: usize, given: &mut Given) -> Result<usize, Wrong> {
    let key_end = text[start..].find([':', '=']).map_or(text.len(), |at| start + at);
    let key = text[start..key_end].to_ascii_lowercase();
    let needs = KEYS.iter().find(|(name, _)| *name == key).map(|(_, needs)| *needs);
    if needs.is_none() && !FLAGS.contains(&key.as_str()) {
        return Err((start, unknown_key(&key)));
    }
    if given.keys.iter().any(|(name, _)| *name == key) {
        return Err((start, format!("`{key}` is given twice; keep one")));
    }
    given.keys.push((key.clone(), start));
    let has_value = text[key_end..].starts_with('=');
    let Some(needs) = needs else {
        if has_value {
            return Err((key_end, format!("`{key}` takes no value; write `:{key}`")));
        }
        match key.as_str() {
            "ftz" => given.limits.flushes_results = true,
            "daz" => given.limits.flushes_operands = true,
            _ => given.limits.saturates = true,
        }
        return Ok(key_end);
    };
    if !has_value {
        return Err((key_end, needs.into()));
    }
    let value = key_end + 1;
    let end = match key.as_str() {
        "acc" => format_end_in(text, value),
        _ => text[value..].find(':').map_or(text.len(), |at| value + at),
    };
    let text = &text[value..end];
    let wrong = |message| (value, message);
    match key.as_str() {
        "acc" => given.accumulator = Some(Format::parse_of_numbers(text).map_err(wrong)?),
        "sum" => given.sum = Some(kind_of_sum(text).map_err(wrong)?),
        _ => given.direction = Some(direction_of(text).map_err(wrong)?),
    }
    Ok(end)
}

/// The arithmetic that was read, if its parts go together.
fn named(format: Format, given: &Given) -> Result<ArithmeticName, Wrong> {
    let sum = given.sum.unwrap_or(Sum::Sequential);
    if sum == Sum::Exact && given.accumulator.is_some() {
        return Err((given.place("acc"), "an exact sum has no accumulator; remove `acc` or `sum=exact`".into()));
    }
    let accumulator = given.accumulator.unwrap_or(format);
    if let Some(flag) = FLAGS.iter().find(|flag| given.keys.iter().any(|(key, _)| key == *flag))
        && format.max_exponent().is_none()
        && accumulator.max_exponent().is_none()
    {
        return Err((given.place(flag), format!("`{flag}` means nothing where exponents are unbounded; remove it")));
    }
    Ok(ArithmeticName {
        format,
        accumulator,
        sum,
        direction: given.direction.unwrap_or(Direction::Nearest),
        limits: given.limits,
    })
}

/// Where the name of a format ends that begins at an offset: the precision of `mpfr:N` is the one colon inside.
fn format_end_in(text: &str, start: usize) -> usize {
    let skip = if text[start..].to_ascii_lowercase().starts_with("mpfr:") { "mpfr:".len() } else { 0 };
    text[start + skip..].find(':').map_or(text.len(), |at| start + skip + at)
}

/// What is wrong with a key, and what could stand there.
fn unknown_key(key: &str) -> String {
    if key.is_empty() {
        return "a key is missing; write `acc=FORMAT`, `sum=exact` or `round=stochastic`, or remove the `:`".into();
    }
    let known = nearest(key, KEYS.iter().map(|(name, _)| *name).chain(FLAGS));
    format!("unknown key `{key}`; did you mean `{known}`? ({CAN_STAND})")
}

/// A name and what follows its `=`.
fn with_number(lower: &str) -> (&str, Option<&str>) {
    lower.split_once('=').map_or((lower, None), |(name, number)| (name, Some(number)))
}

/// A number in digits and nothing else, within bounds.
fn number_in(text: &str, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && bounds.contains(number))
}

/// Reads a kind of sum.
fn kind_of_sum(text: &str) -> Result<Sum, String> {
    let lower = text.to_ascii_lowercase();
    let (name, number) = with_number(&lower);
    match (name, number) {
        ("block", Some(length)) => number_in(length, 2..=LONGEST_BLOCK)
            .map(Sum::Blocks)
            .ok_or_else(|| format!("`sum=block` takes blocks of 2 to {LONGEST_BLOCK} terms, not `{length}`")),
        ("block", None) => Err("`sum=block` needs a length; write `sum=block=256`".into()),
        _ => match (SUMS.iter().find(|(known, _)| *known == name), number) {
            (Some((_, sum)), None) => Ok(*sum),
            (Some(_), Some(_)) => Err(format!("`sum={name}` takes no length; remove what follows it")),
            (None, _) => {
                let known = nearest(name, SUMS.iter().map(|(name, _)| *name).chain(["block=256"]));
                Err(format!(
                    "unknown sum `{text}`; did you mean `{known}`? (`sequential`, `fma`, `pairwise`, `kahan`, `block=N` and `exact` can stand here)"
                ))
            }
        },
    }
}

/// Reads a rounding.
fn direction_of(text: &str) -> Result<Direction, String> {
    let lower = text.to_ascii_lowercase();
    let (name, bits) = with_number(&lower);
    match (DIRECTIONS.iter().find(|(known, _)| *known == name), bits) {
        (Some((_, direction)), None) => Ok(*direction),
        (Some((_, Direction::Stochastic(_))), Some(bits)) => {
            number_in(bits, 1..=MOST_RANDOM_BITS).map(Direction::Stochastic).ok_or_else(|| {
                format!(
                    "stochastic rounding takes 1 to {MOST_RANDOM_BITS} random bits, not `{bits}`; write `round=stochastic` for {RANDOM_BITS}"
                )
            })
        }
        (Some(_), Some(_)) => Err(format!("`round={name}` has no random bits; remove what follows it")),
        (None, _) => {
            let known = nearest(name, DIRECTIONS.iter().map(|(name, _)| *name));
            Err(format!(
                "unknown rounding `{text}`; did you mean `{known}`? (`nearest`, `zero`, `up`, `down`, `odd` and `stochastic[=BITS]` can stand here)"
            ))
        }
    }
}
