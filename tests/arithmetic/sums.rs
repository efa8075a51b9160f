//! Sums against answers computed in exact rational arithmetic by programs that share no code with this project, and
//! the published numbers of stagnating sums.
//!
//! `tests/fixtures/sums/sums.json.gz`: 35 deterministic cases in five formats by every order. `formats_stagnation.json.gz`:
//! harmonic sums (Higham's demonstration, as quoted by Klöwer: 7.0859 in binary16, 5.0625 in bfloat16), sums of equal
//! terms, lost updates, and the round-to-nearest column of Croci et al. 2022, test_sum.m.

use crate::common::erased::{dispatched, named};
use crate::common::tolerances;
use crate::common::{Random, fixture};
use precision_probe::arithmetic::dispatch::{Carriers, Visitor, dispatch_with};
use precision_probe::arithmetic::{ArithmeticName, Binary, Content, Exact, Numbers, Side, Step};
use precision_probe::format::{Format, two_to};
use serde_json::Value;
use std::f64::consts::SQRT_2;
use std::path::Path;
use std::sync::Arc;

fn json(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/sums/{name}.json.gz"));
    serde_json::from_slice(&fixture(&path)).unwrap()
}

/// The names of the sources for formats that have another name here.
fn format_of(name: &str) -> &str {
    match name {
        "fp16" => "f16",
        "e4m3_ieee" => "e4m3ieee",
        "fp16(1,6,9) Wang2018" => "e6m9",
        "Moler fp8 (5,3)" => "e3m4",
        other => other,
    }
}

/// The fraction of i·factor.
fn weyl(i: usize, factor: f64) -> f64 {
    (i as f64 * factor).fract()
}

const GOLDEN: f64 = 0.618_033_988_749_894_9;

fn exact(x: &[f64]) -> Vec<Exact> {
    x.iter().map(|x| Exact::Double(*x)).collect()
}

/// Σ of numbers in an arithmetic, as a dot product with ones: products with 1 are exact.
fn sum(arithmetic: &str, x: &[f64]) -> f64 {
    dispatched(named(arithmetic)).dot(&exact(x), &exact(&vec![1.0; x.len()]), None).to_f64()
}

/// The inputs of a case: fl(frac(i·φ)), less a half where they are centred.
fn inputs(case: &Value, format: &Format) -> Vec<f64> {
    let centre = if case["kind"] == "ctr" { 0.5 } else { 0.0 };
    let n = case["n"].as_u64().unwrap() as usize;
    (1..=n).map(|i| format.round_f64(weyl(i, GOLDEN) - centre)).collect()
}

/// Every order of every case, bit for bit.
#[test]
fn sums_and_dot_products_are_those_of_rationals() {
    let (mut compared, mut stagnant) = (0, 0);
    for case in json("sums")["cases"].as_array().unwrap() {
        let name = case["format"].as_str().unwrap();
        let format = Format::parse(name).unwrap();
        let x = inputs(case, &format);
        let what = format!("{name} {} n = {}", case["kind"], x.len());
        let code = |bits: &Value| u64::from_str_radix(bits.as_str().unwrap(), 16).unwrap();
        for (order, expected) in case["results"].as_object().unwrap() {
            let arithmetic = match order.as_str() {
                "recursive" => name.to_string(),
                "blocked256" => format!("{name}:sum=block=256"),
                "pairwise" => format!("{name}:sum=pairwise"),
                "kahan" => format!("{name}:sum=kahan"),
                "rz" => format!("{name}:round=zero"),
                "acc32" => format!("{name}:acc=f32"),
                other => panic!("{other}"),
            };
            let found = sum(&arithmetic, &x);
            assert_eq!(format.encode(found), code(&expected["bits"]), "{what} {order}: {found}");
            compared += 1;
            // |error| ≤ (n−1)u·Σ|x|, twice that for truncation.
            let error = expected["err_over_sumabs"].as_f64().unwrap().abs();
            let bound = case["nu"].as_f64().unwrap() * if order == "rz" { 2.0 } else { 1.0 };
            assert!(error <= bound || order == "acc32" || bound > 1.0, "{what} {order}: {error} > {bound}");
            stagnant += usize::from(order == "recursive" && error > case["sqrtn_u"].as_f64().unwrap());
        }
        if case["dot"]["bits"].is_string() {
            let y: Vec<f64> = (1..=x.len()).map(|i| format.round_f64(weyl(i, SQRT_2))).collect();
            let found = dispatched(named(name)).dot(&exact(&x), &exact(&y), None).to_f64();
            assert_eq!(format.encode(found), code(&case["dot"]["bits"]), "{what} dot: {found}");
            compared += 1;
        }
    }
    // Errors beyond √n·u are those of sums that stagnate.
    assert_eq!((compared, stagnant), (237, 5));
}

/// A sum in the arithmetic with so many keys.
struct Keyed<'x>(&'x [f64], &'x [f64]);

