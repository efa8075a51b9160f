//! Tensors as files hold them: a name, a shape, and every number exactly.

use super::room::MOST_NUMBERS;
use crate::format::{E4M3FN, E5M2, Format};
use crate::nearest::nearest;
use half::{bf16, f16};
use std::fmt;
use std::sync::LazyLock;

/// Largest magnitude below which every integer is a double.
const EXACT_INTEGERS: u64 = 1 << 53;

/// What the numbers of a tensor were stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// One byte, 0 or 1.
    Bool,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 64 bits.
    U64,
    /// OCP E4M3: maximum 448, no infinities.
    F8E4M3,
    /// OCP E5M2.
    F8E5M2,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    BF16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl Dtype {
    /// All of them with their safetensors names and the names that PyTorch and NumPy give them.
    pub const ALL: [(Dtype, &str, &[&str]); 15] = [
        (Dtype::Bool, "BOOL", &["bool"]),
        (Dtype::I8, "I8", &["int8"]),
        (Dtype::I16, "I16", &["int16"]),
        (Dtype::I32, "I32", &["int32"]),
        (Dtype::I64, "I64", &["int64"]),
        (Dtype::U8, "U8", &["uint8"]),
        (Dtype::U16, "U16", &["uint16"]),
        (Dtype::U32, "U32", &["uint32"]),
        (Dtype::U64, "U64", &["uint64"]),
        (Dtype::F8E4M3, "F8_E4M3", &["float8_e4m3fn", "e4m3fn"]),
        (Dtype::F8E5M2, "F8_E5M2", &["float8_e5m2", "e5m2"]),
        (Dtype::F16, "F16", &["float16", "half"]),
        (Dtype::BF16, "BF16", &["bfloat16"]),
        (Dtype::F32, "F32", &["float32", "float"]),
        (Dtype::F64, "F64", &["float64", "double"]),
    ];

    /// Its name in safetensors.
    pub fn name(self) -> &'static str {
        Dtype::ALL.iter().find(|(dtype, ..)| *dtype == self).map_or("", |(_, name, _)| name)
    }

    /// Reads any of its names; capitals do not matter.
    ///
    /// # Errors
    /// A sentence with the nearest known name.
    pub fn parse(text: &str) -> Result<Dtype, String> {
        let is = |name: &&str| name.eq_ignore_ascii_case(text);
        let found = Dtype::ALL.iter().find(|(_, name, aliases)| is(name) || aliases.iter().any(is));
        found.map(|(dtype, ..)| *dtype).ok_or_else(|| {
            let names = Dtype::ALL.iter().flat_map(|(_, name, aliases)| aliases.iter().copied().chain([*name]));
            let known = nearest(text, names);
            format!("unknown dtype `{text}`; did you mean `{known}`?")
        })
    }

    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Dtype::Bool | Dtype::I8 | Dtype::U8 | Dtype::F8E4M3 | Dtype::F8E5M2 => 1,
            Dtype::I16 | Dtype::U16 | Dtype::F16 | Dtype::BF16 => 2,
            Dtype::I32 | Dtype::U32 | Dtype::F32 => 4,
            Dtype::I64 | Dtype::U64 | Dtype::F64 => 8,
        }
    }

    /// True for whole numbers, which are class indices where a loss asks; booleans are not.
    pub fn is_integer(self) -> bool {
        use Dtype::{I8, I16, I32, I64, U8, U16, U32, U64};
        matches!(self, I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
    }

    /// True for floating-point numbers.
    pub fn is_float(self) -> bool {
        !self.is_integer() && self != Dtype::Bool
    }

    /// The format of floating-point numbers; `None` for integers and booleans.
    pub fn format(self) -> Option<Format> {
        use crate::format::{BF16, F16, F32, F64};
        match self {
            Dtype::F8E4M3 => Some(E4M3FN),
            Dtype::F8E5M2 => Some(E5M2),
            Dtype::F16 => Some(F16),
            Dtype::BF16 => Some(BF16),
            Dtype::F32 => Some(F32),
            Dtype::F64 => Some(F64),
            _ => None,
        }
    }

    /// One little-endian number of [`Dtype::size`] bytes; `None` for an integer that a double cannot hold.
    fn decode(self, bytes: &[u8]) -> Option<f64> {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(word);
        // Truncation keeps the bytes that are there.
        Some(match self {
            Dtype::Bool => f64::from(u8::from(bits != 0)),
            Dtype::I8 => f64::from(bits as u8 as i8),
            Dtype::I16 => f64::from(bits as u16 as i16),
            Dtype::I32 => f64::from(bits as u32 as i32),
            Dtype::I64 => {
                let integer = bits as i64;
                return (integer.unsigned_abs() <= EXACT_INTEGERS).then_some(integer as f64);
            }
            Dtype::U8 | Dtype::U16 | Dtype::U32 => f64::from(bits as u32),
            Dtype::U64 => return (bits <= EXACT_INTEGERS).then_some(bits as f64),
            Dtype::F8E4M3 => E4M3FN_CODES[usize::from(bits as u8)],
            Dtype::F8E5M2 => E5M2_CODES[usize::from(bits as u8)],
            Dtype::F16 => f16::from_bits(bits as u16).to_f64(),
            Dtype::BF16 => bf16::from_bits(bits as u16).to_f64(),
            Dtype::F32 => f64::from(f32::from_bits(bits as u32)),
            Dtype::F64 => f64::from_bits(bits),
        })
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

static E4M3FN_CODES: LazyLock<[f64; 256]> = LazyLock::new(|| codes(&E4M3FN));
static E5M2_CODES: LazyLock<[f64; 256]> = LazyLock::new(|| codes(&E5M2));

/// The value of every code of an 8-bit format.
fn codes(format: &Format) -> [f64; 256] {
    use crate::format::Class;
    let codes = format.codes().expect("invariant: formats of 8 bits list their codes");
    std::array::from_fn(|index| {
        let code = &codes[index];
        let magnitude = match (&code.magnitude, code.class) {
            (Some(magnitude), _) => magnitude.value().to_f64(),
            (None, Class::Infinity) => f64::INFINITY,
            (None, _) => f64::NAN,
        };
        if code.is_negative { -magnitude } else { magnitude }
    })
}

/// A tensor whose numbers cannot be read, which matters only if it is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Unread {
    /// As in the file.
    pub name: String,
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// The file's own word for what the numbers are stored as, shortened.
    pub dtype: String,
    /// Why they cannot be read and the fix, in one sentence that names the tensor.
    pub reason: String,
}

impl Unread {
    pub(super) fn new(name: &str, shape: &[usize], dtype: &str, reason: String) -> Unread {
        let dtype = dtype.chars().take(20).map(|c| if c.is_control() { '?' } else { c }).collect();
        Unread { name: name.into(), shape: shape.into(), dtype, reason }
    }
}

/// A tensor as a file holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    /// Its numbers are known.
    Read(Tensor),
    /// They are not.
    Unread(Unread),
}

