//! Reading a name: `format(:key[=value])*`, keys in any order, each at most once.

use super::ArithmeticName;
use crate::arithmetic::direction::{Direction, Limits, RANDOM_BITS};
use crate::arithmetic::scaling::{Quantiser, TILE};
use crate::arithmetic::sum::{Chain, LONGEST_BLOCK, Sum};
use crate::arithmetic::tensor_core::TensorCore;
use crate::format::{F32, F64, Format, MOST_RANDOM_BITS, Toward};
use crate::nearest::nearest;
use crate::quote::pointed;

/// Keys with a value, and the error if it is missing.
const KEYS: [(&str, &str); 6] = [
    ("acc", "`acc` needs a format; write `acc=f32`"),
    ("sum", "`sum` needs a kind; write `sum=fma`, `sum=kahan` or `sum=exact`"),
    ("promote", "`promote` needs a number of terms; write `promote=128`"),
    ("round", "`round` needs a direction; write `round=stochastic`, `round=zero` or `round=nearest`"),
    ("operands", "`operands` needs a format or scales; write `operands=e4m3fn` or `operands=mxfp8`"),
    ("gradients", "`gradients` needs a format or scales; write `gradients=e5m2` or `gradients=mxfp8`"),
];
/// Keys without a value.
const FLAGS: [&str; 3] = ["ftz", "daz", "saturate"];
/// The valid keys.
const CAN_STAND: &str = "`acc=FORMAT`, `sum=sequential|fma|pairwise|kahan|block=N|exact|GPU`, `promote=N`, `round=nearest|zero|up|down|odd|stochastic[=BITS]`, `ftz`, `daz`, `saturate`, `operands=SCALES` and `gradients=SCALES` can stand here";
/// Summation orders by name.
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

/// The value of `sum=`.
#[derive(Clone, Copy)]
enum Kind {
    Order(Sum),
    Gpu(TensorCore),
}

/// The parsed name, and the offset of each key.
#[derive(Default)]
struct Given {
    keys: Vec<(String, usize)>,
    accumulator: Option<Format>,
    sum: Option<Kind>,
    promote: Option<u32>,
    operands: Option<Quantiser>,
    gradients: Option<Quantiser>,
    direction: Option<Direction>,
    limits: Limits,
}

impl Given {
    /// The offset of a key.
    fn place(&self, key: &str) -> usize {
        self.keys.iter().find(|(given, _)| given == key).map_or(0, |(_, start)| *start)
    }
}

/// The byte offset of a mistake, and what is wrong.
type Wrong = (usize, String);

impl ArithmeticName {
    /// Reads an arithmetic's name.
    ///
    /// # Errors
    /// A message with the fix, and lines that point at the character.
    pub fn parse(text: &str) -> Result<ArithmeticName, String> {
        read(text).map_err(|(offset, message)| pointed("precision", text, offset, &message))
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

/// Reads the key that starts at an offset; returns where it ends.
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
        "acc" | "operands" | "gradients" => format_end_in(text, value),
        _ => text[value..].find(':').map_or(text.len(), |at| value + at),
    };
    let text = &text[value..end];
    let wrong = |message| (value, message);
    match key.as_str() {
        "acc" => given.accumulator = Some(Format::parse_of_numbers(text).map_err(wrong)?),
        "sum" => given.sum = Some(kind_of_sum(text).map_err(wrong)?),
        "promote" => {
            let terms = number_in(text, 1..=LONGEST_BLOCK);
            given.promote =
                Some(terms.ok_or_else(|| wrong(format!("`promote` takes a number of terms, not `{text}`")))?);
        }
        "operands" => given.operands = Some(Quantiser::parse(text).map_err(wrong)?),
        "gradients" => given.gradients = Some(Quantiser::parse(text).map_err(wrong)?),
        _ => given.direction = Some(direction_of(text).map_err(wrong)?),
    }
    Ok(end)
}

/// The parsed arithmetic, if its parts are compatible.
fn named(format: Format, given: &Given) -> Result<ArithmeticName, Wrong> {
    let at = |key: &str, message: &str| Err((given.place(key), message.to_string()));
    let direction = given.direction.unwrap_or(Direction::Nearest);
    let kind = given.sum.unwrap_or(Kind::Order(Sum::Sequential));
    let (sum, accumulator) = match kind {
        Kind::Order(Sum::Exact) if given.accumulator.is_some() => {
            return at("acc", "an exact sum has no accumulator; remove `acc` or `sum=exact`");
        }
        Kind::Order(_) if given.promote.is_some() => {
            return at("promote", "promotion belongs to tensor cores; add `sum=h100` or remove it");
        }
        Kind::Order(sum) => (sum, given.accumulator.unwrap_or(format)),
        Kind::Gpu(gpu) => {
            let accumulator = given.accumulator.unwrap_or(F32);
            (Sum::TensorCore(chain(gpu, format, accumulator, given)?), accumulator)
        }
    };
    if let Some(flag) = FLAGS.iter().find(|flag| given.keys.iter().any(|(key, _)| key == *flag))
        && format.max_exponent().is_none()
        && accumulator.max_exponent().is_none()
    {
        return at(flag, &format!("`{flag}` has no effect because exponents are unbounded; remove it"));
    }
    let in_doubles = |format: &Format| match direction {
        Direction::Nearest if *format == F64 => true,
        Direction::Stochastic(bits) => format.stochastic_rounder(bits).is_some(),
        Direction::Nearest | Direction::Toward(_) => format.fits_f64_lanes(),
    };
    for (key, quantiser) in [("operands", given.operands), ("gradients", given.gradients)] {
        let has_scales = quantiser.is_some_and(|quantiser| !matches!(quantiser, Quantiser::Format(_)));
        if has_scales && !(in_doubles(&format) && in_doubles(&accumulator)) {
            return at(
                key,
                "scales need a format and an accumulator of at most 24 bits, or f64 rounded to nearest: write `bf16:acc=f32`, or a format without scales",
            );
        }
    }
    Ok(ArithmeticName {
        format,
        accumulator,
        sum,
        direction,
        limits: given.limits,
        operands: given.operands,
        // Equal values are named once.
        gradients: given.gradients.filter(|_| given.gradients != given.operands),
    })
}