impl Visitor for Keyed<'_> {
    type Output = f64;
    fn visit<A: Numbers + 'static>(self, arithmetic: Arc<A>) -> f64 {
        let row = ndarray::Array2::from_shape_vec((1, self.0.len()), self.0.to_vec()).unwrap();
        let column = ndarray::Array2::from_shape_vec((self.1.len(), 1), self.1.to_vec()).unwrap();
        let left =
            arithmetic.prepare(arithmetic.round_doubles(Step::alone(0), &row).view(), Side::Left, Content::Activation);
        let right = arithmetic.prepare(
            arithmetic.round_doubles(Step::alone(1), &column).view(),
            Side::Right,
            Content::Activation,
        );
        let sums = arithmetic.product(Step::alone(2), &left, &right, None);
        arithmetic.exact(&sums[(0, 0)]).to_f64()
    }
}

/// Two hundred stochastically rounded runs of every case: no bias, and the spread of the oracle's.
#[test]
fn stochastic_sums_have_no_bias_and_the_oracles_spread() {
    const RUNS: u64 = 200;
    let mut cases = Vec::new();
    for case in json("sums")["cases"].as_array().unwrap() {
        let Some(spread) = case["sr"]["sd"].as_f64() else { continue };
        let name = case["format"].as_str().unwrap();
        let format = Format::parse(name).unwrap();
        let x = inputs(case, &format);
        let ones = vec![1.0; x.len()];
        let (total, size) =
            (case["exact_sum"].as_str().unwrap().parse::<f64>().unwrap(), case["sum_abs"].as_f64().unwrap());
        let arithmetic = ArithmeticName::parse(&format!("{name}:round=stochastic=24")).unwrap();
        let errors: Vec<f64> = (0..RUNS)
            .map(|key| (dispatch_with(arithmetic, Carriers::Infallible, key, Keyed(&x, &ones)) - total) / size)
            .collect();
        let mean = errors.iter().sum::<f64>() / RUNS as f64;
        let variance = errors.iter().map(|error| (error - mean) * (error - mean)).sum::<f64>() / (RUNS - 1) as f64;
        let what = format!(
            "{name} {} n = {}: mean {mean:e}, sd {:e}, the oracle's {spread:e}",
            case["kind"],
            x.len(),
            variance.sqrt()
        );
        // Where n·u² is large the second moment of a stochastic walk is carried by rare runs far from 0, and 200 runs do
        // not tell it: the oracle's and ours then swing tenfold from one set of keys to the next.
        let is_known = x.len() as f64 * format.unit_roundoff() * format.unit_roundoff() <= 0.5;
        let deviation = if is_known { spread } else { variance.sqrt() };
        assert!(mean.abs() <= 4.0 * deviation / (RUNS as f64).sqrt(), "{what}");
        assert!(!is_known || (variance.sqrt() / spread - 1.0).abs() <= tolerances::DEVIATION_OF_200_RUNS, "{what}");
        cases.push(is_known);
    }
    assert_eq!((cases.len(), cases.iter().filter(|is_known| **is_known).count()), (29, 18));
}

/// When Σ 1/k stops to change, every term rounded first (Higham; Klöwer; the cs357 notes for binary32).
#[test]
fn harmonic_sums_stagnate_where_published() {
    for (name, roundings) in json("formats_stagnation")["stagnation"]["harmonic"].as_object().unwrap() {
        for (rounding, expected) in roundings.as_object().unwrap() {
            let direction = if rounding == "rz" { ":round=zero" } else { "" };
            let arithmetic = format!("{}{direction}", format_of(name));
            let last = expected["first_n_that_changes_nothing"].as_u64().unwrap();
            // To 60 bits first: no quotient of an integer of 21 bits is so near a boundary of a format of 24 bits.
            let [wide, stored] =
                [format!("mpfr:60{direction}"), arithmetic.clone()].map(|name| dispatched(named(&name)));
            let quotient = |k: u64| wide.binary(Binary::Divide, &Exact::Double(1.0), &Exact::Double(k as f64));
            let terms: Vec<f64> = (1..=last).map(|k| stored.round(&quotient(k)).to_f64()).collect();
            let sum_of = |count: u64| sum(&arithmetic, &terms[..count as usize]);
            assert_eq!(sum_of(last), expected["sum"].as_f64().unwrap(), "{arithmetic}");
            assert_eq!(sum_of(last - 1), sum_of(last), "{arithmetic} still changes at {last}");
            assert_ne!(sum_of(last - 2), sum_of(last - 1), "{arithmetic} stopped before {last}");
        }
    }
}

