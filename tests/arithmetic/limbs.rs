//! Products of long integers in vector lanes against GMP: any cut, any number of planes and terms, on every path.

use crate::common::{Random, exhaustive};
use precision_probe::arithmetic::kernels::Path;
use precision_probe::arithmetic::kernels::limbs::{Cut, Left, Right, product};
use precision_probe::integers::Integers;
use proptest::prelude::*;
use rug::Integer;

/// What the integers are.
#[derive(Clone, Copy, Debug)]
enum Digits {
    /// All of one length, every bit set, all of one sign: the largest sums that there are.
    Ones,
    /// All ones of either sign.
    SignedOnes,
    /// The leading bit alone.
    Powers,
    /// Zeros and numbers of any length.
    Random,
}

#[derive(Clone, Debug)]
struct Case {
    seed: u64,
    shape: (usize, usize, usize),
    left_bits: u32,
    right_bits: u32,
    /// Planes that a cut for any right factor may have; none for the even cut.
    planes: Option<u32>,
    digits: Digits,
}

fn cases() -> impl Strategy<Value = Case> {
    let digits = prop_oneof![Just(Digits::Ones), Just(Digits::SignedOnes), Just(Digits::Powers), Just(Digits::Random)];
    let terms = prop_oneof![8 => 0usize..20, 2 => 20usize..130, 1 => 500usize..1100];
    let left_bits = prop_oneof![4 => 0u32..70, 1 => 70u32..700];
    let right_bits = prop_oneof![1 => 0u32..40, 3 => 40u32..700, 1 => 2000u32..2200];
    let shape = (0usize..11, terms, 0usize..7);
    (any::<u64>().no_shrink(), shape, left_bits, right_bits, prop::option::of(1u32..6), digits).prop_map(
        |(seed, shape, left_bits, right_bits, planes, digits)| Case {
            seed,
            shape,
            left_bits,
            right_bits,
            planes,
            digits,
        },
    )
}

impl Case {
    fn numbers(&self, random: &mut Random, count: usize, longest: u32) -> Vec<Integer> {
        let ones = |length: u32| (Integer::from(1) << length) - 1u32;
        let number = |_| {
            let is_negative = random.below(2) == 1;
            let magnitude = match self.digits {
                Digits::Ones | Digits::SignedOnes => ones(longest),
                Digits::Powers => ones(longest) - ones(longest.saturating_sub(1)),
                Digits::Random if random.below(6) == 0 => Integer::new(),
                Digits::Random => {
                    let length = random.below(u64::from(longest) + 1) as u32;
                    let words = (0..length.div_ceil(64)).map(|_| random.bits()).collect::<Vec<u64>>();
                    Integer::from_digits(&words, rug::integer::Order::Lsf).keep_bits(length)
                }
            };
            if is_negative && !matches!(self.digits, Digits::Ones) { -magnitude } else { magnitude }
        };
        (0..count).map(number).collect()
    }

    /// Both cuts of a factor, and its transposed one, on every path.
    fn check(&self) -> Result<(), TestCaseError> {
        let mut random = Random(self.seed);
        let (rows, terms, columns) = self.shape;
        let cut = match self.planes {
            Some(planes) => Cut::left_of(self.left_bits, terms.max(rows), planes),
            None => Cut::even(self.left_bits, self.right_bits, terms.max(rows)),
        };
        let Some(cut) = cut else { return Ok(()) };
        let a = self.numbers(&mut random, rows * terms, self.left_bits);
        let b = self.numbers(&mut random, terms * columns, self.right_bits);
        let (long_a, long_b) = (Integers::from_rug(&a), Integers::from_rug(&b));
        let entry = |numbers: &'_ Integers, i: usize| numbers.is_negative(i);
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            let cut = cut.on(path);
            let by_row = Left::new((rows, terms), self.left_bits, cut, |i, k| {
                (long_a.magnitude(i * terms + k), entry(&long_a, i * terms + k))
            });
            // The transposed matrix turned back.
            let by_term = Left::new((terms, rows), self.left_bits, cut, |k, i| {
                (long_a.magnitude(i * terms + k), entry(&long_a, i * terms + k))
            });
            let right = Right::new((terms, columns), self.right_bits, cut, |k, j| {
                (long_b.magnitude(k * columns + j), entry(&long_b, k * columns + j))
            });
            for left in [&by_row, &by_term.transposed()] {
                let found = product(left, &right);
                prop_assert_eq!(found.len(), rows * columns);
                for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                    let terms = (0..terms).map(|k| Integer::from(&a[i * terms + k] * &b[k * columns + j]));
                    let expected: Integer = terms.sum();
                    let found = found.to_rug(i * columns + j);
                    prop_assert_eq!(found, expected, "({}, {}) on {}, cut {:?}", i, j, path.name(), cut);
                }
            }
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: exhaustive(400, 20_000), failure_persistence: None, ..ProptestConfig::default()
    })]
    #[test]
    fn products_are_those_of_gmp(case in cases()) {
        case.check()?;
    }
}

#[test]
fn integers_of_too_many_planes_have_no_cut() {
    assert!(Cut::left_of(60, 64, 3).is_some());
    assert_eq!(Cut::left_of(60, 64, 2), None);
}
