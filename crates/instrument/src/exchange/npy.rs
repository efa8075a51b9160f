//! npy: NumPy's magic, a Python dictionary that says type, order and shape, then the numbers.
//!
//! Source: numpy.lib.format, versions 1.0 to 3.0. NumPy has no bfloat16 and no 8-bit floats: arrays of ml_dtypes
//! are written as raw bytes, `<V2` and `<V1`, or as `<f1` for float8_e5m2, and their type is lost.
//!
//! Every claim of a header is checked against the room for numbers before anything is allocated, and an array of a type
//! that is not supported is left out with a reason: `npyz` has neither promise.

use super::tensor::{Dtype, Stored, Tensor, Unread, count};

/// How every npy file begins.
pub const MAGIC: &[u8] = b"\x93NUMPY";
/// Longest header in bytes, with everything before the numbers; NumPy itself rejects headers beyond 10 000.
pub const LONGEST_HEADER: usize = 1 << 16;

/// The bytes of a file of doubles in row-major order: version 1.0, the numbers at a multiple of 64 bytes.
pub fn bytes(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let lengths: String = shape.iter().map(|length| format!("{length}, ")).collect();
    // Python writes a tuple of one with a comma.
    let lengths = if shape.len() == 1 { lengths.trim_end() } else { lengths.trim_end_matches(", ") };
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({lengths}), }}");
    let before = MAGIC.len() + 4;
    let length = (before + header.len() + 1).next_multiple_of(64) - before;
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // Shapes are short.
    bytes.extend((length as u16).to_le_bytes());
    bytes.extend(format!("{header:<width$}\n", width = length - 1).into_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// What the dictionary says.
struct Header {
    descr: String,
    is_fortran: bool,
    shape: Vec<usize>,
}

/// Reads the one array of a file, of at most `most` numbers; it is [`Stored::Unread`] if its type is not supported.
///
/// # Errors
/// One sentence that names the array, what is wrong and the fix.
pub(super) fn parse(
    bytes: &[u8],
    name: &str,
    hint: Option<Dtype>,
    most: u64,
    notes: &mut Vec<String>,
) -> Result<Stored, String> {
    let damaged = |what: &str| format!("array `{name}`: {what}: the file is damaged or not written by NumPy");
    let (text, data) = split(bytes).map_err(|what| damaged(&what))?;
    let Header { descr, is_fortran, shape } = Reader(text).header().map_err(|what| damaged(&what))?;
    let (dtype, is_big) = match dtype(name, &descr, hint, notes) {
        Ok(known) => known,
        Err(reason) => return Ok(Stored::Unread(Unread::new(name, &shape, &descr, reason))),
    };
    let numbers = count(name, &shape, most)?;
    let (expected, has) = (numbers * dtype.size(), data.len());
    if expected != has {
        return Err(damaged(&format!(
            "shape {} in {dtype} needs {expected} bytes, and {has} follow",
            super::tensor::shape_in_words(&shape)
        )));
    }
    let swapped: Vec<u8>;
    let data = if is_big {
        swapped = data.chunks_exact(dtype.size()).flat_map(|number| number.iter().rev().copied()).collect();
        &swapped
    } else {
        data
    };
    Ok(match Tensor::decode(name.to_string(), shape, dtype, data) {
        Stored::Read(tensor) if is_fortran => Stored::Read(row_major(tensor)),
        stored => stored,
    })
}

/// The number of entries and the file size in bytes according to the header at the beginning of `bytes`; or the array, if its
/// type is not supported, since the rest is not needed then.
///
/// # Errors
/// As [`parse`], where the header itself is wrong.
pub(super) fn claimed(
    bytes: &[u8],
    name: &str,
    hint: Option<Dtype>,
    most: u64,
) -> Result<Result<(u64, u64), Unread>, String> {
    let damaged = |what: String| format!("array `{name}`: {what}: the file is damaged or not written by NumPy");
    let (text, data) = split(bytes).map_err(damaged)?;
    let Header { descr, shape, .. } = Reader(text).header().map_err(damaged)?;
    Ok(match dtype(name, &descr, hint, &mut Vec::new()) {
        Ok((dtype, _)) => {
            let numbers = count(name, &shape, most)?;
            Ok((numbers as u64, (bytes.len() - data.len() + numbers * dtype.size()) as u64))
        }
        Err(reason) => Err(Unread::new(name, &shape, &descr, reason)),
    })
}

/// The dictionary as text, and the numbers.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("the magic `\\x93NUMPY` is missing")?;
    let cut_off = || "the header is cut off".to_string();
    let (length, rest) = match rest {
        [1, _, low, high, rest @ ..] => (u32::from(u16::from_le_bytes([*low, *high])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), rest),
        [version, _, _, _, ..] if *version > 3 => return Err(format!("version {version} of npy is not known")),
        _ => return Err(cut_off()),
    };
    if length as usize > LONGEST_HEADER - 16 {
        return Err(format!("the header claims {length} bytes"));
    }
    let (header, data) = rest.split_at_checked(length as usize).ok_or_else(cut_off)?;
    Ok((std::str::from_utf8(header).map_err(|_| "the header is not text")?, data))
}

