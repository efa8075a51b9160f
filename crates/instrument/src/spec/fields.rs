//! The table of a spec's fields. From one line of it follow the field and its default, its option on the command line
//! with help and completions, its part of a run's folder name, and its place in the command that measures a record
//! again.

mod lists;
mod options;
pub(super) mod shared;
mod values;

pub use options::{Fix, FixedBy, Heading, Kind, LARGEST, Position, SpecOption, Wrong};
pub(super) use values::parsed;
pub use values::{Value, real};

/// A field of a spec `S` that is an option of the command line.
pub struct Field<S: 'static> {
    /// Its name in the record.
    pub name: &'static str,
    /// The option.
    pub option: SpecOption,
    /// The value as the command line reads it; `None` for an option that is not given.
    pub text: fn(&S) -> Option<String>,
    /// The value in the name of a folder.
    pub in_name: fn(&S) -> String,
    /// Reads a value into the spec.
    pub set: fn(&mut S, &str) -> Result<(), Wrong>,
}

impl<S: Default> Field<S> {
    /// Whether two specs have the same value.
    pub fn is_equal(&self, one: &S, other: &S) -> bool {
        (self.text)(one) == (self.text)(other)
    }

    /// Whether the option may be left out and then has no value.
    pub fn is_optional(&self) -> bool {
        (self.text)(&S::default()).is_none()
    }

    /// Refuses counts beyond their limits.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn check(&self, spec: &S) -> Result<(), String> {
        let (Fix::Count { most, example }, Some(text)) = (self.option.fix, (self.text)(spec)) else { return Ok(()) };
        match text.parse::<usize>() {
            Ok(0) => Err(format!("--{} 0: give {example}", self.option.long)),
            Ok(count) if count > most => Err(format!("--{} {count}: give at most {most}", self.option.long)),
            _ => Ok(()),
        }
    }
}

/// A spec with a table of its fields.
pub trait Fields: Default + 'static {
    /// The fields with options, in the order of the record.
    const FIELDS: &'static [Field<Self>];

    /// The same in the order of the help.
    fn in_help() -> Vec<&'static Field<Self>> {
        let mut fields: Vec<_> = Self::FIELDS.iter().collect();
        fields.sort_by_key(|field| (field.option.heading, field.option.position));
        fields
    }
}

/// Declares a spec by its table: a field a line, with its type, its default and, after `=>`, its option.
macro_rules! spec {
    (
        $(#[$about:meta])*
        pub struct $Spec:ident {
            $($(#[$of_field:meta])* pub $field:ident: $type:ty = $default:expr $(=> $option:expr)?;)*
        }
    ) => {
        $(#[$about])*
        pub struct $Spec {
            $($(#[$of_field])* pub $field: $type,)*
        }

        impl Default for $Spec {
            fn default() -> $Spec {
                $Spec { $($field: $default,)* }
            }
        }

        impl $crate::spec::fields::Fields for $Spec {
            const FIELDS: &'static [$crate::spec::fields::Field<$Spec>] = &[
                $($($crate::spec::fields::Field {
                    name: stringify!($field),
                    option: $option,
                    text: |spec| $crate::spec::fields::Value::text(&spec.$field),
                    in_name: |spec| $crate::spec::fields::Value::in_name(&spec.$field),
                    set: |spec, text| {
                        spec.$field = $crate::spec::fields::Value::read(text, &$option)?;
                        Ok(())
                    },
                },)?)*
            ];
        }
    };
}
pub(super) use spec;

#[cfg(test)]
mod tests {
    use super::*;

    spec! {
        /// A spec with one field.
        #[derive(Debug, PartialEq)]
        pub struct Toy {
            /// Warps.
            pub warp: usize = 3 => SpecOption::number("warp", "N", Heading::Data, Fix::Count {
                most: 9,
                example: "a positive number of warps, such as --warp 3",
            })
            .help("Number of warps");
        }
    }

    /// A line of the table is all that a field needs.
    #[test]
    fn a_field_is_one_line() {
        let [field] = Toy::FIELDS else { panic!("one field") };
        let mut toy = Toy::default();
        assert_eq!((field.name, field.option.long, toy.warp), ("warp", "warp", 3));
        assert_eq!((field.set)(&mut toy, "7"), Ok(()));
        assert_eq!((toy.warp, (field.text)(&toy), (field.in_name)(&toy)), (7, Some("7".into()), "7".into()));
        assert!(!field.is_equal(&toy, &Toy::default()) && !field.is_optional());
        let wrong = Wrong::Value("give a whole number, at least 1 and at most 9".into());
        assert_eq!((field.set)(&mut toy, "x"), Err(wrong));
        assert_eq!(field.check(&toy), Ok(()));
        let fix = |warp: usize| field.check(&Toy { warp }).unwrap_err();
        assert_eq!(fix(0), "--warp 0: give a positive number of warps, such as --warp 3");
        assert_eq!(fix(10), "--warp 10: give at most 9");
    }
}
