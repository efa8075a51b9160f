//! Formats against enumeration: every code, every midpoint and its neighbours, the thresholds, the
//! constants of an independent program, names.

use precision_probe::format::{BF16, E4M3FN, E5M2, F16, F32, F64, Format, GRID, NAMED, Range, TF32, canonical, two_to};
use rug::{Float, Rational};
use std::cmp::Ordering;

/// The non-negative finite numbers of a narrow format in increasing order: index = code.
fn finite_numbers(format: &Format) -> Vec<f64> {
    let numbers: Vec<f64> =
        (0..1u64 << (format.code_bits() - 1)).map(|code| format.decode(code)).take_while(|x| x.is_finite()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{format}: codes are not in order");
    numbers
}

/// The rounding of x by its definition on the list of all numbers: the nearest in exact arithmetic, of
/// two equally near the one of even code. Past the last number stands the one that the next code
/// would be; what rounds to it overflows.
fn nearest(numbers: &[f64], overflow: f64, x: &Rational) -> f64 {
    let magnitude = x.clone().abs();
    let exact = |v: f64| Rational::from_f64(v).expect("finite");
    let last = numbers.len() - 1;
    let beyond: Rational = exact(numbers[last]) * 2 - exact(numbers[last - 1]);
    let number = |code: usize| if code <= last { exact(numbers[code]) } else { beyond.clone() };
    let above = numbers.partition_point(|v| exact(*v) <= magnitude);
    let code = if above == 0 { 0 } else { above - 1 };
    let code = if code == last && magnitude >= beyond {
        last + 1
    } else {
        let (down, up) = (&magnitude - number(code), number(code + 1) - &magnitude);
        match down.cmp(&up) {
            Ordering::Less => code,
            Ordering::Greater => code + 1,
            Ordering::Equal => code + code % 2,
        }
    };
    let rounded = if code <= last { numbers[code] } else { overflow };
    if rounded.is_nan() || *x >= 0 { rounded } else { -rounded }
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
fn every_code_and_every_midpoint_rounds_as_enumeration_says() {
    for format in [E5M2, E4M3FN, F16, Format::ieee(3, 3), Format::ieee(4, 3)] {
        let numbers = finite_numbers(&format);
        let overflow = if format == E4M3FN { f64::NAN } else { f64::INFINITY };
        let (last, before) = (numbers[numbers.len() - 1], numbers[numbers.len() - 2]);
        let beyond = 2.0 * last - before;
        let ends = numbers.iter().copied().chain([beyond]);
        let mut arguments = vec![beyond, 2.0 * beyond, f64::MAX, f64::MIN_POSITIVE, 5e-324];
        for (low, high) in ends.clone().zip(ends.skip(1)) {
            let middle = 0.5 * (low + high);
            arguments.extend([low, middle, middle.next_down(), middle.next_up(), high.next_down(), high.next_up()]);
        }
        for x in arguments {
            for x in [x, -x] {
                let mut expected = nearest(&numbers, overflow, &Rational::from_f64(x).expect("finite"));
                if expected == 0.0 {
                    expected = expected.copysign(x);
                }
                check(&format, x, expected);
            }
        }
        check(&format, f64::INFINITY, overflow);
        check(&format, f64::NEG_INFINITY, -overflow);
        for nan in [f64::NAN, -f64::NAN, f64::from_bits(u64::MAX), f64::from_bits(0x7ff0_0000_0000_0001)] {
            check(&format, nan, f64::NAN);
        }
        check(&format, -0.0, -0.0);
    }
}

#[test]
fn longer_numbers_than_doubles_round_by_their_last_bit() {
    for format in [E5M2, E4M3FN, F16] {
        let numbers = finite_numbers(&format);
        for pair in numbers.windows(2) {
            let middle = 0.5 * (pair[0] + pair[1]);
            for (side, expected) in [(-1, pair[0]), (1, pair[1])] {
                // The midpoint moved by a part in 2^200.
                let whisker: Float = Float::with_val(300, middle * f64::from(side)) >> 200;
                let x = Float::with_val(300, &whisker + middle);
                assert_eq!(format.round(&x), expected, "{format} beside {middle:e}");
                assert_eq!(format.round(&-x), -expected, "{format} beside -{middle:e}");
            }
        }
    }
    // Rounding twice (through f32, as half::f16::from_f64 does) would give 1: the 2^-40 breaks the tie.
    let x = 1.0 + two_to(-11) + two_to(-40);
    check(&F16, x, 1.0 + two_to(-10));
    check(&F16, 1.0 + two_to(-11), 1.0);
}

#[test]
fn overflow_and_underflow_begin_where_the_tables_say() {
    let next = |x: f64| x.next_up();
    check(&F16, 65520f64.next_down(), 65504.0);
    check(&F16, 65520.0, f64::INFINITY);
    check(&F16, -65520.0, f64::NEG_INFINITY);
    check(&E5M2, 61440f64.next_down(), 57344.0);
    check(&E5M2, 61440.0, f64::INFINITY);
    check(&E4M3FN, 464.0, 448.0);
    check(&E4M3FN, next(464.0), f64::NAN);
    check(&E4M3FN, -next(464.0), f64::NAN);
    for format in [F16, BF16, TF32, F32, E5M2, E4M3FN, GRID] {
        let smallest = two_to(i64::from(format.smallest_subnormal_exponent().unwrap()));
        check(&format, 0.5 * smallest, 0.0);
        check(&format, -0.5 * smallest, -0.0);
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

#[test]
fn members_survive_encoding_and_decoding() {
    for format in [E5M2, E4M3FN, F16, BF16, Format::ieee(3, 3)] {
        for code in 0..1u64 << format.code_bits() {
            let x = format.decode(code);
            if x.is_nan() {
                assert_eq!(format.encode(x), format.encode(f64::NAN), "{format} {code:#x}");
                assert!(format.decode(format.encode(x)).is_nan());
            } else {
                assert_eq!(format.encode(x), code, "{format} {code:#x} = {x:e}");
                check(&format, x, if format == E4M3FN && x.is_infinite() { f64::NAN } else { x });
            }
        }
    }
    for (format, nan) in [(F16, 0x7e00), (BF16, 0x7fc0), (E4M3FN, 0x7f), (E5M2, 0x7e)] {
        assert_eq!(format.encode(f64::NAN), nan, "{format}");
    }
    let mut random = Random(5);
    for _ in 0..100_000 {
        let bits = random.bits();
        let (single, double) = (f32::from_bits(bits as u32), f64::from_bits(bits));
        if !single.is_nan() {
            assert_eq!(F32.encode(f64::from(single)), u64::from(single.to_bits()));
            assert_eq!(F32.decode(u64::from(single.to_bits())).to_bits(), f64::from(single).to_bits());
        }
        if !double.is_nan() {
            assert_eq!(F64.encode(double), bits);
            assert_eq!(F64.decode(bits).to_bits(), bits);
        }
        // The hardware's own conversion is a second oracle for binary32.
        if !double.is_nan() {
            check(&F32, double, f64::from(double as f32));
            let ordinary = f64::from(single) * (1.0 + two_to(-30));
            check(&F32, ordinary, f64::from(ordinary as f32));
        }
    }
}

/// A small deterministic generator (splitmix64) for test arguments.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[test]
fn doubles_round_as_the_definition_says() {
    let mut random = Random(6);
    for format in [F16, BF16, TF32, F32, E5M2, E4M3FN, GRID, F64, Format::ieee(3, 3), Format::ieee(6, 9)] {
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
    let text = include_str!("fixtures/formats.json");
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
    ];
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
            assert!(!beyond.is_finite(), "{name}: {threshold} does not overflow");
        }
        let lost = row["first_lost_integer"].as_u64().unwrap();
        assert!(format.round(&Float::with_val(64, lost)) != lost, "{name}: {lost} is a member");
        if format.max().unwrap() >= lost - 1 {
            assert_eq!(format.round(&Float::with_val(64, lost - 1)), lost - 1, "{name}");
        }
    }
    assert!(matches!(GRID.range, Range::Bounded { .. }) && GRID.max().unwrap() == 65280);
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
    // The IEEE-like spelling of a named format is that format.
    assert_eq!(Format::parse("e5m10"), Ok(F16));
    assert_eq!(Format::parse("e8m7"), Ok(BF16));
    for (name, ieee) in [("e4m3", "e4m3ieee"), ("E3M2", "e3m2ieee"), ("e2m3", "e2m3ieee"), ("e2m1", "e2m1ieee")] {
        let message = Format::parse(name).unwrap_err();
        assert!(message.contains("ambiguous") && message.contains(ieee) && message.contains("fn`"), "{message}");
    }
    assert_eq!(
        Format::parse("bfloat61").unwrap_err(),
        "unknown format `bfloat61`; did you mean `bfloat16`? (any `eXmY` and `mpfr:N` work too)"
    );
    for refused in ["mpfr:1", "mpfr:", "mpfr:16385", "e1m3", "e25m3", "e5m0", "e5m", "", "f-16"] {
        assert!(Format::parse(refused).is_err(), "{refused}");
    }
}
