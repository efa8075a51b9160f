use super::super::TensorCore;
use super::{Rounding, Rule};
use crate::draw::Stream;
use crate::format::{BF16, E4M3FN, E5M2, F16, F32, TF32, exponent_of, two_to};
use rug::Float;

/// Every rule, once.
fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for gpu in TensorCore::ALL {
        for input in [F16, BF16, TF32, E4M3FN, E5M2] {
            for rule in [F32, F16].iter().filter_map(|output| gpu.rule(&input, output).ok()) {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
        }
    }
    rules
}

/// A number of that precision with an exponent between −`spread` and `spread`; zero of either sign now and then.
fn number(stream: &mut Stream, precision: u32, spread: i64) -> f64 {
    let sign = [1.0, -1.0][stream.index(2)];
    if stream.index(12) == 0 {
        return 0.0 * sign;
    }
    let significand = 1.0 + stream.index(1 << (precision - 1)) as f64 / two_to(i64::from(precision) - 1);
    sign * significand * two_to(stream.index(2 * spread as usize + 1) as i64 - spread)
}

/// Operands of a chain that ends within a block, with products that cancel now and then.
fn operands(stream: &mut Stream, rule: &Rule, spread: i64) -> (Vec<f64>, Vec<f64>) {
    let k = stream.index(2 * rule.block() + 4);
    let mut draw = || (0..k).map(|_| number(stream, rule.input().precision, spread)).collect::<Vec<_>>();
    let (mut a, mut b) = (draw(), draw());
    if k > 1 && stream.index(3) == 0 {
        let (from, to) = (stream.index(k), stream.index(k));
        if from != to {
            (a[to], b[to]) = (-a[from], b[from]);
        }
    }
    (a, b)
}

fn long(numbers: &[f64]) -> Vec<Float> {
    numbers.iter().map(|&x| Float::with_val(53, x)).collect()
}

fn same(x: f64, y: f64) -> bool {
    x.to_bits() == y.to_bits() || x.is_nan() && y.is_nan()
}

/// A number with every bit of a double, or zero, in the place of c.
fn last(stream: &mut Stream, spread: i64) -> f64 {
    number(stream, 53, spread)
}

#[test]
fn doubles_are_the_definition() {
    let mut stream = Stream::new(1, 0, "unbounded");
    let (mut zeros, mut cancelled, mut tiny, mut large) = (0, 0, 0, 0);
    for rule in rules() {
        for case in 0..600 {
            let spread = [0, 2, 8, 30, 100, 240][case % 6];
            let (mut a, b) = operands(&mut stream, &rule, spread);
            let mut c = last(&mut stream, 2 * spread - spread / 15);
            if spread <= 30 {
                let far = two_to([-400, 0, 400][stream.index(3)]);
                a.iter_mut().chain([&mut c]).for_each(|x| *x *= far);
            }
            let d = rule.unbounded_dot(&a, &b, c);
            let expected = rule.unbounded_dot_long(&long(&a), &long(&b), &Float::with_val(53, c));
            assert_eq!(expected.prec(), rule.output().precision);
            assert!(same(d, expected.to_f64()), "{rule:?} of {a:?}, {b:?}, {c:e}: {d:e} is not {expected:e}");
            let every = 1 + stream.index(rule.block() + 2);
            let d_promoted = rule.unbounded_promoted_dot(every, &a, &b, c);
            let expected = rule.unbounded_promoted_dot_long(every, &long(&a), &long(&b), &Float::with_val(53, c));
            assert_eq!(expected.prec(), 24);
            assert!(same(d_promoted, expected.to_f64()), "{rule:?} by {every} of {a:?}, {b:?}, {c:e}: {d_promoted:e}");
            zeros += u32::from(d == 0.0);
            let most = a.iter().zip(&b).map(|(x, y)| (x * y).abs()).fold(c.abs(), f64::max);
            cancelled += u32::from(d != 0.0 && d.abs() < most / 64.0);
            tiny += u32::from(d != 0.0 && d.abs() < two_to(-150));
            large += u32::from(d.abs() > two_to(130));
        }
    }
    for (kind, count) in [("zero", zeros), ("cancelled", cancelled), ("tiny", tiny), ("large", large)] {
        assert!(count > 50, "{kind}: {count}");
    }
}

