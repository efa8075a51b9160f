//! The values of an axis: a list `4,8,12`, a range `4..=12`, or `5..200:log8` and `1..2:lin5`, so many points with a
//! constant ratio or difference, both ends included.

use crate::record::{Field, Kind, Spec};
use crate::spec::Data;
use crate::spec::fields::Wrong;

/// Most values of an axis: more than anyone waits for.
const MOST: u64 = 10_000;
/// Digits of points between the ends of an axis of real numbers.
const DIGITS: usize = 6;

/// The values of a field that a text names, in canonical spelling and without repetitions.
///
/// # Errors
/// A sentence with the fix.
pub fn values(field: &'static Field<Spec>, text: &str) -> Result<Vec<String>, String> {
    let long = field.option.long;
    let mut values: Vec<String> = Vec::new();
    for piece in text.split(',').map(str::trim) {
        if piece.is_empty() {
            return Err(format!("--{long} {text}: a value is missing; {}", examples(field)));
        }
        let named = match field.option.kind {
            Kind::Number if piece.contains("..") => {
                range(field, piece).map_err(|fix| format!("--{long} {text}: {fix}"))?
            }
            _ => vec![piece.to_string()],
        };
        for value in named {
            let value = canonical(field, &value)?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    Ok(values)
}

/// What to write instead of a value that is none.
fn examples(field: &Field<Spec>) -> &'static str {
    match field.option.kind {
        Kind::Number => "write a list such as 4,8,12, a range such as 4..=12, or points such as 5..200:log8",
        Kind::Switch => "give on, off or on,off",
        _ => "write a list of names separated by commas",
    }
}

/// A value as the field writes it.
fn canonical(field: &Field<Spec>, value: &str) -> Result<String, String> {
    let long = field.option.long;
    let wrong = |fix: &str| Err(format!("--{long} {value}: {fix}"));
    match field.option.kind {
        Kind::Switch if !["on", "off"].contains(&value) => return wrong(examples(field)),
        Kind::Among(names) if !names.contains(&value) => {
            let near = crate::nearest::nearest(value, names.iter().copied());
            return wrong(&format!("give {}; did you mean {near}?", names.join(" or ")));
        }
        _ => {}
    }
    let mut spec = Spec::default();
    match (field.set)(&mut spec, value) {
        Err(Wrong::Sentence(sentence)) => return Err(sentence),
        Err(Wrong::Value(fix)) => return wrong(&fix),
        Ok(()) => {}
    }
    field.check(&spec)?;
    if field.name == "data" && spec.data == Data::File {
        return wrong(
            "a sweep draws its data; give digits or gaussian, or measure the file without `sweep`, network by network",
        );
    }
    Ok((field.text)(&spec).unwrap_or_else(|| value.into()))
}

/// How the points between the ends of a range lie.
enum Points {
    /// Every whole number.
    All,
    /// So many with a constant ratio.
    Geometric(u64),
    /// So many with a constant difference.
    Linear(u64),
}

/// The values of `A..=B`, `A..B:logN` or `A..B:linN`.
fn range(field: &Field<Spec>, piece: &str) -> Result<Vec<String>, String> {
    let (ends, points) = match piece.split_once(':') {
        None => (piece, Points::All),
        Some((ends, points)) => (ends, points_of(points, piece)?),
    };
    let (low, high) = ends.split_once("..").ok_or_else(|| format!("`{piece}` is no range; {}", examples(field)))?;
    let (low, high) = (low.trim(), high.trim().trim_start_matches('=').trim());
    if low.is_empty() || high.is_empty() {
        let end = if low.is_empty() { "begins" } else { "ends" };
        return Err(format!("`{piece}` does not say where it {end}; {}", examples(field)));
    }
    match (low.parse::<u64>(), high.parse::<u64>()) {
        (Ok(low), Ok(high)) if low > high => Err(format!("`{piece}` runs backwards; write {high}..={low}")),
        (Ok(low), Ok(high)) if matches!(points, Points::All) => match high - low < MOST {
            true => Ok((low..=high).map(|value| value.to_string()).collect()),
            false => Err(format!("`{piece}` has more than {MOST} values; write {low}..{high}:log8")),
        },
        _ => between(field, piece, (low, high), points),
    }
}

fn points_of(text: &str, piece: &str) -> Result<Points, String> {
    let (make, count): (fn(u64) -> Points, &str) = match text.split_at_checked(3) {
        Some(("log", count)) => (Points::Geometric, count),
        Some(("lin", count)) => (Points::Linear, count),
        _ => return Err(format!("`{piece}`: write log or lin and the number of points after the colon, as in :log8")),
    };
    let count = count.parse().ok().filter(|count| (2..=MOST).contains(count));
    count.map(make).ok_or_else(|| format!("`{piece}`: give 2 to {MOST} points, as in :log8"))
}

/// Points between two numbers, rounded to whole numbers where the field takes no others.
fn between(field: &Field<Spec>, piece: &str, (low, high): (&str, &str), points: Points) -> Result<Vec<String>, String> {
    let number = |text: &str| {
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.ok_or_else(|| format!("`{text}` in `{piece}` is no number; {}", examples(field)))
    };
    let (first, last) = (number(low)?, number(high)?);
    if first > last {
        return Err(format!("`{piece}` runs backwards; write {high}..{low}"));
    }
    let (count, is_geometric) = match points {
        Points::All => {
            return Err(format!("`{piece}` does not say how many points it has; write {low}..{high}:lin5"));
        }
        Points::Geometric(_) if first <= 0.0 => {
            return Err(format!("`{piece}`: points with a constant ratio begin above 0; write {low}..{high}:lin5"));
        }
        Points::Geometric(count) => (count, true),
        Points::Linear(count) => (count, false),
    };
    let is_whole = (field.set)(&mut Spec::default(), "1.5").is_err();
    let point = |index: u64| {
        let share = index as f64 / (count - 1) as f64;
        let point = match is_geometric {
            true => first * core_math::exp2(core_math::log2(last / first) * share),
            false => first + (last - first) * share,
        };
        match index {
            0 => low.to_string(),
            _ if index + 1 == count => high.to_string(),
            _ if is_whole => format!("{:.0}", point.round()),
            _ => format!("{:.*e}", DIGITS - 1, point),
        }
    };
    Ok((0..count).map(point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fields;

    fn of(name: &str, text: &str) -> Result<Vec<String>, String> {
        values(Spec::FIELDS.iter().find(|field| field.name == name).unwrap(), text)
    }

    #[test]
    fn lists_ranges_and_points() {
        for (field, text, expected) in [
            ("depth", "4,8,12", "4 8 12"),
            ("depth", " 4 , 8,4", "4 8"),
            ("depth", "4..=7", "4 5 6 7"),
            ("depth", "4..7", "4 5 6 7"),
            ("depth", "4..=4", "4"),
            ("depth", "5..200:log8", "5 8 14 24 41 70 118 200"),
            ("depth", "1..4:log8", "1 2 3 4"),
            ("depth", "50,5..7,6", "50 5 6 7"),
            ("depth", "10..20:lin3", "10 15 20"),
            ("gain", "0.5..2:log3", "0.5 1.0 2.0"),
            ("gain", "1..2:lin5", "1.0 1.25 1.5 1.75 2.0"),
            ("gain", "1..3:log3", "1.0 1.73205 3.0"),
            ("seed", "18446744073709551614..=18446744073709551615", "18446744073709551614 18446744073709551615"),
            ("loss_scale", "1,2^10,auto", "1 1024 auto"),
            ("loss_scale", "1..1024:log6", "1 4 16 64 256 1024"),
            ("residual", "on,off", "on off"),
            ("init", "he,xavier,preserve", "preserve xavier"),
            ("truth", "both", "both"),
            ("truth_bits", "80,100", "80 100"),
            ("data", "digits,gaussian", "digits gaussian"),
        ] {
            assert_eq!(of(field, text).map(|values| values.join(" ")), Ok(expected.into()), "{field} {text}");
        }
    }

    #[test]
    fn every_mistake_names_its_fix() {
        for (field, text, words) in [
            ("depth", "5,,7", "a value is missing; write a list"),
            ("depth", "", "a value is missing"),
            ("depth", "7..5", "runs backwards; write 5..=7"),
            ("depth", "..5", "does not say where it begins"),
            ("depth", "5..", "does not say where it ends"),
            ("depth", "5..200:8", "as in :log8"),
            ("depth", "5..200:log1", "give 2 to 10000 points"),
            ("depth", "5..200:logx", "give 2 to 10000 points"),
            ("depth", "1..=1000000", "more than 10000 values"),
            ("depth", "5..x:log3", "`x` in `5..x:log3` is no number"),
            ("depth", "0..4", "--depth 0: give a positive number"),
            ("depth", "five", "--depth five: give a whole number"),
            ("depth", "2000000", "give at most 1000000"),
            ("gain", "0..2:log3", "begin above 0; write 0..2:lin5"),
            ("gain", "1.5..2.5", "how many points"),
            ("gain", "2.5..1.5:lin3", "runs backwards"),
            ("loss_scale", "1..=4", "power of two"),
            ("residual", "maybe", "--residual maybe: give on, off or on,off"),
            ("init", "xaiver", "did you mean `xavier`"),
            ("truth", "boht", "did you mean both"),
            ("data", "digts", "did you mean `digits`"),
        ] {
            let message = of(field, text).unwrap_err();
            assert!(message.contains(words) && !message.ends_with('.'), "{field} {text}: {message}");
        }
    }
}
