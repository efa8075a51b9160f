//! Where horizons lie, from few depths: what to measure next by what was measured.
//!
//! The search takes it that a gradient which is lost stays lost at greater depth, in whichever mode. Every horizon that it
//! finds is confirmed at the next depth of the grid, and not reached at the one before; a mode that begins and ends between
//! measured depths is not seen.

use super::networks::{Network, is_severe, network};
use super::reach::{HALF, Share, is_reached};
use super::{EXACT_MODES, MODES, Mode, SHARES};
use crate::judgement::cell::Outcome;
use crate::record::{RemedyKind, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What a depth of a line of networks is known to say.
#[derive(Clone, Debug, Default)]
pub enum Probed {
    /// It was not measured.
    #[default]
    Unknown,
    /// It cannot be measured: the grid goes on without it.
    Failed,
    /// It was measured.
    Measured(Answers),
}

/// Whether so many trials are lost, question by question.
#[derive(Clone, Debug)]
pub struct Answers(BTreeMap<Question, bool>);

/// Whether a share of the trials loses the gradient of layer 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    /// In exact arithmetic, to this mode.
    Exact(Mode, Share),
    /// In a precision, by its place, to any mode of its own.
    Precision(usize, Share),
    /// In a precision, to this mode.
    ByMode(usize, Mode, Share),
    /// In a precision, all the same with this change.
    Remedied(usize, RemedyKind),
}

impl From<Outcome> for Probed {
    fn from(outcome: Outcome) -> Probed {
        match outcome {
            Outcome::Measured(run) => Probed::Measured(answers(&network(*run))),
            Outcome::Failed(_) => Probed::Failed,
        }
    }
}

fn answers(network: &Network) -> Answers {
    let mut answers = BTreeMap::new();
    let mut ask = |trials: &[Option<bool>], question: &dyn Fn(Share) -> Question| {
        let all: Vec<usize> = (0..trials.len()).collect();
        let shares = std::iter::once(HALF).chain(SHARES);
        answers.extend(shares.map(|share| (question(share), is_reached(trials, share, &all))));
    };
    for (mode, state) in EXACT_MODES {
        ask(&network.trials_of(state), &|share| Question::Exact(mode, share));
    }
    for (place, precision) in network.precisions.iter().enumerate() {
        ask(&precision.trials_of(is_severe), &|share| Question::Precision(place, share));
        for (mode, wanted) in MODES {
            let trials = precision.trials_of(|verdict: Verdict| verdict == wanted);
            ask(&trials, &|share| Question::ByMode(place, mode, share));
        }
    }
    for (place, precision) in network.precisions.iter().enumerate() {
        let tried = precision.remedies.iter();
        answers.extend(tried.map(|remedy| (Question::Remedied(place, remedy.kind), remedy.is_saturated)));
    }
    Answers(answers)
}

/// The places on a grid of depths that are measured next; none when every horizon is found.
pub fn next(grid: &[Probed]) -> BTreeSet<usize> {
    let places: Vec<usize> =
        (0..grid.len()).filter(|place| !matches!(grid.get(*place), Some(Probed::Failed))).collect();
    let known = |place: usize| match grid.get(place) {
        Some(Probed::Measured(answers)) => Some(&answers.0),
        _ => None,
    };
    let ends = [places.first(), places.last()].into_iter().flatten().copied();
    let unknown: BTreeSet<usize> = ends.filter(|place| known(*place).is_none()).collect();
    if !unknown.is_empty() {
        return unknown;
    }
    let questions: BTreeSet<Question> =
        places.iter().filter_map(|place| known(*place)).flat_map(|answers| answers.keys().copied()).collect();
    let answer = |question: Question, index: usize| {
        let answers = known(*places.get(index)?)?;
        let same = match question {
            // Where a change was not worth trying, the precision itself is as good.
            Question::Remedied(place, _) => answers.get(&Question::Precision(place, HALF)),
            _ => None,
        };
        Some(answers.get(&question).or(same).copied().unwrap_or(false))
    };
    let asked = questions.into_iter().filter_map(|question| step(places.len(), |index| answer(question, index)));
    asked.filter_map(|index| places.get(index).copied()).collect()
}

