//! Quantised factors of products against a definition in exact rational numbers that is written out here: elements by
//! search among all numbers of a format, scales by search among powers of two, binary32 by its own rounding.

use crate::common::Random;
use ndarray::{Array2, ArrayView2, array, s};
use precision_probe::arithmetic::Side;
use precision_probe::arithmetic::scaling::{Content, MOST_BITS, Quantised, Quantiser, SCALED};
use precision_probe::format::{Format, NAMED, two_to};
use rug::{Integer, Rational};

fn quantiser(name: &str) -> Quantiser {
    Quantiser::parse(name).unwrap()
}

fn exact(x: f64) -> Rational {
    Rational::from_f64(x).expect("finite")
}

/// 2^e.
fn two(e: i32) -> Rational {
    Rational::from(1) << e
}

/// Precision, exponent of the smallest normal number and largest number of an element, from the specifications.
fn element(name: &str) -> (u32, i32, Rational) {
    let (p, emin, largest) = match name {
        "e4m3fn" => (4, -6, (448, 1)),
        "e5m2" => (3, -14, (57344, 1)),
        "e3m2fn" => (3, -2, (28, 1)),
        "e2m3fn" => (4, 0, (15, 2)),
        "e2m1fn" => (2, 0, (6, 1)),
        "f32" => (24, -126, (0, 1)),
        _ => panic!("{name}"),
    };
    let largest = if name == "f32" { two(128) - two(104) } else { Rational::from(largest) };
    (p, emin, largest)
}

/// ⌊log₂ x⌋ of a positive number.
fn floor_log2(x: &Rational) -> i32 {
    let mut e = x.numer().significant_bits() as i32 - x.denom().significant_bits() as i32;
    if *x < two(e) {
        e -= 1;
    }
    assert!(two(e) <= *x && *x < two(e + 1));
    e
}

/// To nearest, ties to even, saturating.
fn rounded(x: &Rational, name: &str) -> Rational {
    let (p, emin, largest) = element(name);
    if *x == 0 {
        return Rational::new();
    }
    let magnitude = x.clone().abs();
    let quantum = two(floor_log2(&magnitude).max(emin) - (p as i32 - 1));
    let units = Rational::from(&magnitude / &quantum);
    let floor: Integer = units.clone().floor().into_numer_denom().0;
    let rest: Rational = units - &floor;
    let half = Rational::from((1, 2));
    let up = rest > half || rest == half && floor.is_odd();
    let result: Rational = (Rational::from(floor + u32::from(up)) * quantum).min(largest);
    if *x < 0 { -result } else { result }
}

/// Elements and scale of a block of finite numbers by the MX rules.
fn block(x: &[f64], name: &str, rule: &str) -> (Vec<Rational>, Rational) {
    let amax = x.iter().map(|x| exact(x.abs())).max().unwrap_or_default();
    let (.., largest) = element(name);
    let exponent = match rule {
        _ if amax == 0 => 0,
        "floor" => floor_log2(&amax) - floor_log2(&largest),
        _ => {
            let near = floor_log2(&amax) - floor_log2(&largest);
            (near - 2..near + 3).find(|e| &amax / two(*e) <= largest).expect("one that is large enough")
        }
    };
    let scale = two(exponent.clamp(-127, 127));
    (x.iter().map(|x| rounded(&(exact(*x) / &scale), name)).collect(), scale)
}

/// Blocks of a matrix by rows and columns: the numbers and where they lie.
fn places((rows, columns): (usize, usize), (height, width): (usize, usize)) -> Vec<Vec<(usize, usize)>> {
    let mut blocks = Vec::new();
    for row in (0..rows).step_by(height) {
        for column in (0..columns).step_by(width) {
            let inside = (row..rows.min(row + height))
                .flat_map(|row| (column..columns.min(column + width)).map(move |column| (row, column)));
            blocks.push(inside.collect());
        }
    }
    blocks
}

/// What is known of every result: few bits, element times scale, members.
fn check_shape(quantised: &Quantised, matrix: &Array2<f64>, what: &str) {
    assert_eq!(quantised.values.dim(), matrix.dim(), "{what}");
    for (place, value) in quantised.values.indexed_iter().filter(|(_, value)| value.is_finite()) {
        let element = quantised.element_at(place);
        let scale = quantised.scale_at(place);
        assert_eq!(exact(element) * exact(scale), exact(*value), "{what}");
        assert!(
            scale == 0.0
                || quantised.element.round(&rug::Float::with_val(53, element)).to_f64().to_bits() == element.to_bits(),
            "{what}: {element}"
        );
        let bits = exact(*value).numer().clone();
        let bits = bits.significant_bits() - bits.find_one(0).unwrap_or(0);
        assert!(bits <= MOST_BITS, "{what}: {value:e} has {bits} bits");
    }
}

