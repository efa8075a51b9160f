//! Formats: thresholds, constants and codes of independent programs, names.

use crate::common::Random;
use precision_probe::format::{
    BF16, E4M3FN, E5M2, E8M0FNU, F16, F32, F64, Format, GRID, NAMED, Overflow, Range, TF32, canonical, two_to,
};
use rug::{Float, Rational};

/// Every named format of 8 bits and fewer that holds numbers, two without a name, and binary16.
fn narrow() -> Vec<Format> {
    let named = NAMED.iter().map(|(_, _, format)| *format).filter(|format| format.code_bits() <= 8);
    let formats: Vec<Format> = named.filter(|format| !format.is_scale()).collect();
    assert_eq!(formats.len(), 12);
    formats.into_iter().chain([F16, Format::ieee(3, 3), Format::ieee(4, 2)]).collect()
}

/// What a positive overflow gives.
fn overflow(format: &Format) -> f64 {
    match format.special().unwrap().overflow() {
        Overflow::Infinity => f64::INFINITY,
        Overflow::Nan => f64::NAN,
        Overflow::Largest => format.max().unwrap().to_f64(),
    }
}

/// The zero that −0 and tiny negative numbers round to.
fn negative_zero(format: &Format) -> f64 {
    let name = format.name();
    if name.ends_with("uz") || name.starts_with("binary8") { 0.0 } else { -0.0 }
}

#[track_caller]
fn check(format: &Format, x: f64, expected: f64) {
    let rounder = format.rounder();
    let definition = canonical(format.round(&Float::with_val(53, x)).to_f64());
    for (how, got) in [("round", definition), ("Rounder", rounder.round(x)), ("round_f64", format.round_f64(x))] {
        assert_eq!(
            got.to_bits(),
            canonical(expected).to_bits(),
            "{how} to {format} of {x:e} = {:#x}: {got:e} is not {expected:e}",
            x.to_bits()
        );
    }
}

#[test]
fn overflow_and_underflow_begin_where_the_tables_say() {
    let next = |x: f64| x.next_up();
    // Rounding twice (through f32, as half::f16::from_f64 does) would give 1: the 2^-40 breaks the tie.
    check(&F16, 1.0 + two_to(-11) + two_to(-40), 1.0 + two_to(-10));
    check(&F16, 1.0 + two_to(-11), 1.0);
    check(&F16, 65520f64.next_down(), 65504.0);
    check(&F16, 65520.0, f64::INFINITY);
    check(&F16, -65520.0, f64::NEG_INFINITY);
    check(&E5M2, 61440f64.next_down(), 57344.0);
    check(&E5M2, 61440.0, f64::INFINITY);
    check(&E4M3FN, 464.0, 448.0);
    check(&E4M3FN, next(464.0), f64::NAN);
    check(&E4M3FN, -next(464.0), f64::NAN);
    for format in [F16, BF16, TF32, F32, GRID].into_iter().chain(narrow()) {
        let smallest = two_to(i64::from(format.smallest_subnormal_exponent().unwrap()));
        check(&format, 0.5 * smallest, 0.0);
        check(&format, -0.5 * smallest, negative_zero(&format));
        check(&format, next(0.5 * smallest), smallest);
        check(&format, 1.5 * smallest, 2.0 * smallest);
        check(&format, smallest, smallest);
    }
    // binary64 itself: half of 5e-324 and the threshold 2^1024 − 2^970.
    let half: Float = Float::with_val(53, 1) >> 1075;
    assert_eq!(F64.round(&half), 0);
    assert_eq!(F64.round(&Float::with_val(64, &half * 1.5f64)).to_f64(), 5e-324);
    let threshold: Float = (Float::with_val(55, 1) << 1024) - (Float::with_val(55, 1) << 970);
    assert!(F64.round(&threshold).is_infinite());
    let below = Float::with_val(1100, &threshold - 1u32);
    assert_eq!(F64.round(&below).to_f64(), f64::MAX);
}

