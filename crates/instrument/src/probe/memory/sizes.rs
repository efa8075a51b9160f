//! Formats and parses numbers of bytes.

/// Bytes in readable units.
pub fn in_words(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// Reads bytes: a number and a unit of powers of 1000 or 1024 (GB, GiB); G alone is GiB.
///
/// # Errors
/// The fix.
pub fn from_words(text: &str) -> Result<u64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kib" => Some(1 << 10),
        "m" | "mib" => Some(1 << 20),
        "g" | "gib" => Some(1 << 30),
        "t" | "tib" => Some(1 << 40),
        "pib" => Some(1 << 50),
        "eib" => Some(1 << 60),
        "kb" => Some(1000),
        "mb" => Some(1_000_000),
        "gb" => Some(1_000_000_000),
        "tb" => Some(1_000_000_000_000),
        "pb" => Some(1_000_000_000_000_000),
        "eb" => Some(1_000_000_000_000_000_000),
        _ => None,
    };
    let bytes = number.parse::<f64>().ok().zip(scale).map(|(number, scale): (f64, u64)| number * scale as f64);
    // A limit beyond any machine's memory has no effect.
    bytes
        .filter(|bytes| *bytes >= 1.0)
        .map(|bytes| bytes as u64)
        .ok_or_else(|| "give a size such as 2GiB or 500MB".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_they_are_written() {
        for (text, bytes) in [("2GiB", 2 << 30), ("2g", 2 << 30), ("0.5MiB", 1 << 19), ("500MB", 500_000_000), ("7", 7)]
        {
            assert_eq!(from_words(text), Ok(bytes), "{text}");
        }
        for bytes in [1, 1 << 20, 3 << 50, u64::MAX] {
            assert_eq!(from_words(&in_words(bytes)), Ok(bytes));
        }
        for text in ["", "GiB", "-1G", "1.2.3G", "1 parsec", "0", "nan", "inf", "1e", "1e3"] {
            assert!(from_words(text).is_err(), "{text}");
        }
    }
}
