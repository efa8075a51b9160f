//! Which runs tell where an arithmetic's noise comes from and what helps against it.
//!
//! "Exact" is played by an arithmetic with unbounded exponents whose precision lies far beyond the one that
//! is studied. A run that two questions ask for, or that is one of the listed arithmetics, runs once.

use crate::arithmetic::dispatch::is_in_lanes;
use crate::arithmetic::lanes::Lanes;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::backprop::{Part, Setup};
use crate::format::{F32, Format};
use crate::record::{NoiseSource, RemedyKind};
use crate::spec::Attribute;

/// Whose branches of φ' a run takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Its own.
    Own,
    /// The exact network's.
    True,
    /// Those of a listed arithmetic.
    Of(usize),
}

/// A run beside the listed arithmetics.
#[derive(Clone, Debug, PartialEq)]
pub struct Extra {
    /// What runs, its branches not yet said.
    pub setup: Setup,
    /// Whose branches it takes.
    pub branches: Taken,
    /// The listed arithmetic whose twin tells its underflows.
    pub twin_of: Option<usize>,
}

/// A run that answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunId {
    /// A listed arithmetic.
    Listed(usize),
    /// A run beside them.
    Extra(usize),
}

/// The runs of every source of one arithmetic.
#[derive(Clone, Debug)]
pub struct AskedSources {
    /// The stand-in for exact numbers.
    pub exact: ArithmeticName,
    /// All sources off: what the stand-in itself loses.
    pub off: RunId,
    /// Each source alone, and everything but it.
    pub runs: Vec<(NoiseSource, Option<RunId>, RunId)>,
}

/// What is asked about one listed arithmetic.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The twin with unbounded exponents, among the extras; none where the arithmetic is its own.
    pub twin: Option<usize>,
    /// The runs of every source.
    pub sources: Option<AskedSources>,
    /// The remedies that are tried.
    pub remedies: Vec<(RemedyKind, RunId)>,
}

/// All questions of a run and the extra runs that they need.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    /// The listed arithmetics as they run.
    pub listed: Vec<Setup>,
    /// The runs beside the listed arithmetics, none twice.
    pub extras: Vec<Extra>,
    /// Per listed arithmetic.
    pub asked: Vec<Asked>,
}

/// What storing does to parameters, inputs and targets, in all trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storing {
    /// Nothing.
    Exact,
    /// It rounds them, all within the normal numbers of the format.
    Rounded,
    /// Some are too large or too small for the format.
    OutOfRange,
}

impl Storing {
    /// Of each trial's largest relative change, and whether a number left the range.
    pub fn over(trials: impl Iterator<Item = (f64, bool)>) -> Storing {
        trials.fold(Storing::Exact, |worst, trial| match trial {
            (_, true) => Storing::OutOfRange,
            (noise, _) if noise != 0.0 && worst == Storing::Exact => Storing::Rounded,
            _ => worst,
        })
    }
}

/// What is known of a listed arithmetic before its questions are put.
#[derive(Clone, Debug)]
pub struct Subject {
    /// How it runs.
    pub setup: Setup,
    /// What storing does to parameters, inputs and targets.
    pub storing: Storing,
    /// log₂ of the loss scale that cures most, if one was looked for.
    pub best_log2_scale: Option<i32>,
}

impl Questions {
    /// The questions about the listed arithmetics of a network with or without kinks.
    pub fn new(subjects: &[Subject], attribute: Attribute, is_kinked: bool) -> Questions {
        let listed: Vec<Setup> = subjects.iter().map(|subject| subject.setup.clone()).collect();
        let mut questions = Questions { listed: listed.clone(), ..Questions::default() };
        for (index, subject) in subjects.iter().enumerate() {
            let mut asked = Asked::default();
            let policy = subject.setup.policy;
            if !policy.is_unbounded() {
                let policy = match subject.storing {
                    // What is stored exactly need not be stored.
                    Storing::Exact => Policy { storage: None, ..policy.unbounded() },
                    // The same as with unbounded storage, and what the question about the range asks for.
                    Storing::Rounded => policy.with_unbounded_roles(),
                    Storing::OutOfRange => policy.unbounded(),
                };
                let setup = Setup { policy, ..subject.setup.clone() };
                asked.twin = Some(questions.extra(Extra { setup, branches: Taken::Own, twin_of: None }));
            }
            if Questions::are_put(&policy, attribute) {
                questions.ask_sources(&listed, index, subject, is_kinked, &mut asked);
                questions.ask_remedies(&listed, index, subject, &mut asked);
            }
            questions.asked.push(asked);
        }
        questions
    }

    /// Whether sources and remedies are asked about a policy.
    pub fn are_put(policy: &Policy, attribute: Attribute) -> bool {
        match attribute {
            Attribute::All => true,
            Attribute::Narrow => is_narrow(&policy.forward) && is_narrow(&policy.backward),
            Attribute::None => false,
        }
    }

    /// An extra run, the one that is there already if it is the same.
    fn extra(&mut self, extra: Extra) -> usize {
        self.extras.iter().position(|known| *known == extra).unwrap_or_else(|| {
            self.extras.push(extra);
            self.extras.len() - 1
        })
    }

    /// A run with its own branches, a listed one if it is the same.
    fn run(&mut self, listed: &[Setup], setup: Setup) -> RunId {
        match listed.iter().position(|known| *known == setup) {
            Some(index) => RunId::Listed(index),
            None => RunId::Extra(self.extra(Extra { setup, branches: Taken::Own, twin_of: None })),
        }
    }