/// Where sums of equal terms stop (1, fl(1/10), 3, fl(7/5)).
#[test]
fn sums_of_equal_terms_stagnate_where_published() {
    for (name, terms) in json("formats_stagnation")["stagnation"]["sum_of_equal_terms"].as_object().unwrap() {
        let format = Format::parse(format_of(name)).unwrap();
        for (term, expected) in terms.as_object().unwrap() {
            let value = match term.split_once('/') {
                Some((over, under)) => over.parse::<f64>().unwrap() / under.parse::<f64>().unwrap(),
                None => term.parse().unwrap(),
            };
            let absorbed = expected["terms_absorbed"].as_u64().unwrap() as usize;
            let terms = vec![format.round_f64(value); absorbed + 1];
            let at = expected["stagnates_at"].as_f64().unwrap();
            assert_eq!(sum(format_of(name), &terms), at, "{name}: {absorbed} terms of {term}");
            assert_eq!(sum(format_of(name), &terms[1..]), at, "{name}: one term of {term} less");
            assert_ne!(sum(format_of(name), &terms[2..]), at, "{name}: two terms of {term} less");
        }
    }
}

/// The round-to-nearest column of test_sum.m (Croci et al. 2022) at all ten sizes.
#[test]
fn sums_of_croci_et_al_have_the_published_errors() {
    let croci = &json("formats_stagnation")["stagnation"]["croci2022_test_sum_RN"];
    let sizes = croci["nvals"].as_array().unwrap();
    assert_eq!(sizes.len(), 10);
    for (name, column) in
        croci.as_object().unwrap().iter().filter(|(name, _)| ["fp16", "bf16"].contains(&name.as_str()))
    {
        let format = Format::parse(format_of(name)).unwrap();
        let most = sizes.last().unwrap().as_u64().unwrap() as usize;
        let terms: Vec<f64> = (1..=most).map(|k| format.round_f64(1.0 / k as f64)).collect();
        for size in sizes.iter().map(|size| size.as_u64().unwrap() as usize) {
            let expected = &column[size.to_string()];
            let found = sum(format_of(name), &terms[..size]);
            assert_eq!(found, expected["sum"].as_f64().unwrap(), "{name}, n = {size}");
            // The reference is the exact sum of the rounded terms.
            let exact = terms[..size].iter().fold(rug::Float::new(200), |sum, term| sum + term).to_f64();
            let error = (found - exact).abs() / exact;
            assert!(
                (error - expected["relerr"].as_f64().unwrap()).abs() <= tolerances::DOUBLES,
                "{name}, n = {size}: {error}"
            );
        }
    }
}

/// Wang et al. 2018, figure 3b: a sum of numbers of mean 1 and deviation 1 in the format (1, 6, 9) stops at 4096, and
/// chunks of 32 cure it.
#[test]
fn chunks_cure_the_sum_of_wang_et_al() {
    let format = Format::parse("e6m9").unwrap();
    let mut random = Random(2018);
    let root = 3f64.sqrt();
    let terms: Vec<f64> = (0..20_000)
        .map(|_| format.round_f64(1.0 - root + 2.0 * root * (random.bits() >> 11) as f64 * two_to(-53)))
        .collect();
    let total: f64 = terms.iter().sum();
    assert_eq!(sum("e6m9", &terms[..8192]), 4096.0);
    assert_eq!(sum("e6m9", &terms), 4096.0);
    let chunked = sum("e6m9:sum=block=32", &terms);
    assert!((chunked / total - 1.0).abs() < tolerances::CHUNKED_SUM, "{chunked} of {total}");
}

/// Pre-activations that are exactly 0, where ReLU'(0) decides (after Bertoin et al. 2021): counts of 256 000 sums of 32
/// products.
#[test]
fn exact_zeros_among_preactivations_are_as_many_as_published() {
    const TERMS: usize = 32;
    let counts = &json("sums")["relu_zero_counts"];
    for (name, expected) in counts.as_object().unwrap().iter().filter(|(name, _)| *name != "spec") {
        let format = Format::parse(name).unwrap();
        let (units, samples) = (64, 256_000 / 64);
        let entry = |index: usize, factor| format.round_f64(weyl(index + 1, factor) - 0.5);
        let weights =
            ndarray::Array2::from_shape_fn((units, TERMS), |(i, j)| Exact::Double(entry(i * TERMS + j, GOLDEN)));
        let inputs =
            ndarray::Array2::from_shape_fn((TERMS, samples), |(j, s)| Exact::Double(entry(s * TERMS + j, SQRT_2)));
        for (arithmetic, zeros, rows) in [
            (name.clone(), "seq_zero_count", "rows_with_a_zero"),
            (format!("{name}:acc=f32"), "acc32_zero_count", "acc32_rows_with_a_zero"),
        ] {
            let Some(zeros) = expected[zeros].as_u64() else { continue };
            let z = dispatched(named(&arithmetic)).product(&weights, &inputs, None);
            let found = z.iter().filter(|z| z.is_zero()).count() as u64;
            assert_eq!(found, zeros, "{arithmetic}");
            let samples = z.columns().into_iter().filter(|column| column.iter().any(Exact::is_zero)).count() as u64;
            assert_eq!(samples, expected[rows].as_u64().unwrap(), "{arithmetic}");
        }
    }
}