/// A named tensor with exact values in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// As in the file; of an `.npy` file, its name without folder and extension.
    pub name: String,
    /// Lengths of the axes; none for a single number.
    pub shape: Vec<usize>,
    /// What the numbers were stored as.
    pub dtype: Dtype,
    /// Every number exactly, infinities and NaN included.
    pub values: Vec<f64>,
}

impl Tensor {
    /// A tensor of doubles.
    pub fn doubles(name: impl Into<String>, shape: Vec<usize>, values: Vec<f64>) -> Tensor {
        Tensor { name: name.into(), shape, dtype: Dtype::F64, values }
    }

    /// Reads consecutive little-endian numbers; `bytes` holds as many as the shape has entries.
    ///
    /// A tensor with an integer beyond 2^53, which a double may not hold, is [`Stored::Unread`].
    pub(super) fn decode(name: String, shape: Vec<usize>, dtype: Dtype, bytes: &[u8]) -> Stored {
        let mut values = Vec::with_capacity(bytes.len() / dtype.size());
        for (index, bytes) in bytes.chunks_exact(dtype.size()).enumerate() {
            let Some(value) = dtype.decode(bytes) else {
                let place = place(&shape, index);
                let reason = format!(
                    "tensor `{name}`, entry {place}: a 64-bit integer beyond 2^53 is not read; store it as a float"
                );
                return Stored::Unread(Unread::new(&name, &shape, dtype.name(), reason));
            };
            values.push(value);
        }
        Stored::Read(Tensor { name, shape, dtype, values })
    }

    /// Makes sure that every entry is finite.
    ///
    /// # Errors
    /// A sentence that names the tensor, the first entry that is not, and what it is.
    pub fn check_finite(&self) -> Result<(), String> {
        match self.values.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(index) => {
                let (name, place, value) = (&self.name, place(&self.shape, index), self.values[index]);
                Err(format!("tensor `{name}`, entry {place} is {value}: only finite numbers can be used"))
            }
        }
    }

    /// `[3 × 4]`, as messages show it; `[]` for a single number.
    pub fn shape_in_words(&self) -> String {
        shape_in_words(&self.shape)
    }
}

/// `[3 × 4]`.
pub(super) fn shape_in_words(shape: &[usize]) -> String {
    let lengths: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("[{}]", lengths.join(" × "))
}

/// `[2, 0]`: the position on every axis of the index in row-major order.
fn place(shape: &[usize], index: usize) -> String {
    let mut rest = index;
    let mut positions: Vec<String> = Vec::with_capacity(shape.len());
    for &length in shape.iter().rev() {
        positions.push((rest % length.max(1)).to_string());
        rest /= length.max(1);
    }
    positions.reverse();
    format!("[{}]", positions.join(", "))
}

/// Longest name of a tensor in bytes.
const LONGEST_NAME: usize = 512;

/// Names are kept as they are; hidden characters are escaped where a name is printed.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.chars().any(char::is_control) {
        let shown: String = name.chars().take(40).collect();
        return Err(format!(
            "a tensor is called {shown:?}: give names of 1 to {LONGEST_NAME} bytes without control characters"
        ));
    }
    Ok(())
}

/// The number of entries of a shape, if it is at most `most`.
pub(super) fn count(name: &str, shape: &[usize], most: u64) -> Result<usize, String> {
    let product = shape.iter().try_fold(1u64, |product, &length| product.checked_mul(length as u64));
    // A length of zero makes any other harmless.
    let product = if shape.contains(&0) { Some(0) } else { product };
    match product.filter(|&product| product <= most) {
        Some(product) => Ok(product as usize),
        None => Err(format!(
            "tensor `{name}` of shape {}: all tensors of a file may have {MOST_NUMBERS} numbers together",
            shape_in_words(shape)
        )),
    }
}