/// A matrix of all sizes: moderate, tiny, huge, zeros, and every so often the number at a boundary.
fn draw(random: &mut Random, shape: (usize, usize), spread: u64) -> Array2<f64> {
    let binade = random.below(2 * spread) as i64 - spread as i64;
    Array2::from_shape_simple_fn(shape, || {
        let significand = 1.0 + (random.bits() >> 12) as f64 * two_to(-52);
        let sign = if random.below(2) == 0 { 1.0 } else { -1.0 };
        match random.below(20) {
            0 => sign * 0.0,
            1 => sign * two_to(binade),
            2 => sign * 1.75 * two_to(binade),
            3 => sign * (1.75f64).next_up() * two_to(binade),
            _ => sign * significand * two_to(binade - random.below(12) as i64),
        }
    })
}

const MX: [(&str, &str, &str); 10] = [
    ("mxfp8", "e4m3fn", "floor"),
    ("mxfp8-e5m2", "e5m2", "floor"),
    ("mxfp6", "e2m3fn", "floor"),
    ("mxfp6-e3m2", "e3m2fn", "floor"),
    ("mxfp4", "e2m1fn", "floor"),
    ("mxfp8-rceil", "e4m3fn", "rceil"),
    ("mxfp8-e5m2-rceil", "e5m2", "rceil"),
    ("mxfp6-rceil", "e2m3fn", "rceil"),
    ("mxfp6-e3m2-rceil", "e3m2fn", "rceil"),
    ("mxfp4-rceil", "e2m1fn", "rceil"),
];