/// That every other code survives, and that every number is rounded as enumeration says, is a check of `selfcheck`.
#[test]
fn what_is_no_number_has_a_code() {
    for (format, nan) in [(F16, 0x7e00), (BF16, 0x7fc0), (E4M3FN, 0x7f), (E5M2, 0x7e), (E8M0FNU, 0xff)] {
        assert_eq!(format.encode(f64::NAN), nan, "{format}");
    }
    // No NaN, no infinities, no −0: what ml_dtypes writes in their place.
    for (name, x, code) in [
        ("e4m3fnuz", f64::NAN, 0x80),
        ("e4m3fnuz", f64::NEG_INFINITY, 0x80),
        ("e4m3fnuz", -0.0, 0),
        ("binary8p4se", f64::NAN, 0x80),
        ("binary8p4se", f64::NEG_INFINITY, 0xff),
        ("binary8p4se", -0.0, 0),
        ("e4m3fn", f64::INFINITY, 0x7f),
        ("e2m1fn", f64::NAN, 8),
        ("e2m1fn", f64::NEG_INFINITY, 15),
        ("e2m1fn", -0.0, 8),
        ("e8m0fnu", 0.0, 0xff),
        ("e8m0fnu", -1.0, 0xff),
        ("e8m0fnu", f64::INFINITY, 0xff),
    ] {
        assert_eq!(Format::parse(name).unwrap().encode(x), code, "{name} {x}");
    }
}

/// The hardware's own conversion is a second oracle for binary32.
#[test]
fn binary32_is_the_hardwares() {
    let mut random = Random(5);
    for bits in (0..100_000).map(|_| random.bits()) {
        let ordinary = f64::from(f32::from_bits(bits as u32)) * (1.0 + two_to(-30));
        for x in [f64::from_bits(bits), ordinary].into_iter().filter(|x| !x.is_nan()) {
            check(&F32, x, f64::from(x as f32));
        }
    }
}

#[test]
fn doubles_round_as_the_definition_says() {
    let mut random = Random(6);
    for format in [BF16, TF32, F32, GRID, F64, Format::ieee(6, 9)].into_iter().chain(narrow()) {
        let centre = format.smallest_normal_exponent().unwrap();
        for i in 0..50_000 {
            let bits = random.bits();
            let x = if i % 2 == 0 {
                f64::from_bits(bits)
            } else {
                // Around the smallest normal number, or within 64 binades of 1.
                let exponent = if i % 4 == 1 { centre - 30 } else { -32 } + (random.bits() % 64) as i32;
                let biased = (1023 + exponent).clamp(0, 2046) as u64;
                f64::from_bits(bits & !(0x7ff << 52) | biased << 52)
            };
            let definition = canonical(format.round(&Float::with_val(53, x)).to_f64());
            assert_eq!(format.round_f64(x).to_bits(), definition.to_bits(), "{format} at {x:e}");
        }
    }
}

#[test]
fn constants_agree_with_the_table_of_an_independent_program() {
    let text = include_str!("../fixtures/formats.json");
    let table: serde_json::Value = serde_json::from_str(text).unwrap();
    // "2^-24" or a decimal integer or a fraction.
    let number = |value: &serde_json::Value| -> f64 {
        match value.as_str() {
            Some(text) => match text.strip_prefix("2^") {
                Some(exponent) => two_to(exponent.parse().unwrap()),
                None => text.parse::<Rational>().unwrap().to_f64(),
            },
            None => value.as_f64().unwrap(),
        }
    };
    let ours = [
        ("f16", "f16"),
        ("bf16", "bf16"),
        ("tf32", "tf32"),
        ("f32", "f32"),
        ("f64", "f64"),
        ("e4m3fn", "e4m3fn"),
        ("e4m3_ieee", "e4m3ieee"),
        ("e5m2", "e5m2"),
        ("e3m4_ieee", "e3m4"),
        ("e4m3fnuz", "e4m3fnuz"),
        ("e5m2fnuz", "e5m2fnuz"),
        ("e3m2fn", "e3m2fn"),
        ("e2m3fn", "e2m3fn"),
        ("e2m1fn", "e2m1fn"),
        ("P3109 binary8p4se", "binary8p4se"),
        ("P3109 binary8p3se", "binary8p3se"),
    ];
    assert_eq!(table["formats"].as_object().unwrap().len(), ours.len());
    for (theirs, name) in ours {
        let (row, format) = (&table["formats"][theirs], Format::parse(name).unwrap());
        assert_eq!(number(&row["p"]), f64::from(format.precision), "{name} p");
        assert_eq!(number(&row["exp_bits"]), f64::from(format.exponent_bits()), "{name} exponent bits");
        assert_eq!(number(&row["emin"]), f64::from(format.smallest_normal_exponent().unwrap()), "{name} emin");
        assert_eq!(number(&row["emax_value"]), f64::from(format.max_exponent().unwrap()), "{name} emax");
        assert_eq!(number(&row["max_float"]), format.max().unwrap().to_f64(), "{name} max");
        assert_eq!(number(&row["unit_roundoff"]), format.unit_roundoff(), "{name} u");
        let subnormal = format.smallest_subnormal_exponent().unwrap();
        assert_eq!(row["min_subnormal"].as_str().unwrap(), format!("2^{subnormal}"), "{name} subnormal");
        if let Some(threshold) = row["rne_overflow_threshold"].as_f64() {
            assert!(!format.round(&Float::with_val(53, threshold.next_down())).is_infinite(), "{name}");
            let beyond = format.round(&Float::with_val(53, threshold.next_up()));
            assert!(same(&beyond.to_f64(), &overflow(&format)), "{name}: {threshold} does not overflow");
            let max = format.max().unwrap();
            assert_eq!(format.round(&Float::with_val(53, threshold.next_down())), max, "{name}");
        }
        let zero = row["rne_underflow_to_zero_at_or_below"].as_f64().unwrap();
        assert_eq!(format.round(&Float::with_val(53, zero)), 0, "{name}");
        let least = row["min_subnormal_float"].as_f64().unwrap();
        assert_eq!(format.round(&Float::with_val(53, zero.next_up())), least, "{name}");
        let lost = row["first_lost_integer"].as_u64().unwrap();
        assert!(format.round(&Float::with_val(64, lost)) != lost, "{name}: {lost} is a member");
        if format.max().unwrap() >= lost - 1 {
            assert_eq!(format.round(&Float::with_val(64, lost - 1)), lost - 1, "{name}");
        }
    }
    assert!(matches!(GRID.range, Range::Bounded { .. }) && GRID.max().unwrap() == 65280);
}

