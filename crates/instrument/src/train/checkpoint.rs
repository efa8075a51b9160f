//! A training in progress, in one file: all that is needed to resume it without any difference.
//!
//! A mark, the length of a JSON text, the text (step, counters, what was measured so far), a safetensors file of all
//! parameters and optimiser states in binary64, and the SHA-256 of all that, so that a damaged file is noticed.

use super::Trainer;
use super::events::Log;
use super::learner::Learner;
use super::loss_scale::Scaler;
use crate::exchange::{Tensor, safetensors_bytes, safetensors_tensors};
use crate::probe::VERSION;
use crate::record::training::{Course, Event, ExactStep, Measure};
use crate::spec::training::TrainingPlan;
use ndarray::Array2;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What every checkpoint begins with; the number is that of the layout.
const MARK: &[u8; 16] = b"precision-probe1";
/// Bytes of a SHA-256.
const DIGEST: usize = 32;

/// Everything but matrices.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    spec_hash: String,
    step: usize,
    /// Per activation: the reference, then the learners.
    runs: Vec<Vec<CopyState>>,
    /// Per activation: the exact gradient at the reference's parameters.
    exact: Vec<Vec<ExactStep>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CopyState {
    updates: u64,
    scaler: Scaler,
    /// How many matrices the optimiser keeps of each parameter.
    kept: usize,
    course: Course,
    events: Vec<Event>,
    measures: Vec<Measure>,
}

impl Trainer<'_> {
    /// The bytes of a checkpoint.
    pub fn checkpoint(&self) -> Vec<u8> {
        let mut tensors = Vec::new();
        let mut runs = Vec::new();
        for (run, copies) in self.runs.iter().enumerate() {
            let none = Vec::new();
            let all = std::iter::once((&copies.reference, &none)).chain(copies.learners.iter().zip(&copies.measures));
            let states = all.enumerate().map(|(copy, (learner, measures))| {
                matrices(learner).for_each(|(name, matrix)| tensors.push(tensor(&prefixed(run, copy, &name), matrix)));
                CopyState {
                    updates: learner.updates,
                    scaler: learner.scaler,
                    kept: learner.state.iter().map(Vec::len).max().unwrap_or(0),
                    course: learner.course.clone(),
                    events: learner.log.events.clone(),
                    measures: measures.clone(),
                }
            });
            runs.push(states.collect());
        }
        let exact = self.runs.iter().map(|run| run.exact.clone()).collect();
        let state = State { spec_hash: self.plan.spec.hash(VERSION), step: self.step, runs, exact };
        sealed(&state, &safetensors_bytes(&tensors))
    }

    /// Goes on from a checkpoint of the same plan.
    ///
    /// # Errors
    /// What is wrong with the file, as the rest of a sentence that names it.
    pub fn resume<'p>(plan: &'p TrainingPlan, bytes: &[u8]) -> Result<Trainer<'p>, String> {
        let (state, matrices): (State, &[u8]) = opened(bytes, &plan.spec.hash(VERSION), "training")?;
        // Their header is sorted by name, so that they do not come in the order in which they were written.
        let tensors = safetensors_tensors(matrices).map_err(|_| damaged())?;
        let mut tensors: HashMap<String, Tensor> =
            tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
        let mut trainer = Trainer::new(plan);
        let lengths = [state.runs.len(), state.exact.len()];
        if lengths != [trainer.runs.len(); 2] || state.step > plan.spec.steps {
            return Err(damaged());
        }
        trainer.step = state.step;
        let kept = state.runs.into_iter().zip(state.exact);
        for (run, (copies, (states, exact))) in trainer.runs.iter_mut().zip(kept).enumerate() {
            copies.exact = exact;
            if states.len() != copies.learners.len() + 1 {
                return Err(damaged());
            }
            for (copy, kept) in states.into_iter().enumerate() {
                let learner = if copy == 0 { &mut copies.reference } else { &mut copies.learners[copy - 1] };
                restore(learner, kept.kept, &mut |name| tensors.remove(&prefixed(run, copy, name)))
                    .ok_or_else(damaged)?;
                (learner.updates, learner.scaler, learner.course) = (kept.updates, kept.scaler, kept.course);
                learner.log = Log::resumed(kept.events);
                if copy > 0 {
                    copies.measures[copy - 1] = kept.measures;
                }
            }
        }
        if tensors.is_empty() { Ok(trainer) } else { Err(damaged()) }
    }
}

