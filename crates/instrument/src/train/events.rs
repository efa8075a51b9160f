//! Events of a copy, collected step by step.

use crate::record::training::{Event, EventKind};

/// Events of one copy, the first one first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// One per kind.
    pub events: Vec<Event>,
    /// The last step noted for each of them: a kind counts once a step.
    last: Vec<usize>,
}

impl Log {
    /// Resumes from the events of a checkpoint.
    pub fn resumed(events: Vec<Event>) -> Log {
        // No step before the checkpoint comes again.
        let last = events.iter().map(|event| event.first).collect();
        Log { events, last }
    }

    /// Notes that something happened at a step; steps come in order.
    pub fn note(&mut self, kind: EventKind, step: usize) {
        let Some(place) = self.events.iter().position(|event| event.kind.is_same(&kind)) else {
            self.events.push(Event { kind, first: step, steps: 1 });
            self.last.push(step);
            return;
        };
        let event = &mut self.events[place];
        if let (
            EventKind::SecondMomentUnderflow { entries, .. },
            EventKind::SecondMomentUnderflow { entries: now, .. },
        ) = (&mut event.kind, kind)
        {
            *entries = now.max(*entries);
        }
        if self.last[place] < step {
            self.last[place] = step;
            event.steps += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::training::Scalar;

    #[test]
    fn a_kind_counts_once_a_step_and_keeps_its_first_circumstances() {
        let rounded = |scalar, exact| EventKind::ScalarRounded { scalar, exact, rounded: 0 };
        let mut log = Log::default();
        for (kind, step) in [
            (EventKind::ForwardOverflow { site: 3 }, 2),
            (rounded(Scalar::Epsilon, 1e-8), 2),
            (rounded(Scalar::Epsilon, 1e-8), 2),
            (rounded(Scalar::LearningRate, 1e-9), 2),
            (EventKind::ForwardOverflow { site: 1 }, 5),
            (EventKind::SecondMomentUnderflow { entries: 3, of: 8 }, 5),
            (EventKind::SecondMomentUnderflow { entries: 7, of: 8 }, 6),
            (EventKind::SecondMomentUnderflow { entries: 1, of: 8 }, 7),
        ] {
            log.note(kind, step);
        }
        let found: Vec<_> = log.events.iter().map(|event| (event.kind, event.first, event.steps)).collect();
        assert_eq!(
            found,
            [
                (EventKind::ForwardOverflow { site: 3 }, 2, 2),
                (rounded(Scalar::Epsilon, 1e-8), 2, 1),
                (rounded(Scalar::LearningRate, 1e-9), 2, 1),
                (EventKind::SecondMomentUnderflow { entries: 7, of: 8 }, 5, 3),
            ]
        );
        let mut resumed = Log::resumed(log.events.clone());
        resumed.note(EventKind::ForwardOverflow { site: 1 }, 8);
        log.note(EventKind::ForwardOverflow { site: 1 }, 8);
        assert_eq!(resumed.events, log.events);
    }
}