fn same(x: &f64, y: &f64) -> bool {
    canonical(*x).to_bits() == canonical(*y).to_bits()
}

/// Values of all codes and casts of ml_dtypes 0.6.0, values of gfloat 0.5.2 for P3109's; `codes/make.py` makes them.
#[test]
fn codes_and_casts_are_those_of_independent_programs() {
    let table: serde_json::Value = serde_json::from_str(include_str!("../fixtures/codes/codes.json")).unwrap();
    let double = |digits: &serde_json::Value| {
        f64::from_bits(u64::from_str_radix(digits.as_str().expect("digits"), 16).expect("hexadecimal"))
    };
    let mut casts = 0;
    for (name, of_name) in table.as_object().unwrap() {
        let format = Format::parse(name).unwrap();
        let values = of_name["values"].as_array().unwrap();
        assert_eq!(values.len(), 1 << format.code_bits(), "{name}");
        for (code, value) in values.iter().enumerate() {
            let (ours, theirs) = (format.decode(code as u64), double(value));
            assert!(same(&ours, &theirs), "{name} {code:#x}: {ours} is not {theirs}");
        }
        for cast in of_name["casts"].as_array().unwrap() {
            let (x, code) = (double(&cast[0]), cast[1].as_u64().unwrap());
            let rounded = format.round(&Float::with_val(53, x)).to_f64();
            casts += 1;
            if !format.special().unwrap().has_nan() && x.is_nan() {
                assert!(rounded.is_nan() && format.decode(code) == 0.0, "{name}: NaN has no code");
            } else {
                assert!(same(&rounded, &format.decode(code)), "{name} of {x:e}: {rounded} is not {code:#x}");
            }
        }
    }
    assert!(table.as_object().unwrap().len() == 15 && casts > 600, "{casts} casts");
}