/// Powers of two take no part in what is rounded: the definition is the same beyond every double.
#[test]
fn the_definition_scales() {
    let mut stream = Stream::new(2, 0, "unbounded");
    for rule in rules() {
        for _ in 0..50 {
            let (a, b) = operands(&mut stream, &rule, 8);
            let (a, b, c) = (long(&a), long(&b), Float::with_val(53, last(&mut stream, 10)));
            let d = rule.unbounded_dot_long(&a, &b, &c);
            for (left, right) in [(100_000, 7), (-90_000, -90_000)] {
                let scaled = |x: &[Float], by: i32| x.iter().map(|x| Float::with_val(53, x << by)).collect::<Vec<_>>();
                let c = Float::with_val(53, &c << (left + right));
                let scaled = rule.unbounded_dot_long(&scaled(&a, left), &scaled(&b, right), &c);
                assert_eq!(scaled, Float::with_val(53, &d << (left + right)), "{rule:?}");
            }
        }
    }
}

/// With factors that are normal numbers within 2^±30, and so products of at least 2^-60, and a c that is zero or at
/// least as large, no zero's exponent (at most −126 + 30) reaches another addend's, and no D in f32 is subnormal or
/// overflows: the limits do nothing. A D in f16 may meet them; until one does they do nothing either.
#[test]
fn limits_do_nothing_to_moderate_numbers() {
    let mut stream = Stream::new(3, 0, "unbounded");
    let (mut alike, mut zero_c) = (0, 0);
    let number_of_rules = rules().len();
    for rule in rules() {
        let (input, output) = (rule.input(), rule.output());
        let emin = i64::from(input.smallest_normal_exponent().unwrap());
        let highest = i64::from(input.max_exponent().unwrap()) - 1;
        for case in 0..400 {
            let spread = [2, 8, 30][case % 3].min(-emin).min(highest);
            let (a, b) = operands(&mut stream, &rule, spread);
            let c = if stream.index(3) == 0 { 0.0 } else { last(&mut stream, spread) };
            let meets_limits = |d: f64| {
                let bounds = output.smallest_normal_exponent().zip(output.max_exponent()).unwrap();
                d != 0.0 && !(i64::from(bounds.0)..=i64::from(bounds.1)).contains(&exponent_of(d))
            };
            let ends = (0..a.len()).step_by(rule.block()).chain([a.len()]);
            if ends.map(|end| rule.unbounded_dot(&a[..end], &b[..end], c)).any(meets_limits) {
                assert_eq!(rule.rounding(), Rounding::NearestHalf);
                continue;
            }
            let (free, limited) = (rule.unbounded_dot(&a, &b, c), rule.dot(&a, &b, c));
            assert!(same(free, limited), "{rule:?} of {a:?}, {b:?}, {c:e}: {free:e} is not {limited:e}");
            if output == F32 {
                let every = 1 + stream.index(rule.block());
                let (free, limited) =
                    (rule.unbounded_promoted_dot(every, &a, &b, c), rule.promoted_dot(every, &a, &b, c));
                assert!(same(free, limited), "{rule:?} by {every} of {a:?}, {b:?}, {c:e}");
            }
            alike += 1;
            zero_c += u32::from(c == 0.0);
        }
    }
    assert!(alike as usize > 300 * number_of_rules && zero_c > 50, "{alike} {zero_c}");
}