/// The bytes of a checkpoint: a state that begins with the `spec_hash` of its run, and more.
pub fn sealed<S: Serialize>(state: &S, more: &[u8]) -> Vec<u8> {
    let text = serde_json::to_vec(state).expect("a state has only serialisable fields");
    let mut bytes = MARK.to_vec();
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text);
    bytes.extend(more);
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// Reads back what [`sealed`] gave, and makes sure that it is whole and of the run with this hash; `work` is what the run
/// is called.
///
/// # Errors
/// What is wrong with the file, as the rest of a sentence that names it.
pub fn opened<'b, S: DeserializeOwned>(bytes: &'b [u8], hash: &str, work: &str) -> Result<(S, &'b [u8]), String> {
    let (bytes, digest) = bytes.len().checked_sub(DIGEST).map(|end| bytes.split_at(end)).ok_or_else(damaged)?;
    if Sha256::digest(bytes).as_slice() != digest {
        return Err(damaged());
    }
    let rest = bytes.strip_prefix(MARK).ok_or_else(damaged)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let (text, more) = rest.split_at_checked(length).ok_or_else(damaged)?;
    // Another version's may have other fields; what it says first is whose it is.
    #[derive(Deserialize)]
    struct Head {
        spec_hash: String,
    }
    let head: Head = serde_json::from_slice(text).map_err(|_| damaged())?;
    if head.spec_hash != hash {
        return Err(format!("is of another {work} or another version"));
    }
    Ok((serde_json::from_slice(text).map_err(|_| damaged())?, more))
}

/// What a checkpoint is that cannot be read.
pub fn damaged() -> String {
    "is no whole checkpoint of precision-probe".into()
}

fn prefixed(run: usize, copy: usize, name: &str) -> String {
    format!("{run}.{copy}.{name}")
}

/// A copy's parameters and states by name: `hidden.1.weight`, `hidden.1.weight.state.0`.
fn matrices(learner: &Learner) -> impl Iterator<Item = (String, &Array2<f64>)> {
    learner.network.parameters.iter().zip(&learner.state).flat_map(|(parameter, state)| {
        let states = state.iter().enumerate().map(|(k, matrix)| (format!("{}.state.{k}", parameter.name), matrix));
        std::iter::once((parameter.name.clone(), &parameter.values)).chain(states)
    })
}

fn tensor(name: &str, matrix: &Array2<f64>) -> Tensor {
    Tensor::doubles(name, vec![matrix.nrows(), matrix.ncols()], matrix.iter().copied().collect())
}

/// Reads back what [`matrices`] lists; nothing where a tensor is missing or has another shape.
fn restore(learner: &mut Learner, kept: usize, take: &mut dyn FnMut(&str) -> Option<Tensor>) -> Option<()> {
    let mut read = |name: &str, shape: (usize, usize)| {
        let tensor = take(name).filter(|tensor| tensor.shape == [shape.0, shape.1])?;
        Array2::from_shape_vec(shape, tensor.values).ok()
    };
    for (parameter, state) in learner.network.parameters.iter_mut().zip(&mut learner.state) {
        let shape = parameter.values.dim();
        parameter.values = read(&parameter.name, shape)?;
        let states = (0..kept).map(|k| read(&format!("{}.state.{k}", parameter.name), shape));
        *state = states.collect::<Option<_>>()?;
    }
    Some(())
}
