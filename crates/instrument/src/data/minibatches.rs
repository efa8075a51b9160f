//! Minibatches of the digits or of a file's rows, and samples that are held out.
//!
//! The samples are shuffled once; the first ones are the training samples. Every epoch shuffles them anew and divides
//! them into minibatches of one size, leaving out a shorter last one. The minibatch of step s only depends on the seed,
//! so every copy of a network sees the same samples.

use super::Batch;
use super::rows::Rows;
use crate::draw::Stream;

/// Most held-out samples in one part, which bounds the memory of their forward pass; the digits fit.
const HELD_OUT_AT_ONCE: usize = 512;

/// The samples of a training.
#[derive(Clone, Debug)]
pub struct Minibatches {
    seed: u64,
    batch: usize,
    rows: Rows,
    /// The training samples.
    trained: Vec<usize>,
    /// The held-out samples.
    held_out: Vec<usize>,
}

impl Minibatches {
    /// Draws the training samples.
    ///
    /// # Panics
    /// If an epoch has no minibatch, which the spec refuses.
    pub fn new(seed: u64, batch: usize, rows: Rows, trained: usize) -> Minibatches {
        let mut trained_first = Stream::new(seed, 0, "held out").shuffled(rows.count());
        assert!((1..=trained).contains(&batch), "invariant: the spec limits the batch");
        let held_out = trained_first.split_off(trained);
        Minibatches { seed, batch, rows, trained: trained_first, held_out }
    }

    /// Number of minibatches per epoch.
    pub fn per_epoch(&self) -> usize {
        self.trained.len() / self.batch
    }

    /// The minibatch of a step, from 0.
    pub fn at(&self, step: usize) -> Batch {
        let (epoch, place) = (step / self.per_epoch(), step % self.per_epoch());
        let order = Stream::new(self.seed, 0, &format!("epoch.{epoch}")).shuffled(self.trained.len());
        let samples: Vec<usize> =
            order[place * self.batch..][..self.batch].iter().map(|&sample| self.trained[sample]).collect();
        self.rows.of(&samples)
    }

    /// All training samples, in parts of the same size as the held-out ones.
    pub fn trained(&self) -> impl Iterator<Item = Batch> + '_ {
        self.trained.chunks(HELD_OUT_AT_ONCE).map(|piece| self.rows.of(piece))
    }

    /// All held-out samples, in parts small enough for a cheap forward pass; empty if all samples are for training.
    pub fn held_out(&self) -> Vec<Batch> {
        self.held_out.chunks(HELD_OUT_AT_ONCE).map(|piece| self.rows.of(piece)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Targets;
    use std::collections::BTreeSet;

    fn digits(seed: u64) -> Minibatches {
        Minibatches::new(seed, 32, Rows::Digits, 1437)
    }

    /// An epoch uses every training image at most once and no held-out image, and the next epoch has another order.
    #[test]
    fn epochs_are_shuffled_and_hold_nothing_out() {
        let minibatches = digits(3);
        assert_eq!(minibatches.per_epoch(), 44);
        let images = |batch: &Batch| -> Vec<Vec<u64>> {
            batch.inputs.columns().into_iter().map(|image| image.iter().map(|x| x.to_bits()).collect()).collect()
        };
        let epoch: Vec<_> = (0..44).flat_map(|step| images(&minibatches.at(step))).collect();
        let distinct: BTreeSet<_> = epoch.iter().cloned().collect();
        // The digits hold no image twice.
        assert_eq!(distinct.len(), 44 * 32);
        let [held_out] = &minibatches.held_out()[..] else { panic!("the digits are held out in one piece") };
        let held_out: BTreeSet<_> = images(held_out).into_iter().collect();
        assert_eq!(held_out.len(), 360);
        assert!(distinct.is_disjoint(&held_out));
        assert_ne!(minibatches.at(0), minibatches.at(44));
        assert_eq!(minibatches.at(50), digits(3).at(50));
        assert_ne!(minibatches.at(0), digits(4).at(0));
        let Targets::Classes(classes) = minibatches.at(7).targets else { panic!("digits have classes") };
        assert_eq!(classes.len(), 32);
    }
}