/// A tensor core's sum, if the GPU has it.
fn chain(gpu: TensorCore, format: Format, accumulator: Format, given: &Given) -> Result<Chain, Wrong> {
    let wrong = |message: String| (given.place("sum"), message);
    let quantisers = [given.operands, given.gradients.or(given.operands)];
    let inputs = quantisers.map(|quantiser| quantiser.map_or(format, |quantiser| quantiser.element()));
    let [rule, of_gradients] = inputs.map(|input| gpu.rule(&input, &accumulator).map_err(wrong));
    let (rule, of_gradients) = (rule?, of_gradients?);
    if rule.block() != of_gradients.block() {
        let [operands, gradients] = inputs;
        return Err(wrong(format!(
            "{gpu} cannot multiply {operands} by {gradients}; write operands of the same width"
        )));
    }
    for quantiser in quantisers.into_iter().flatten() {
        match quantiser {
            Quantiser::Format(_) | Quantiser::Amax { .. } => {}
            Quantiser::Tile if given.promote.is_some_and(|terms| (TILE as u32).is_multiple_of(terms)) => {}
            Quantiser::Tile => {
                let message = "each tile of 128 has its own scale and needs a separate sum; add `promote=128`";
                return Err(wrong(message.into()));
            }
            Quantiser::Mx { .. } | Quantiser::Nvfp4 => {
                return Err(wrong(format!(
                    "how {gpu} adds blocks with scales has not been published; write `acc=f32` without `sum={gpu}`"
                )));
            }
        }
    }
    if let Some(terms) = given.promote {
        let at = given.place("promote");
        if !(terms as usize).is_multiple_of(rule.block()) {
            return Err((at, format!("{gpu} adds {0} terms at once; promote after a multiple of {0}", rule.block())));
        }
        if accumulator != F32 {
            return Err((at, "partial sums are promoted to f32; remove `acc` or `promote`".into()));
        }
    }
    Ok(Chain { gpu, rule, promote: given.promote })
}

/// The end of a format's name that starts at an offset; `mpfr:N` is the only one with a colon.
fn format_end_in(text: &str, start: usize) -> usize {
    let skip = if text[start..].to_ascii_lowercase().starts_with("mpfr:") { "mpfr:".len() } else { 0 };
    text[start + skip..].find(':').map_or(text.len(), |at| start + skip + at)
}

/// The error about a key, with the valid ones.
fn unknown_key(key: &str) -> String {
    if key.is_empty() {
        return "an option is missing; write `acc=FORMAT`, `sum=exact` or `round=stochastic`, or remove the `:`".into();
    }
    let known = nearest(key, KEYS.iter().map(|(name, _)| *name).chain(FLAGS));
    format!("unknown option `{key}`; did you mean `{known}`? (valid options: {CAN_STAND})")
}

/// A name and what follows its `=`.
fn with_number(lower: &str) -> (&str, Option<&str>) {
    lower.split_once('=').map_or((lower, None), |(name, number)| (name, Some(number)))
}

/// A number of digits only, within bounds.
fn number_in(text: &str, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && bounds.contains(number))
}

/// Reads a kind of sum.
fn kind_of_sum(text: &str) -> Result<Kind, String> {
    let lower = text.to_ascii_lowercase();
    let (name, number) = with_number(&lower);
    if name == "block" {
        let Some(length) = number else { return Err("`sum=block` needs a length; write `sum=block=256`".into()) };
        let blocks = number_in(length, 2..=LONGEST_BLOCK).map(|length| Kind::Order(Sum::Blocks(length)));
        return blocks.ok_or_else(|| format!("`sum=block` takes blocks of 2 to {LONGEST_BLOCK} terms, not `{length}`"));
    }
    let order = SUMS.iter().find(|(known, _)| *known == name).map(|(_, sum)| Kind::Order(*sum));
    let gpu = TensorCore::ALL.into_iter().find(|gpu| gpu.name() == name).map(Kind::Gpu);
    match (order.or(gpu), number) {
        (Some(kind), None) => Ok(kind),
        (Some(_), Some(_)) => Err(format!("`sum={name}` takes no length; remove what follows it")),
        (None, _) => {
            let gpus = TensorCore::ALL.map(TensorCore::name);
            let known = nearest(name, SUMS.iter().map(|(name, _)| *name).chain(["block=256"]).chain(gpus));
            Err(format!(
                "unknown sum `{text}`; did you mean `{known}`? (`sequential`, `fma`, `pairwise`, `kahan`, `block=N`, `exact`, and the GPUs `{}` are valid)",
                gpus.join("`, `")
            ))
        }
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
                "unknown rounding `{text}`; did you mean `{known}`? (`nearest`, `zero`, `up`, `down`, `odd` and `stochastic[=BITS]` are valid)"
            ))
        }
    }
}