/// fl(1 + d) = 1 iff d ≤ 2^-p; of a weight w just below a power of two an update is lost from w/d > 2^(p+1) on, and of
/// the power itself, where the update is positive, from 2^p on.
#[test]
fn updates_are_lost_where_the_table_says() {
    let table: serde_json::Value = serde_json::from_str(include_str!("../fixtures/formats.json")).unwrap();
    let power = |text: &serde_json::Value| -> f64 {
        let exponent = text.as_str().unwrap().split_once("2^").expect("a power of two").1;
        two_to(exponent.parse().unwrap())
    };
    for (name, row) in table["weight_update"].as_object().unwrap() {
        let format = Format::parse(name).unwrap();
        let p = i64::from(format.precision);
        let sum = |w: f64, d: f64| format.round(&Float::with_val(200, Float::with_val(200, w) + d)).to_f64();
        let (added, taken) = (power(&row["fl(1+d)==1 iff d<="]), power(&row["fl(1-d)==1 iff d<="]));
        assert_eq!((added, taken), (two_to(-p), two_to(-p - 1)), "{name}");
        assert!(sum(1.0, added) == 1.0 && sum(1.0, added.next_up()) > 1.0, "{name}");
        assert!(sum(1.0, -taken) == 1.0 && sum(1.0, -taken.next_up()) < 1.0, "{name}");
        let always = power(&row["w/update ratio at which an update is always lost (w just below 2^k)"]);
        let possible = power(&row["ratio at which it can be lost (w=2^k, positive update)"]);
        assert_eq!((always, possible), (two_to(p + 1), two_to(p)), "{name}");
        // Every significand, in a binade where nothing underflows: at that ratio or beyond it nothing moves.
        for units in 0..(1u64 << (p - 1)).min(1 << 12) {
            let w = 1.0 + units as f64 * two_to(1 - p);
            for d in [w / always.next_up(), -w / always.next_up()] {
                assert_eq!(sum(w, d * (1.0 - 1e-9)), w, "{name}: {w} {d}");
            }
        }
        // Just below 2 the smallest update that moves has a ratio of nearly 2^(p+1).
        let w = 2.0 - two_to(1 - p);
        assert!(sum(w, two_to(-p)) > w && w / two_to(-p) > always * (1.0 - two_to(1 - p)), "{name}");
    }
}

/// Powers of two without sign and zero: no number becomes another number by a scale's rounding.
#[test]
fn scales_are_powers_of_two_or_nan() {
    assert_eq!((E8M0FNU.code_bits(), E8M0FNU.bias(), E8M0FNU.sign_bits()), (8, 127, 0));
    assert!(E8M0FNU.is_scale() && !E8M0FNU.fits_f64_lanes());
    for code in 0..255 {
        let x = E8M0FNU.decode(code);
        assert_eq!((x, E8M0FNU.encode(x)), (two_to(code as i64 - 127), code));
        assert_eq!(E8M0FNU.round(&Float::with_val(53, x)), x);
    }
    for x in [0.0, -0.0, -1.0, f64::INFINITY, f64::NAN, two_to(-128), 1.5 * two_to(127)] {
        assert!(E8M0FNU.round(&Float::with_val(53, x)).is_nan(), "{x:e}");
    }
    for name in ["e8m0fnu", "float8_e8m0fnu"] {
        assert!(Format::parse_of_numbers(name).unwrap_err().contains("only holds scales"));
    }
}

#[test]
fn names_round_trip_and_ambiguous_ones_are_refused() {
    for (name, aliases, format) in NAMED {
        assert_eq!(Format::parse(name).as_ref(), Ok(format));
        assert_eq!(format.name(), *name);
        for alias in *aliases {
            assert_eq!(Format::parse(&alias.to_uppercase()).as_ref(), Ok(format), "{alias}");
        }
    }
    for name in ["e3m3", "e6m9", "e8m3", "e4m3ieee", "e3m2ieee", "e2m3ieee", "e2m1ieee", "mpfr:2", "mpfr:100"] {
        let format = Format::parse(name).unwrap();
        assert_eq!(format.name(), name);
        assert_eq!(Format::parse(&format.name()), Ok(format));
    }
    for (ours, theirs) in [("e4m3ieee", "float8_e4m3"), ("e3m4", "float8_e3m4"), ("e4m3fnuz", "binary8p4sf")] {
        assert_eq!(Format::parse(ours), Format::parse(theirs));
    }
    // The IEEE-like spelling of a named format is that format.
    assert_eq!(Format::parse("e5m10"), Ok(F16));
    assert_eq!(Format::parse("e8m7"), Ok(BF16));
    for (name, ieee) in [("e4m3", "e4m3ieee"), ("E3M2", "e3m2ieee"), ("e2m3", "e2m3ieee"), ("e2m1", "e2m1ieee")] {
        let message = Format::parse(name).unwrap_err();
        assert!(message.contains("ambiguous") && message.contains(ieee), "{message}");
        let ocp = format!("{}fn", name.to_lowercase());
        let max = Format::parse(&ocp).unwrap().max().unwrap().to_f64();
        assert!(message.contains(&format!("`{ocp}` for the OCP format (maximum {max}, ")), "{message}");
    }
    assert_eq!(
        Format::parse("bfloat61").unwrap_err(),
        "unknown format `bfloat61`; did you mean `bfloat16`? (any `eXmY` and `mpfr:N` work too)"
    );
    for refused in ["mpfr:1", "mpfr:", "mpfr:16385", "e1m3", "e25m3", "e5m0", "e5m", "", "f-16"] {
        assert!(Format::parse(refused).is_err(), "{refused}");
    }
}