/// The type that a type string names, and whether its bytes are big-endian.
fn dtype(name: &str, descr: &str, hint: Option<Dtype>, notes: &mut Vec<String>) -> Result<(Dtype, bool), String> {
    use Dtype::{BF16, Bool, F8E5M2, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    let (is_big, kind) = match descr.as_bytes().first() {
        Some(b'>') => (true, &descr[1..]),
        Some(b'<' | b'|' | b'=') => (false, &descr[1..]),
        _ => (false, descr),
    };
    let dtype = match kind {
        "b1" | "?" => Bool,
        "i1" => I8,
        "i2" => I16,
        "i4" => I32,
        "i8" => I64,
        "u1" => U8,
        "u2" => U16,
        "u4" => U32,
        "u8" => U64,
        "f2" => F16,
        "f4" => F32,
        "f8" => F64,
        "f1" => {
            notes.push(format!("array `{name}`: `{descr}` is read as float8_e5m2, as ml_dtypes writes it"));
            F8E5M2
        }
        "V1" => match hint.filter(|hint| hint.size() == 1) {
            Some(hint) => hint,
            None => {
                return Err(format!(
                    "array `{name}`: its type `{descr}` says only that a number has one byte; say which with --dtype float8_e4m3fn or --dtype float8_e5m2"
                ));
            }
        },
        "V2" => match hint.filter(|hint| hint.size() == 2) {
            Some(hint) => hint,
            None => {
                notes.push(format!("array `{name}`: `{descr}` is read as bfloat16, as NumPy writes it"));
                BF16
            }
        },
        _ => {
            let descr: String = descr.chars().take(40).collect();
            return Err(format!(
                "array `{name}`: its type {descr:?} is not read; convert it with .astype to an integer or a float of at most 8 bytes"
            ));
        }
    };
    Ok((dtype, is_big))
}

/// The same tensor in row-major instead of column-major order.
fn row_major(tensor: Tensor) -> Tensor {
    let Tensor { shape, values, .. } = &tensor;
    let mut steps = Vec::with_capacity(shape.len());
    let mut step = 1usize;
    for &length in shape {
        steps.push(step);
        step = step.saturating_mul(length);
    }
    let mut position = vec![0; shape.len()];
    let mut from = 0;
    let mut ordered = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        ordered.push(values[from]);
        // The next position in row-major order: the last axis counts, and carries to the one before.
        for axis in (0..shape.len()).rev() {
            position[axis] += 1;
            from += steps[axis];
            if position[axis] < shape[axis] {
                break;
            }
            from -= steps[axis] * shape[axis];
            position[axis] = 0;
        }
    }
    Tensor { values: ordered, ..tensor }
}

/// The rest of a dictionary of Python literals.
struct Reader<'t>(&'t str);

impl<'t> Reader<'t> {
    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }` in any order.
    fn header(mut self) -> Result<Header, String> {
        let (mut descr, mut is_fortran, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.takes('}') {
            let key = self.string()?;
            self.expect(':')?;
            let is_new = match key {
                "descr" => descr.replace(self.string()?.to_string()).is_none(),
                "fortran_order" => is_fortran.replace(self.boolean()?).is_none(),
                "shape" => shape.replace(self.tuple()?).is_none(),
                _ => return Err("the header has an unknown key".into()),
            };
            if !is_new {
                return Err(format!("the header says `{key}` twice"));
            }
            if !self.takes(',') {
                self.expect('}')?;
                break;
            }
        }
        if !self.0.trim().is_empty() {
            return Err("the header goes on after its end".into());
        }
        match (descr, is_fortran, shape) {
            (Some(descr), Some(is_fortran), Some(shape)) => Ok(Header { descr, is_fortran, shape }),
            _ => Err("the header lacks `descr`, `fortran_order` or `shape`".into()),
        }
    }

    /// Whether this character comes next; if so it is consumed.
    fn takes(&mut self, wanted: char) -> bool {
        let rest = self.0.trim_start().strip_prefix(wanted);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        match self.takes(wanted) {
            true => Ok(()),
            false => Err(format!("the header lacks a `{wanted}`")),
        }
    }

    /// Quoted text; lists, which describe structured types, are rejected.
    fn string(&mut self) -> Result<&'t str, String> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'));
        let inner = quote.and_then(|quote| text[1..].split_once(quote));
        let (inner, rest) = inner.ok_or("the header lacks a quoted text (structured types are not read)")?;
        self.0 = rest;
        Ok(inner)
    }

    fn boolean(&mut self) -> Result<bool, String> {
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.trim_start().strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err("the header lacks a True or False".into())
    }

    fn tuple(&mut self) -> Result<Vec<usize>, String> {
        let mut lengths = Vec::new();
        self.expect('(')?;
        while !self.takes(')') {
            let text = self.0.trim_start();
            let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            lengths.push(text[..digits].parse().map_err(|_| "the header's shape is not readable")?);
            // Python 2 wrote `3L`.
            self.0 = text[digits..].trim_start_matches('L');
            if !self.takes(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(lengths)
    }
}
