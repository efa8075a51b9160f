//! Zip archives as numpy.savez writes them: stored or deflated entries, found by the central directory.
//!
//! Source: APPNOTE.TXT 6.3.10, sections 4.3 and 4.4. Sizes of 4 GiB and more (zip64) and encryption are refused;
//! local headers, whose sizes NumPy leaves open, are only skipped.

use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::io::Read;

/// Length of the record at the end, without its comment.
const END: usize = 22;
/// Longest comment after it.
const LONGEST_COMMENT: usize = u16::MAX as usize;
/// Length of an entry of the central directory, without its name.
const CENTRAL: usize = 46;
/// Length of a local header, without its name.
const LOCAL: usize = 30;
/// Deflate's best is 1032 to 1; whatever claims more is no deflated data.
const LARGEST_RATIO: u64 = 1032;

/// One file of an archive, still packed.
pub struct Entry<'b> {
    /// Its name.
    pub name: String,
    is_deflated: bool,
    checksum: u32,
    unpacked: u32,
    packed: &'b [u8],
}

/// True if the bytes begin as an archive does, be it an empty one.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Two or four bytes at a place, little-endian.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    Some(field.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
}

/// The files of an archive in the order of its directory; no two of them share bytes.
///
/// # Errors
/// One sentence with what is wrong.
pub fn entries(bytes: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let damaged = |what: &str| format!("the archive {what}: the file is damaged or no npz file of numpy.savez");
    let end = end_record(bytes).ok_or_else(|| damaged("has no directory"))?;
    let field = |at, length| number(bytes, end + at, length);
    let directory = (|| Some((field(10, 2)?, field(12, 4)?, field(16, 4)?)))();
    let (count, length, mut at) = directory.ok_or_else(|| damaged("has no directory"))?;
    if at.checked_add(length) != Some(end) || count * CENTRAL > length {
        return Err(damaged("has a directory that is not at its end"));
    }
    let mut entries = Vec::with_capacity(count);
    let mut places = Vec::with_capacity(count);
    for _ in 0..count {
        let (entry, place, next) = entry(bytes, at, end).map_err(|what| damaged(&what))?;
        entries.push(entry);
        places.push(place);
        at = next;
    }
    places.sort_unstable();
    if places.windows(2).any(|pair| pair[1].0 < pair[0].1) {
        return Err(damaged("has entries that overlap"));
    }
    Ok(entries)
}

/// Where the record at the end begins: the last one whose comment ends with the file.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END)?;
    let first = last.saturating_sub(LONGEST_COMMENT);
    (first..=last)
        .rev()
        .find(|&at| bytes[at..].starts_with(b"PK\x05\x06") && number(bytes, at + 20, 2) == Some(bytes.len() - at - END))
}

/// What the directory says at a place: the entry, its bytes from its local header on, and where the next one is.
fn entry(bytes: &[u8], at: usize, end: usize) -> Result<(Entry<'_>, (usize, usize), usize), String> {
    let field = |offset, length| number(bytes, at + offset, length).ok_or("has a directory that is cut off");
    if bytes.get(at..at + 4) != Some(b"PK\x01\x02") {
        return Err("has a directory that cannot be read".into());
    }
    let (flags, method, checksum) = (field(8, 2)?, field(10, 2)?, field(16, 4)?);
    let (packed, unpacked, local) = (field(20, 4)?, field(24, 4)?, field(42, 4)?);
    let name_end = at + CENTRAL + field(28, 2)?;
    let next = name_end + field(30, 2)? + field(32, 2)?;
    if next > end {
        return Err("has a directory that is cut off".into());
    }
    let name = String::from_utf8_lossy(&bytes[at + CENTRAL..name_end]).into_owned();
    let shown: String = name.chars().take(80).collect();
    if flags & 1 != 0 {
        return Err(format!("has the entry {shown:?}, which is encrypted"));
    }
    let is_deflated = match method {
        0 => false,
        8 => true,
        _ => return Err(format!("has the entry {shown:?}, which is packed by method {method} and not deflated")),
    };
    if [packed, unpacked, local].contains(&(u32::MAX as usize)) {
        return Err(format!("has the entry {shown:?} of 4 GiB or more"));
    }
    let cut_off = || format!("has the entry {shown:?}, which is cut off");
    if bytes.get(local..).is_none_or(|rest| !rest.starts_with(b"PK\x03\x04")) {
        return Err(cut_off());
    }
    let skipped = (|| Some(LOCAL + number(bytes, local + 26, 2)? + number(bytes, local + 28, 2)?))();
    let from = local + skipped.ok_or_else(cut_off)?;
    let data = bytes.get(from..from + packed).ok_or_else(cut_off)?;
    if (is_deflated && unpacked as u64 > LARGEST_RATIO * (packed as u64 + 1)) || (!is_deflated && packed != unpacked) {
        return Err(format!("has the entry {shown:?} of {packed} bytes, which claims to unpack to {unpacked}"));
    }
    let entry = Entry { name, is_deflated, checksum: checksum as u32, unpacked: unpacked as u32, packed: data };
    Ok((entry, (local, from + packed), next))
}

impl Entry<'_> {
    /// How many bytes the entry has by the directory.
    pub fn length(&self) -> u64 {
        u64::from(self.unpacked)
    }

    /// The first bytes of the entry, at most so many; where unpacking fails, those before.
    pub fn beginning(&self, most: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Errors in the data are reported once all of it is read.
        let _ = self.read(most as u64, &mut bytes);
        bytes
    }

    /// The entry's own bytes; unpacking stops where it exceeds what the directory claims.
    ///
    /// # Errors
    /// One sentence with what is wrong.
    pub fn unpacked(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::with_capacity(self.unpacked as usize + 1);
        let read = self.read(self.length() + 1, &mut bytes);
        let mut checksum = Crc::new();
        checksum.update(&bytes);
        if read.is_err() || bytes.len() as u64 != self.length() || checksum.sum() != self.checksum {
            let name = &self.name;
            return Err(format!("the entry {name:?} does not unpack to what the archive says: the file is damaged"));
        }
        Ok(bytes)
    }

    fn read(&self, most: u64, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
        match self.is_deflated {
            true => DeflateDecoder::new(self.packed).take(most).read_to_end(bytes),
            false => self.packed.take(most).read_to_end(bytes),
        }
    }
}
