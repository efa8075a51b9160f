//! How much of a file may be read: how many numbers, and how much memory there is for them.

/// Most numbers that all tensors of a file may have together: 1 GiB as doubles.
pub const MOST_NUMBERS: u64 = 1 << 27;

/// Bytes that a number of a file takes while it is read: unpacked or transposed, and as a double.
const READING: u64 = 16;

/// Bytes that reading may take however little memory there is: a file that needs no more is read, so the memory that the
/// whole run needs can be reported.
const ALWAYS: u64 = 64 << 20;

/// What the tensors of one file, or of all shards of a network, may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Numbers of all tensors together.
    pub(super) numbers: u64,
    /// Bytes of memory; unlimited if `None`.
    bytes: Option<u64>,
}

impl Default for Room {
    fn default() -> Room {
        Room::of(None)
    }
}

impl Room {
    /// A file's numbers in so many bytes of memory; unlimited if `None`.
    pub fn of(bytes: Option<u64>) -> Room {
        Room { numbers: MOST_NUMBERS, bytes }
    }

    /// What is left for the next file when so many numbers are held as doubles.
    pub fn after_data(self, numbers: u64) -> Room {
        Room { bytes: self.bytes.map(|bytes| bytes.saturating_sub(numbers.saturating_mul(8))), ..self }
    }

    /// What is left for the next shard of the same network.
    pub(super) fn after(self, numbers: u64) -> Room {
        Room { numbers: self.numbers.saturating_sub(numbers), ..self.after_data(numbers) }
    }

    /// Checks, before any of them is unpacked, that so many numbers can be read.
    ///
    /// # Errors
    /// One sentence with the fix.
    pub(super) fn check(self, numbers: u64) -> Result<(), String> {
        self.check_bytes(numbers.saturating_mul(READING))
    }

    /// The same for the bytes of a file.
    pub(super) fn check_bytes(self, needed: u64) -> Result<(), String> {
        match self.bytes {
            Some(bytes) if needed > bytes.max(ALWAYS) => Err(format!(
                "reading it needs about {} MiB of memory, and {} MiB are left for that: give a smaller file, or more memory",
                needed.div_ceil(1 << 20),
                bytes >> 20
            )),
            _ => Ok(()),
        }
    }
}
