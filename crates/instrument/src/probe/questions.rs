//! Plans the runs that show where an arithmetic's noise comes from and what reduces it.
//!
//! An arithmetic with unbounded exponents and a far higher precision than the studied one replaces exact numbers. A run
//! that two questions need, or that is one of the listed arithmetics, is done once.

use crate::arithmetic::dispatch::is_in_lanes;
use crate::arithmetic::doubles::Doubles;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::backprop::{Part, Setup};
use crate::format::{F32, Format};
use crate::record::{NoiseSource, RemedyKind};
use crate::spec::Attribute;

/// Whose branches of φ' a run uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchesOf {
    /// Its own.
    Itself,
    /// Those of the exact network.
    Exact,
    /// Those of a listed arithmetic.
    Listed(usize),
}

/// A run in addition to the listed arithmetics.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtraRun {
    /// The setup, apart from its branches.
    pub setup: Setup,
    /// The branches that it uses.
    pub branches: BranchesOf,
    /// The listed arithmetic whose twin shows its underflows.
    pub twin_of: Option<usize>,
}

/// A run that answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunId {
    /// A listed arithmetic.
    Listed(usize),
    /// An additional run.
    Extra(usize),
}

/// The runs of every source of one arithmetic.
#[derive(Clone, Debug)]
pub struct AskedSources {
    /// The stand-in for exact numbers.
    pub exact: ArithmeticName,
    /// All sources off: the error of the stand-in itself.
    pub off: RunId,
    /// Each source alone, and all but that source.
    pub runs: Vec<(NoiseSource, Option<RunId>, RunId)>,
}

/// The questions about one listed arithmetic.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The twin with unbounded exponents, among the additional runs; `None` if the arithmetic is its own twin.
    pub twin: Option<usize>,
    /// The runs of every source.
    pub sources: Option<AskedSources>,
    /// The remedies that are tried.
    pub remedies: Vec<(RemedyKind, RunId)>,
}

/// All questions of a run, and the additional runs that they need.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    /// The listed arithmetics as they run.
    pub listed: Vec<Setup>,
    /// The additional runs, without duplicates.
    pub extras: Vec<ExtraRun>,
    /// Per listed arithmetic.
    pub asked: Vec<Asked>,
}

/// The effect of storing on parameters, inputs and targets, in all trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storing {
    /// No effect.
    Exact,
    /// They are rounded, all within the normal numbers of the format.
    Rounded,
    /// Some are too large or too small for the format.
    OutOfRange,
}

impl Storing {
    /// From each trial's largest relative change, and whether a number exceeded the range.
    pub fn over(trials: impl Iterator<Item = (f64, bool)>) -> Storing {
        trials.fold(Storing::Exact, |worst, trial| match trial {
            (_, true) => Storing::OutOfRange,
            (noise, _) if noise != 0.0 && worst == Storing::Exact => Storing::Rounded,
            _ => worst,
        })
    }
}

/// What is known about a listed arithmetic before the questions.
#[derive(Clone, Debug)]
pub struct Subject {
    /// How it runs.
    pub setup: Setup,
    /// The effect of storing on parameters, inputs and targets.
    pub storing: Storing,
    /// log₂ of the best loss scale, if one was searched for.
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
                    // Numbers that are stored exactly do not need storing.
                    Storing::Exact => Policy { storage: None, ..policy.unbounded() },
                    // The same as with unbounded storage, and the run that the question about the range needs.
                    Storing::Rounded => policy.with_unbounded_roles(),
                    Storing::OutOfRange => policy.unbounded(),
                };
                let setup = Setup { policy, ..subject.setup.clone() };
                asked.twin = Some(questions.extra(ExtraRun { setup, branches: BranchesOf::Itself, twin_of: None }));
            }
            if Questions::are_put(&policy, attribute) {
                questions.ask_sources(&listed, index, subject, is_kinked, &mut asked);
                questions.ask_remedies(&listed, index, subject, &mut asked);
            }
            questions.asked.push(asked);
        }
        questions
    }

    /// Whether the sources and remedies of a policy are measured.
    pub fn are_put(policy: &Policy, attribute: Attribute) -> bool {
        match attribute {
            Attribute::All => true,
            Attribute::Narrow => is_narrow(&policy.forward) && is_narrow(&policy.backward),
            Attribute::None => false,
        }
    }

    /// An additional run; reuses an existing one if it is the same.
    fn extra(&mut self, extra: ExtraRun) -> usize {
        self.extras.iter().position(|known| *known == extra).unwrap_or_else(|| {
            self.extras.push(extra);
            self.extras.len() - 1
        })
    }

    /// A run with its own branches; reuses a listed one if it is the same.
    fn run(&mut self, listed: &[Setup], setup: Setup) -> RunId {
        match listed.iter().position(|known| *known == setup) {
            Some(index) => RunId::Listed(index),
            None => RunId::Extra(self.extra(ExtraRun { setup, branches: BranchesOf::Itself, twin_of: None })),
        }
    }

    fn ask_sources(&mut self, listed: &[Setup], index: usize, subject: &Subject, is_kinked: bool, asked: &mut Asked) {
        let plain = &subject.setup;
        let exact = exact(&plain.policy);
        let Policy { storage, forward, backward } = plain.policy;
        // If storing changes nothing, there is nothing to turn off, and more runs coincide.
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
            let alone = self.extra(ExtraRun { setup, branches: BranchesOf::Listed(index), twin_of: None });
            let without = ExtraRun { setup: plain.clone(), branches: BranchesOf::Exact, twin_of: None };
            sources.push((NoiseSource::BranchFlips, Some(RunId::Extra(alone)), RunId::Extra(self.extra(without))));
        }
        let unbounded = plain.policy.with_unbounded_roles();
        if let Some(twin) = asked.twin.filter(|_| unbounded != plain.policy) {
            let has_range = |name| Doubles::range_alone(name).is_some();
            let alone = (has_range(forward) && has_range(backward)).then(|| {
                let setup = Setup { part: Part::RangeAlone, ..with(None, forward, backward) };
                self.run(listed, setup)
            });
            // Only the range of the roles: losses in storing belong to the source storage.
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
        // The parameters of an arithmetic without roles enter the f32 role exactly.
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
                RunId::Extra(self.extra(ExtraRun { setup, branches: BranchesOf::Itself, twin_of: Some(index) }))
            };
            asked.remedies.push((RemedyKind::LossScaling, run));
        }
    }
}

/// Additional bits, beyond the studied precision, of the stand-in for exact numbers.
const BEYOND: u32 = 24;

/// The stand-in for exact numbers: 53 bits for formats of at most 24 bits, otherwise more than twice the bits.
pub fn exact(policy: &Policy) -> ArithmeticName {
    let precision = policy.forward.format.precision.max(policy.backward.format.precision);
    ArithmeticName::plain(Format::mpfr(if precision <= 24 { 53 } else { 2 * precision + BEYOND }))
}

/// True for arithmetics that doubles can carry and whose exact counterpart they can carry, too.
fn is_narrow(name: &ArithmeticName) -> bool {
    name.format.precision <= 24 && is_in_lanes(*name)
}

fn is_narrower(format: &Format) -> bool {
    format.precision < F32.precision
}

/// The same with an f32 accumulator, if that is a wider one.
fn summed_in_f32(name: ArithmeticName) -> ArithmeticName {
    match name.accumulator.precision < F32.precision && is_narrower(&name.format) {
        true => name.summed_in(F32),
        false => name,
    }
}