/// Where limits do something: what a subnormal factor or a zero's exponent cuts off, and both ends.
#[test]
fn limits_do_something_at_the_ends() {
    let v100 = TensorCore::V100.rule(&F16, &F32).unwrap();
    let a100 = TensorCore::A100.rule(&BF16, &F32).unwrap();
    let half = TensorCore::H100.rule(&F16, &F16).unwrap();
    let below = two_to(-19);
    for (rule, a, b, c, limited, free) in [
        // The subnormal 2^-24 of f16 has the exponent −14, or its own.
        (v100, vec![two_to(-24), below], vec![1.0, below], 0.0, two_to(-24), two_to(-24) + two_to(-38)),
        // A zero C keeps the unit at 2^-150; without it the products set their own.
        (a100, vec![two_to(-75); 4], vec![two_to(-76); 4], 0.0, 0.0, two_to(-149)),
        // 0·2^127 has the exponent 1 and swallows 2^-24, or none.
        (a100, vec![0.0, two_to(-24)], vec![two_to(127), 1.0], 0.0, 0.0, two_to(-24)),
        (a100, vec![0.0], vec![two_to(127)], two_to(-24), 0.0, two_to(-24)),
        // D overflows or is subnormal.
        (a100, vec![two_to(127)], vec![two_to(100)], 0.0, f64::INFINITY, two_to(227)),
        (half, vec![-65504.0], vec![2.0], 0.0, f64::NEG_INFINITY, -131_008.0),
        (half, vec![two_to(-13)], vec![1.5 * two_to(-12)], 0.0, two_to(-24), 1.5 * two_to(-25)),
        (a100, vec![1.5], vec![two_to(-149)], two_to(-149), two_to(-148), 2.5 * two_to(-149)),
        // Below every f32 a c keeps its exponent.
        (a100, vec![0.0], vec![0.0], -1.25 * two_to(-300), 0.0, -1.25 * two_to(-300)),
    ] {
        assert!(same(rule.dot(&a, &b, c), limited), "{rule:?} {a:?} {b:?} {c:e}: {:e}", rule.dot(&a, &b, c));
        let d = rule.unbounded_dot(&a, &b, c);
        assert!(same(d, free), "{rule:?} {a:?} {b:?} {c:e}: {d:e}");
        assert!(same(rule.unbounded_dot_long(&long(&a), &long(&b), &Float::with_val(53, c)).to_f64(), free));
    }
}

/// As with limits, zeros' signs included; a chain without a term is c.
#[test]
fn infinities_nan_and_zeros() {
    const INFINITE: f64 = f64::INFINITY;
    for rule in rules() {
        for (a, b, c) in [
            (vec![INFINITE, 1.0], vec![-2.0, 1.0], 5.0),
            (vec![1.0], vec![1.0], -INFINITE),
            (vec![INFINITE], vec![0.0], 0.0),
            (vec![INFINITE, -INFINITE], vec![1.0, 1.0], 0.0),
            (vec![INFINITE], vec![1.0], -INFINITE),
            (vec![f64::NAN, INFINITE], vec![1.0, 1.0], 1.0),
            (vec![1.0], vec![1.0], -f64::NAN),
            (vec![0.0, -0.0], vec![1.0, 1.0], -0.0),
            (vec![-0.0], vec![0.0], 0.0),
            (vec![1.0, -1.0], vec![1.0, 1.0], -0.0),
            (vec![], vec![], -0.0),
            (vec![], vec![], INFINITE),
            (vec![], vec![], 1.0 + two_to(-11)),
            (vec![], vec![], 1.0 + two_to(-24)),
            (vec![], vec![], -1.0 - 3.0 * two_to(-24)),
        ] {
            let limited = rule.dot(&a, &b, c);
            let free = rule.unbounded_dot(&a, &b, c);
            assert_eq!(free.to_bits(), limited.to_bits(), "{rule:?} {a:?} {b:?} {c:e}: {free:e}, {limited:e}");
            let defined = rule.unbounded_dot_long(&long(&a), &long(&b), &Float::with_val(53, c)).to_f64();
            assert!(same(defined, limited), "{rule:?} {a:?} {b:?} {c:e}: {defined:e}, {limited:e}");
        }
        // Beyond doubles' ends there is a number all the same, for the guard to find.
        let far = two_to(1023);
        assert!(rule.unbounded_dot(&[far, far], &[far, 1.0], far).abs() >= two_to(500));
        let near = two_to(-1022);
        assert_eq!(rule.unbounded_dot(&[near], &[near], 0.0), 0.0);
    }
}