#[test]
fn blocks_of_powers_of_two_are_those_of_rational_numbers() {
    let mut random = Random(21);
    let (mut saturated, mut checked) = (0, 0);
    let tile = [("tile-e4m3fn", "e4m3fn", "rceil")];
    for (name, of, rule) in MX.into_iter().chain(tile) {
        let quantiser = quantiser(name);
        assert_eq!(quantiser.element().name(), of);
        for trial in 0..24 {
            let spread = [4, 40, 140, 400][trial % 4];
            let shape = (1 + random.below(40) as usize, 1 + random.below(300) as usize);
            for (side, content) in [
                (Side::Left, Content::Activation),
                (Side::Right, Content::Gradient),
                (Side::Left, Content::Parameter),
                (Side::Right, Content::Parameter),
            ] {
                let shape = if side == Side::Left { shape } else { (shape.1, shape.0) };
                let matrix = draw(&mut random, shape, spread);
                let length = if quantiser == Quantiser::Tile { 128 } else { 32 };
                let block_shape = match side {
                    _ if quantiser == Quantiser::Tile && content == Content::Parameter => (128, 128),
                    Side::Left => (1, length),
                    Side::Right => (length, 1),
                };
                let quantised = quantiser.quantise(matrix.view(), side, content);
                assert_eq!((quantised.block, quantised.factor), (block_shape, 1.0), "{name}");
                check_shape(&quantised, &matrix, name);
                for places in places(matrix.dim(), block_shape) {
                    let numbers: Vec<f64> = places.iter().map(|place| matrix[*place]).collect();
                    let (elements, scale) = block(&numbers, of, rule);
                    for (place, element) in places.into_iter().zip(elements) {
                        assert_eq!(exact(quantised.scale_at(place)), scale, "{name} at {place:?}");
                        assert_eq!(exact(quantised.element_at(place)), element, "{name} at {place:?}");
                        let (sign, of_value) = (matrix[place].is_sign_negative(), quantised.values[place]);
                        assert_eq!(of_value.is_sign_negative(), sign, "{name}: signs stay");
                        let beyond = exact(matrix[place].abs()) / &scale > quantised_largest(of);
                        saturated += usize::from(beyond);
                        let is_clamped = scale == two(127);
                        assert!(!beyond || rule == "floor" || is_clamped, "{name}: rceil saturates nothing");
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 1_000_000 && saturated > 1000, "{checked} entries, {saturated} saturated");
}

fn quantised_largest(of: &str) -> Rational {
    element(of).2
}

/// The largest magnitude a power of two, just below, and beyond the largest element's significand; the ends of E8M0.
#[test]
fn scales_change_where_the_rules_say() {
    let scale = |name: &str, amax: f64| {
        let quantised = quantiser(name).quantise(array![[amax, -0.25 * amax]].view(), Side::Left, Content::Gradient);
        (quantised.scales[(0, 0)], quantised.values[(0, 0)])
    };
    for (name, amax, expected) in [
        ("mxfp8", 1.0, (two_to(-8), 1.0)),
        ("mxfp8", 1f64.next_down(), (two_to(-9), 0.875)),
        // 1.75 is the largest significand: 1.8 saturates, and 1.8125 is far from 1.75 there.
        ("mxfp8", 1.75, (two_to(-8), 1.75)),
        ("mxfp8", 1.9375, (two_to(-8), 1.75)),
        ("mxfp8-rceil", 1.75, (two_to(-8), 1.75)),
        ("mxfp8-rceil", 1.75f64.next_up(), (two_to(-7), 1.75)),
        ("mxfp8-rceil", 1.9375, (two_to(-7), 2.0)),
        ("mxfp8-rceil", 1.0, (two_to(-8), 1.0)),
        ("mxfp4", 6.0, (1.0, 6.0)),
        ("mxfp4", 7.9, (1.0, 6.0)),
        ("mxfp4", 8.0, (2.0, 8.0)),
        ("mxfp4-rceil", 6.0, (1.0, 6.0)),
        ("mxfp4-rceil", 6f64.next_up(), (2.0, 6.0)),
        ("mxfp6", 7.5, (1.0, 7.5)),
        ("mxfp6-e3m2", 28.0, (1.0, 28.0)),
        ("mxfp8-e5m2", 57344.0, (1.0, 57344.0)),
        // E8M0's ends: what is smaller is subnormal or lost, what is larger saturates.
        ("mxfp8", two_to(-119), (two_to(-127), two_to(-119))),
        ("mxfp8", two_to(-136), (two_to(-127), two_to(-136))),
        ("mxfp8", two_to(-137), (two_to(-127), 0.0)),
        ("mxfp8", two_to(-300), (two_to(-127), 0.0)),
        ("mxfp8", 5e-324, (two_to(-127), 0.0)),
        ("mxfp8", two_to(135), (two_to(127), two_to(135))),
        ("mxfp8", f64::MAX, (two_to(127), 448.0 * two_to(127))),
        ("mxfp4", two_to(-149), (two_to(-127), 0.0)),
        ("mxfp4", two_to(-126), (two_to(-127), two_to(-126))),
        ("tile-e4m3fn", 448.0, (1.0, 448.0)),
        ("tile-e4m3fn", 448f64.next_up(), (2.0, 448.0)),
    ] {
        assert_eq!(scale(name, amax), expected, "{name} of {amax:e}");
    }
}

#[test]
fn zeros_and_what_is_not_finite() {
    for (name, ..) in SCALED {
        let quantiser = quantiser(name);
        for side in [Side::Left, Side::Right] {
            let zeros = Array2::from_elem((40, 40), -0.0);
            let quantised = quantiser.quantise(zeros.view(), side, Content::Gradient);
            assert!(quantised.values.iter().all(|x| x.to_bits() == (-0.0f64).to_bits()), "{name}");
            assert_eq!(quantised.factor, 1.0, "{name}");
            let expected = if name == "nvfp4" { 0.0 } else { 1.0 };
            assert!(quantised.scales.iter().all(|scale| *scale == expected), "{name}");
            for shape in [(0, 0), (0, 5), (5, 0)] {
                let empty = quantiser.quantise(Array2::zeros(shape).view(), side, Content::Activation);
                assert_eq!((empty.values.dim(), empty.factor), (shape, 1.0), "{name}");
            }
            for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut matrix = Array2::from_shape_fn((300, 300), |(i, j)| 1.0 + (i * 7 + j) as f64);
                let sound = quantiser.quantise(matrix.view(), side, Content::Gradient);
                matrix[(0, 0)] = odd;
                let quantised = quantiser.quantise(matrix.view(), side, Content::Gradient);
                assert!(!quantised.values[(0, 0)].is_finite(), "{name}: {odd} is hidden");
                if quantised.scales.len() > 1 {
                    let is_hurt =
                        |place: (usize, usize)| (place.0 / quantised.block.0, place.1 / quantised.block.1) == (0, 0);
                    for (place, value) in quantised.values.indexed_iter() {
                        let same = *value == sound.values[place];
                        assert!(if is_hurt(place) { value.is_nan() } else { same }, "{name} at {place:?}");
                    }
                    assert_eq!(quantised.factor, sound.factor);
                } else {
                    // e5m2 has infinities.
                    let expected = if name == "amax-e5m2" { odd } else { f64::NAN };
                    assert_eq!(quantised.values[(0, 0)].to_string(), expected.to_string(), "{name}");
                    assert_eq!(quantised.values.slice(s![1.., ..]), sound.values.slice(s![1.., ..]));
                }
            }
        }
    }
}

/// A binary32 number or beyond it its largest, of a positive number.
fn single(x: Rational) -> Rational {
    rounded(&x, "f32")
}

fn entered(x: f64) -> Rational {
    single(exact(x))
}

#[test]
fn nvfp4_is_the_sequence_of_its_paper() {
    let mut random = Random(22);
    let mut zero_scales = 0;
    for trial in 0..120 {
        let spread = [4, 30, 100][trial % 3];
        let shape = (1 + random.below(20) as usize, 1 + random.below(70) as usize);
        let mut matrix = draw(&mut random, shape, spread);
        if trial % 4 == 0 {
            // One large number takes the scale of the tensor, and other blocks have hardly any.
            matrix[(0, 0)] = 1e6 * two_to(spread as i64);
        }
        for side in [Side::Left, Side::Right] {
            let quantised = quantiser("nvfp4").quantise(matrix.view(), side, Content::Parameter);
            let block = if side == Side::Left { (1, 16) } else { (16, 1) };
            assert_eq!(quantised.block, block);
            check_shape(&quantised, &matrix, "nvfp4");
            let amax = matrix.iter().map(|x| entered(x.abs())).max().unwrap();
            if amax == 0 {
                continue;
            }
            let encode = single(Rational::from(2688) / &amax);
            let decode = single(encode.clone().recip());
            assert_eq!(exact(quantised.factor), decode);
            for places in places(matrix.dim(), block) {
                let of_block = places.iter().map(|place| entered(matrix[*place].abs())).max().unwrap();
                let share = single(single(of_block / 6) * &encode);
                let scale = rounded(&share, "e4m3fn");
                let product = single(Rational::from(&scale * &decode));
                let largest = quantised_largest("f32");
                let reciprocal = if product == 0 { largest } else { single(product.recip()) };
                zero_scales += usize::from(scale == 0);
                for place in places {
                    let x = matrix[place];
                    assert_eq!(exact(quantised.scale_at(place)), scale);
                    let element = rounded(&single(entered(x.abs()) * &reciprocal), "e2m1fn");
                    let value = exact(quantised.values[place].abs());
                    assert_eq!(value, element * &scale, "{x:e} of {amax}");
                    assert_eq!(quantised.values[place].is_sign_negative(), x.is_sign_negative());
                }
            }
        }
    }
    assert!(zero_scales > 100, "{zero_scales} blocks whose scale is 0");
}

#[test]
fn amax_is_one_scale_of_the_tensor() {
    let mut random = Random(23);
    for (name, of) in [("amax-e4m3fn", "e4m3fn"), ("amax-e5m2", "e5m2")] {
        for trial in 0..80 {
            let matrix = draw(&mut random, (7, 9), [4, 60, 140, 400][trial % 4]);
            let quantised = quantiser(name).quantise(matrix.view(), Side::Left, Content::Activation);
            check_shape(&quantised, &matrix, name);
            let amax = matrix.iter().map(|x| x.abs() as f32).filter(|x| x.is_finite()).map(|x| exact(x.into())).max();
            let amax = amax.unwrap();
            let scale = if amax == 0 { Rational::from(1) } else { single(quantised_largest(of) / &amax) };
            assert_eq!(exact(quantised.factor), single(scale.clone().recip()), "{name}");
            for (place, x) in matrix.indexed_iter().filter(|(_, x)| (**x as f32).is_finite()) {
                let scaled = single(entered(x.abs()) * &scale);
                assert_eq!(exact(quantised.values[place].abs()), rounded(&scaled, of), "{name} of {x:e}");
            }
        }
    }
}

#[test]
fn plain_formats_round_and_nothing_else() {
    let mut random = Random(24);
    let named = NAMED.iter().map(|(name, ..)| *name).filter(|name| !["f64", "e8m0fnu"].contains(name));
    for name in named.chain(["e3m3", "mpfr:2", "mpfr:11", "mpfr:24", "mpfr:25", "mpfr:26"]) {
        let format = Format::parse(name).unwrap();
        for spread in [4, 60, 700] {
            let mut matrix = draw(&mut random, (9, 30), spread);
            (matrix[(0, 0)], matrix[(1, 0)], matrix[(2, 0)]) = (f64::NAN, f64::INFINITY, -f64::MIN_POSITIVE);
            let quantised = quantiser(name).quantise(matrix.view(), Side::Right, Content::Gradient);
            let expected = matrix.map(|x| format.round(&rug::Float::with_val(53, *x)).to_f64());
            let same = |x: &f64, y: &f64| x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan();
            assert!(quantised.values.iter().zip(&expected).all(|(x, y)| same(x, y)), "{name}");
            assert_eq!((quantised.factor, quantised.scales.len()), (1.0, 1));
            check_shape(&quantised, &matrix, name);
        }
    }
}

/// Products of two values are exact in doubles, whatever quantised them.
#[test]
fn products_of_values_are_exact() {
    let mut random = Random(25);
    let names: Vec<&str> = SCALED.iter().map(|(name, ..)| *name).chain(["f32", "mpfr:26", "tf32", "e2m1fn"]).collect();
    let values: Vec<Vec<f64>> = names
        .iter()
        .map(|name| {
            let matrix = draw(&mut random, (4, 64), 60);
            quantiser(name).quantise(matrix.view(), Side::Left, Content::Activation).values.into_iter().collect()
        })
        .collect();
    for (left, right) in values.iter().flat_map(|left| values.iter().map(move |right| (left, right))) {
        for (x, y) in left.iter().zip(right) {
            assert_eq!(exact(*x) * exact(*y), exact(x * y));
        }
    }
}

#[test]
fn names_round_trip_and_errors_are_sentences() {
    for (name, others, of_name, about) in SCALED {
        assert_eq!(Quantiser::parse(name), Ok(of_name));
        assert_eq!((of_name.name().as_str(), of_name.to_string().as_str(), of_name.about()), (name, name, about));
        for other in others {
            assert_eq!(Quantiser::parse(&other.to_uppercase()), Ok(of_name), "{other}");
        }
        let twin = of_name.unbounded();
        assert_eq!(twin.name(), format!("mpfr:{}", of_name.element().precision));
        assert_eq!(Quantiser::parse(&twin.name()), Ok(twin));
    }
    for (text, canonical) in [("float8_e4m3fn", "e4m3fn"), ("bfloat16", "bf16"), ("mpfr:3", "mpfr:3"), ("e3m4", "e3m4")]
    {
        let quantiser = Quantiser::parse(text).unwrap();
        assert_eq!(quantiser.name(), canonical);
        assert_eq!(quantiser.about(), "rounding to nearest, without scales");
    }
    for (text, words) in [
        ("mxpf8", "unknown operands `mxpf8`; did you mean `mxfp8`?"),
        ("mxfp8-e4m3fn", "did you mean `mxfp8"),
        ("nvfp8", "did you mean `nvfp4`?"),
        ("amax-e4m3", "did you mean `amax-e4m3fn`?"),
        ("e4m3", "`e4m3` is ambiguous"),
        ("fp8", "`fp8` names several formats"),
        ("e8m0fnu", "only holds scales"),
        ("f64", "`f64` is too wide"),
        ("mpfr:27", "`mpfr:27` is too wide"),
        ("e9m30", "`e9m30` is too wide"),
        ("mpfr:1", "needs a precision"),
        ("", "unknown operands ``"),
    ] {
        let error = Quantiser::parse(text).unwrap_err();
        assert!(error.contains(words) && error.lines().count() == 1, "{text}: {error}");
    }
}

/// A view that does not lie in rows is quantised as one that does.
#[test]
fn views_of_any_layout_are_taken() {
    let mut random = Random(26);
    let matrix = draw(&mut random, (50, 70), 9);
    let turned = matrix.t().as_standard_layout().into_owned();
    let check = |quantiser: Quantiser, left: ArrayView2<f64>, right: ArrayView2<f64>| {
        for content in [Content::Activation, Content::Parameter] {
            let by_rows = quantiser.quantise(left, Side::Left, content);
            let by_columns = quantiser.quantise(right, Side::Right, content);
            assert_eq!(by_rows.values, by_columns.values.t(), "{quantiser}");
            assert_eq!(by_rows.scales, by_columns.scales.t(), "{quantiser}");
            assert_eq!(by_rows.factor, by_columns.factor);
        }
    };
    for (.., quantiser, _) in SCALED {
        check(quantiser, matrix.view(), turned.view());
        check(quantiser, turned.t(), matrix.t());
    }
}