    fn ask_sources(&mut self, listed: &[Setup], index: usize, subject: &Subject, is_kinked: bool, asked: &mut Asked) {
        let plain = &subject.setup;
        let exact = exact(&plain.policy);
        let Policy { storage, forward, backward } = plain.policy;
        // Where storing changes nothing there is nothing to turn off, and more runs are the same.
        let stores_exactly = subject.storing == Storing::Exact;
        let kept = if stores_exactly { None } else { storage };
        let with =
            |storage, forward, backward| Setup { policy: Policy { storage, forward, backward }, ..plain.clone() };
        let mut sources = Vec::new();
        if !stores_exactly {
            let alone = self.run(listed, with(storage, exact, exact));
            sources.push((NoiseSource::Storage, Some(alone), self.run(listed, with(None, forward, backward))));
        }
        let alone = self.run(listed, with(None, forward, exact));
        sources.push((NoiseSource::Forward, Some(alone), self.run(listed, with(kept, exact, backward))));
        let alone = self.run(listed, with(None, exact, backward));
        sources.push((NoiseSource::Backward, Some(alone), self.run(listed, with(kept, forward, exact))));
        if is_kinked {
            let setup = with(None, exact, exact);
            let alone = self.extra(Extra { setup, branches: Taken::Of(index), twin_of: None });
            let without = Extra { setup: plain.clone(), branches: Taken::True, twin_of: None };
            sources.push((NoiseSource::BranchFlips, Some(RunId::Extra(alone)), RunId::Extra(self.extra(without))));
        }
        let unbounded = plain.policy.with_unbounded_roles();
        if let Some(twin) = asked.twin.filter(|_| unbounded != plain.policy) {
            let has_range = |name| Lanes::range_alone(name).is_some();
            let alone = (has_range(forward) && has_range(backward)).then(|| {
                let setup = Setup { part: Part::RangeAlone, ..with(None, forward, backward) };
                self.run(listed, setup)
            });
            // The range of the roles alone: what storing loses is storage's.
            let without = match subject.storing {
                Storing::OutOfRange => self.run(listed, Setup { policy: unbounded, ..plain.clone() }),
                Storing::Exact | Storing::Rounded => RunId::Extra(twin),
            };
            sources.push((NoiseSource::Range, alone, without));
        }
        let exactly_summed = with(storage, forward.with_exact_sums(), backward.with_exact_sums());
        sources.push((NoiseSource::Accumulation, None, self.run(listed, exactly_summed)));
        let off = self.run(listed, with(None, exact, exact));
        asked.sources = Some(AskedSources { exact, off, runs: sources });
    }

    fn ask_remedies(&mut self, listed: &[Setup], index: usize, subject: &Subject, asked: &mut Asked) {
        let plain = &subject.setup;
        let Policy { storage, forward, backward } = plain.policy;
        // A plain arithmetic's parameters enter the role that is in f32 exactly.
        let kept = if plain.policy.plain().is_some() { None } else { storage };
        let f32 = ArithmeticName::plain(F32);
        let policies = [
            (RemedyKind::Accumulator, {
                let (forward, backward) = (summed_in_f32(forward), summed_in_f32(backward));
                match (plain.policy.plain(), forward == backward) {
                    (Some(_), true) => Policy::from(forward),
                    _ => Policy { storage, forward, backward },
                }
            }),
            (
                RemedyKind::Forward,
                match is_narrower(&forward.format) {
                    true => Policy { storage: kept, forward: f32, backward },
                    false => plain.policy,
                },
            ),
            (
                RemedyKind::Backward,
                match is_narrower(&backward.format) {
                    true => Policy { storage: kept, forward, backward: f32 },
                    false => plain.policy,
                },
            ),
        ];
        for (kind, policy) in policies.into_iter().filter(|(_, policy)| *policy != plain.policy) {
            let run = self.run(listed, Setup { policy, ..plain.clone() });
            asked.remedies.push((kind, run));
        }
        if let Some(log2_loss_scale) = subject.best_log2_scale {
            let run = if log2_loss_scale == plain.log2_loss_scale {
                RunId::Listed(index)
            } else {
                let setup = Setup { log2_loss_scale, ..plain.clone() };
                RunId::Extra(self.extra(Extra { setup, branches: Taken::Own, twin_of: Some(index) }))
            };
            asked.remedies.push((RemedyKind::LossScaling, run));
        }
    }
}

/// Bits beyond the studied precision that make a stand-in for exact numbers.
const BEYOND: u32 = 24;

/// What stands for exact numbers: 53 bits for formats of at most 24, else twice the bits and more.
pub fn exact(policy: &Policy) -> ArithmeticName {
    let precision = policy.forward.format.precision.max(policy.backward.format.precision);
    ArithmeticName::plain(Format::mpfr(if precision <= 24 { 53 } else { 2 * precision + BEYOND }))
}

/// True for arithmetics that double lanes carry and whose exact counterpart they carry too.
fn is_narrow(name: &ArithmeticName) -> bool {
    name.format.precision <= 24 && is_in_lanes(*name)
}

fn is_narrower(format: &Format) -> bool {
    format.precision < F32.precision
}

/// The same with an f32 accumulator, where that is a wider one.
fn summed_in_f32(name: ArithmeticName) -> ArithmeticName {
    match name.accumulator.precision < F32.precision && is_narrower(&name.format) {
        true => name.summed_in(F32),
        false => name,
    }
}
