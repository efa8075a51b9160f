//! Reads numbers on the command line, with error messages. The spec checks their limits.

/// Reads a whole number; the message has the range that the spec accepts.
pub fn whole(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone + Send + Sync + 'static {
    move |text| text.parse().map_err(|_| format!("give a whole number, at least {least} and at most {most}"))
}

/// Reads a number of steps, or 0 for none.
pub fn steps(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "give 0 for none, or a whole number of steps, such as 50".into())
}

/// Reads a seed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("give a whole number from 0 to {}", u64::MAX))
}

/// Reads bits of the exact gradient.
pub fn bits(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "give a whole number of bits, such as 80".into())
}

/// Reads a double; `wanted` says which numbers the option takes.
pub fn real(wanted: &'static str) -> impl Fn(&str) -> Result<f64, String> + Clone + Send + Sync + 'static {
    move |text| match text.parse::<f64>() {
        Ok(number) if is_rounded_away(text, number) => {
            Err(format!("it is beyond the range of a double; give {wanted}"))
        }
        Ok(number) => Ok(number),
        Err(_) => Err(format!("give {wanted}")),
    }
}

/// Whether a finite number was read as infinity, or a nonzero one as 0.
fn is_rounded_away(text: &str, number: f64) -> bool {
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    (number.is_infinite() && digits.contains(|c: char| c.is_ascii_digit()))
        || (number == 0.0 && digits.contains(|c: char| ('1'..='9').contains(&c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_doubles_are_refused() {
        let real = real("a positive finite number, such as 1.5");
        for (text, number) in [("1.5", 1.5), ("-2", -2.0), ("0e5", 0.0), ("1e-320", 1e-320), ("inf", f64::INFINITY)] {
            assert_eq!(real(text), Ok(number));
        }
        assert!(real("nan").is_ok_and(f64::is_nan));
        for text in ["1e400", "-1e400", "1e-400", "much", "", " ", "0x10", "1_000", "१"] {
            assert!(real(text).is_err_and(|message| message.ends_with("such as 1.5")), "{text}");
        }
    }
}