/// The index to measure next for one question whose answers at both ends are known: the middle below the first index where
/// the answer is yes and no next one denies it, then that next one.
fn step(count: usize, answer: impl Fn(usize) -> Option<bool>) -> Option<usize> {
    let mut below = None;
    for index in 0..count {
        let Some(is_lost) = answer(index) else { continue };
        let next = (index + 1 < count).then(|| answer(index + 1));
        if !is_lost || next == Some(Some(false)) {
            below = Some(index);
            continue;
        }
        return match below {
            Some(below) if index - below > 1 => Some(below + (index - below) / 2),
            _ => (next == Some(None)).then_some(index + 1),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches a line whose answers are given, and returns the indices that were measured.
    fn searched(line: &[bool]) -> BTreeSet<usize> {
        let question = Question::Precision(0, HALF);
        let mut grid = vec![Probed::Unknown; line.len()];
        let mut measured = BTreeSet::new();
        loop {
            let places = next(&grid);
            if places.is_empty() {
                return measured;
            }
            for place in places {
                assert!(measured.insert(place), "{place} is measured twice");
                grid[place] = Probed::Measured(Answers([(question, line[place])].into()));
            }
        }
    }

    /// The first index that is lost together with the next, of all and of those that were measured.
    fn horizon(line: &[bool], is_measured: impl Fn(usize) -> bool) -> Option<usize> {
        let known: Vec<usize> = (0..line.len()).filter(|index| is_measured(*index)).collect();
        known.windows(2).find(|pair| line[pair[0]] && line[pair[1]]).map(|pair| pair[0])
    }

    #[test]
    fn the_horizon_of_a_monotone_line_is_found_with_few_depths() {
        for count in [3usize, 4, 7, 30, 200] {
            for first in 0..=count {
                let line: Vec<bool> = (0..count).map(|index| index >= first).collect();
                let measured = searched(&line);
                let found = horizon(&line, |index| measured.contains(&index));
                assert_eq!(found, horizon(&line, |_| true), "{first} of {count}: {measured:?}");
                let most = 4 + count.ilog2() as usize;
                assert!(measured.len() <= most, "{first} of {count}: {measured:?}");
                let has = |index: usize| index >= count || measured.contains(&index);
                assert!(first == count || has(first) && has(first + 1), "{first} of {count}: {measured:?}");
                assert!(first == 0 || first == count || has(first - 1), "{first} of {count}: {measured:?}");
            }
        }
    }

    /// Where a line goes back and forth, what is found is a horizon of the whole grid: lost there and at its next depth, and
    /// not so one depth before.
    #[test]
    fn what_is_found_is_confirmed_on_the_grid() {
        for pattern in 0u32..1 << 12 {
            let line: Vec<bool> = (0..12).map(|index| pattern >> index & 1 == 1).collect();
            let measured = searched(&line);
            let Some(found) = horizon(&line, |index| measured.contains(&index)) else { continue };
            assert!(line[found + 1] && measured.contains(&(found + 1)), "{line:?}: {measured:?}");
            let is_lost_before = found > 0 && line[found - 1] && measured.contains(&(found - 1));
            assert!(found == 0 || measured.contains(&(found - 1)) && !is_lost_before, "{line:?}: {measured:?}");
        }
    }

    #[test]
    fn what_cannot_be_measured_is_left_out() {
        let question = Question::Exact(Mode::Zero, HALF);
        let mut grid = vec![Probed::Unknown; 9];
        grid[0] = Probed::Failed;
        grid[4] = Probed::Failed;
        assert_eq!(next(&grid), [1, 8].into());
        grid[1] = Probed::Measured(Answers([(question, false)].into()));
        grid[8] = Probed::Measured(Answers([(question, true)].into()));
        assert_eq!(next(&grid), [5].into());
        assert_eq!(next(&vec![Probed::Failed; 3]), BTreeSet::new());
    }
}
