//! Which cells are measured first, and which of several machines measures which.

use super::Planned;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One of several parts of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 1.
    pub index: usize,
    /// Number of parts.
    pub of: usize,
}

/// Environment variables with a task's number among the tasks of an array job, and the number of the first.
const TASKS: [(&str, usize); 3] = [("SGE_TASK_ID", 1), ("PBS_ARRAY_INDEX", 1), ("JOB_COMPLETION_INDEX", 0)];

impl Shard {
    /// Reads `2/4`; `auto/4`, where the number is that of this task of an array job; or `auto`, where Slurm also says how
    /// many tasks there are.
    ///
    /// A Slurm array of as many tasks as shards may begin at any number. Of a smaller one, such as one that repeats some
    /// tasks, the numbers are those of the shards.
    ///
    /// # Errors
    /// A sentence with the fix.
    pub fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
        let fail = |what: &str| Err(format!("--shard {text}: {what}"));
        let number = |name: &str| environment(name)?.trim().parse::<usize>().ok();
        let (index, of) = match text.split_once('/') {
            Some((index, of)) => (index, of.parse().ok()),
            None if text == "auto" => (text, number("SLURM_ARRAY_TASK_COUNT")),
            None => (text, None),
        };
        let Some(of) = of.filter(|of| *of > 0) else {
            return fail("give the shard and their number, such as 1/8, or auto/8 in an array job");
        };
        let index = match index {
            "auto" => match number("SLURM_ARRAY_TASK_ID") {
                Some(task) if number("SLURM_ARRAY_TASK_COUNT") == Some(of) => {
                    Some(task.saturating_add(1).saturating_sub(number("SLURM_ARRAY_TASK_MIN").unwrap_or(1)))
                }
                Some(task) => Some(task),
                None => TASKS.iter().find_map(|(name, first)| Some(number(name)?.saturating_add(1) - first)),
            },
            index => match index.parse() {
                Ok(index) => Some(index),
                Err(_) => return fail("give the shard and their number, such as 1/8, or auto/8 in an array job"),
            },
        };
        match index {
            Some(index) if (1..=of).contains(&index) => Ok(Shard { index, of }),
            Some(index) => fail(&format!("there is no shard {index} of {of}; shards are numbered from 1")),
            None => fail("no array job says which task this is; give a number, such as 1/8"),
        }
    }

    /// The folder of its cells, below that of the sweep.
    pub fn folder(self) -> String {
        format!("shard-{}-of-{}", self.index, self.of)
    }

    /// Its cells by their places, in the order of the plan.
    pub fn share(self, cells: &[Planned]) -> Vec<usize> {
        let shards = dealt(cells, self.of);
        (0..cells.len()).filter(|place| shards[*place] == self.index).collect()
    }
}

/// The number of every cell's shard: the largest cells are dealt first, each to the shard with the least work so far.
pub fn dealt(cells: &[Planned], of: usize) -> Vec<usize> {
    // More shards than cells stay empty.
    let mut shards: BinaryHeap<Reverse<(u128, usize)>> =
        (1..=of.min(cells.len())).map(|index| Reverse((0, index))).collect();
    let mut dealt = vec![0; cells.len()];
    for place in largest_first(cells, 0..cells.len()) {
        let Some(Reverse((work, index))) = shards.pop() else { break };
        dealt[place] = index;
        // A cell is never free, so that refused ones are dealt evenly, too.
        shards.push(Reverse((work + u128::from(cells[place].work) + 1, index)));
    }
    dealt
}

/// Some cells by their places, the largest first; equal ones in the order of the plan.
pub fn largest_first(cells: &[Planned], places: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut places: Vec<usize> = places.into_iter().filter(|place| *place < cells.len()).collect();
    places.sort_by_key(|place| (Reverse(cells[*place].work), *place));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str, variables: &[(&str, &str)]) -> Result<Shard, String> {
        Shard::parse(text, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string())
        })
    }

    #[test]
    fn shards_are_numbered_from_1_by_every_scheduler() {
        let slurm = |id, least, count| {
            [("SLURM_ARRAY_TASK_ID", id), ("SLURM_ARRAY_TASK_MIN", least), ("SLURM_ARRAY_TASK_COUNT", count)]
        };
        for (text, variables, expected) in [
            ("2/4", &[][..], (2, 4)),
            ("2/4", &slurm("3", "1", "4"), (2, 4)),
            ("auto", &slurm("0", "0", "4"), (1, 4)),
            ("auto", &slurm("7", "5", "3"), (3, 3)),
            ("auto/4", &slurm("3", "0", "4"), (4, 4)),
            ("auto/4", &slurm("3", "3", "1"), (3, 4)),
            ("auto/4", &[("SGE_TASK_ID", "4")], (4, 4)),
            ("auto/4", &[("PBS_ARRAY_INDEX", "1")], (1, 4)),
            ("auto/4", &[("JOB_COMPLETION_INDEX", "0")], (1, 4)),
        ] {
            let (index, of) = expected;
            assert_eq!(shard(text, variables), Ok(Shard { index, of }), "{text} {variables:?}");
        }
        for (text, variables, words) in [
            ("4", &[][..], "such as 1/8"),
            ("x/4", &[], "such as 1/8"),
            ("1/0", &[], "such as 1/8"),
            ("1/x", &[], "such as 1/8"),
            ("0/4", &[], "no shard 0 of 4"),
            ("5/4", &[], "no shard 5 of 4"),
            ("auto", &[], "such as 1/8"),
            ("auto/4", &[], "no array job"),
            ("auto/4", &[("SGE_TASK_ID", "undefined")], "no array job"),
            ("auto/4", &[("SGE_TASK_ID", "9")], "no shard 9 of 4"),
        ] {
            let message = shard(text, variables).unwrap_err();
            assert!(message.contains(words) && !message.ends_with('.'), "{text}: {message}");
        }
    }

    /// Every cell is in one shard, and no shard has more than its share and one cell.
    #[test]
    fn every_cell_is_dealt_once_and_evenly() {
        let works = [7, 100, 3, 0, 50, 50, 9, 0, 1, 20, 20, 20];
        let cell = |work| Planned { combination: 0, id: String::new(), work, memory: 0, record: 0 };
        let cells: Vec<Planned> = works.map(cell).to_vec();
        for of in [1, 2, 3, 5, 20] {
            let shares: Vec<Vec<usize>> = (1..=of).map(|index| Shard { index, of }.share(&cells)).collect();
            let mut all = shares.concat();
            all.sort_unstable();
            assert_eq!(all, (0..cells.len()).collect::<Vec<_>>());
            let total: u64 = works.iter().sum();
            let work = |share: &Vec<usize>| share.iter().map(|place| works[*place]).sum::<u64>();
            assert!(shares.iter().all(|share| work(share) <= total / of as u64 + 100), "{of}");
        }
        assert_eq!(largest_first(&cells, [0, 3, 4, 5, 7]), [4, 5, 0, 3, 7]);
    }
}
