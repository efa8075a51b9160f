//! Values of options: how the command line reads and writes them.

use super::options::{Kind, SpecOption, Wrong};
use crate::init::Init;

/// A value of an option.
pub trait Value: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// What to write instead.
    fn read(text: &str, option: &SpecOption) -> Result<Self, Wrong>;

    /// As it is read; `None` for an option that is not given.
    fn text(&self) -> Option<String>;

    /// In the name of a folder.
    fn in_name(&self) -> String {
        self.text().unwrap_or_default()
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Value for $type {
            fn read(text: &str, option: &SpecOption) -> Result<$type, Wrong> {
                text.parse().map_err(|_| Wrong::Value(option.fix.in_words()))
            }

            fn text(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}
whole_numbers!(usize, u64, u32);

/// Reads a double; `fix` says what to write instead.
///
/// # Errors
/// Not a number, or one that would be read as infinity or 0.
pub fn real(text: &str, fix: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if is_rounded_away(text, number) => Err(format!("it is beyond the range of a double; {fix}")),
        Ok(number) => Ok(number),
        Err(_) => Err(fix.into()),
    }
}

/// Whether a finite number was read as infinity, or a nonzero one as 0.
fn is_rounded_away(text: &str, number: f64) -> bool {
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    (number.is_infinite() && digits.contains(|c: char| c.is_ascii_digit()))
        || (number == 0.0 && digits.contains(|c: char| ('1'..='9').contains(&c)))
}

/// Folder names have plain decimals, commands the shortest decimal.
impl Value for f64 {
    fn read(text: &str, option: &SpecOption) -> Result<f64, Wrong> {
        real(text, &option.fix.in_words()).map_err(Wrong::Value)
    }

    fn text(&self) -> Option<String> {
        Some(format!("{self:?}"))
    }

    fn in_name(&self) -> String {
        self.to_string()
    }
}

impl Value for Option<f64> {
    fn read(text: &str, option: &SpecOption) -> Result<Option<f64>, Wrong> {
        Value::read(text, option).map(Some)
    }

    fn text(&self) -> Option<String> {
        self.as_ref().and_then(Value::text)
    }

    fn in_name(&self) -> String {
        self.as_ref().map_or(String::new(), Value::in_name)
    }
}

/// A switch is `on` where it is given.
impl Value for bool {
    fn read(text: &str, _: &SpecOption) -> Result<bool, Wrong> {
        Ok(text == "on")
    }

    fn text(&self) -> Option<String> {
        Some(if *self { "on" } else { "off" }.into())
    }
}

impl Value for Vec<String> {
    fn read(text: &str, option: &SpecOption) -> Result<Vec<String>, Wrong> {
        let pieces = text.split(',').map(String::from).collect();
        match option.kind {
            Kind::List(read) => read(pieces).map_err(Wrong::Sentence),
            _ => Ok(pieces),
        }
    }

    fn text(&self) -> Option<String> {
        Some(self.join(","))
    }
}

/// A type whose `parse` fails with a sentence.
macro_rules! parsed {
    ($type:ty, $parse:path, $text:expr) => {
        impl $crate::spec::fields::Value for $type {
            fn read(text: &str, _: &$crate::spec::fields::SpecOption) -> Result<$type, $crate::spec::fields::Wrong> {
                $parse(text).map_err($crate::spec::fields::Wrong::Sentence)
            }

            fn text(&self) -> Option<String> {
                let text: fn(&$type) -> String = $text;
                Some(text(self))
            }
        }
    };
}
pub(in crate::spec) use parsed;
parsed!(Init, Init::parse, |init| init.name().into());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beyond_doubles_are_refused() {
        let real = |text| real(text, "give a positive finite number, such as 1.5");
        for (text, number) in [("1.5", 1.5), ("-2", -2.0), ("0e5", 0.0), ("1e-320", 1e-320), ("inf", f64::INFINITY)] {
            assert_eq!(real(text), Ok(number));
        }
        assert!(real("nan").is_ok_and(f64::is_nan));
        for text in ["1e400", "-1e400", "1e-400", "much", "", " ", "0x10", "1_000", "१"] {
            assert!(real(text).is_err_and(|message| message.ends_with("such as 1.5")), "{text}");
        }
    }
}
