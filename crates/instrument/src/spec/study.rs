//! The specification of the leaky-vs-ReLU study.

use super::error::SpecError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One study, complete: with the version it determines every byte of the record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudySpec {
    /// The compared activations; the first is ReLU, the second leaky ReLU.
    pub activations: Vec<String>,
    /// Numbers of hidden layers, in increasing order.
    pub depths: Vec<usize>,
    /// Units of every hidden layer.
    pub width: usize,
    /// Units per hidden layer of the narrow networks, whose units die more often.
    pub narrow_width: usize,
    /// Samples per batch.
    pub batch: usize,
    /// Seed of every draw.
    pub seed: u64,
    /// Arithmetics of gradients at initialisation.
    pub formats: Vec<String>,
    /// Draws of network and batch at initialisation.
    pub trials: usize,
    /// Draws of narrow networks, for which only the exact gradient is computed.
    pub narrow_trials: usize,
    /// Slopes on the positive side, both powers of two and others.
    pub slopes: Vec<f64>,
    /// Hidden layers of the networks that are trained.
    pub trained_depths: Vec<usize>,
    /// Arithmetics that train.
    pub trained_formats: Vec<String>,
    /// Number of trained networks, each with another seed.
    pub trainings: usize,
    /// Updates.
    pub steps: usize,
    /// Steps between two measurements.
    pub every: usize,
}

impl Default for StudySpec {
    /// The default study, which takes about a quarter of an hour on two cores.
    fn default() -> StudySpec {
        let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect();
        StudySpec {
            activations: names(&["relu", "leaky", "prelu", "elu", "silu", "tanh"]),
            depths: vec![5, 10, 20, 50, 100],
            width: 64,
            narrow_width: 8,
            batch: 32,
            seed: 0,
            formats: names(&["f16", "bf16", "f32"]),
            trials: 10,
            narrow_trials: 100,
            slopes: vec![0.5, 2.0, 0.75, 1.25, 1.5, 3.0],
            trained_depths: vec![5, 20, 50, 100],
            trained_formats: names(&["bf16", "f16/update=f32", "bf16/update=f32", "f32"]),
            trainings: 3,
            steps: 200,
            every: 50,
        }
    }
}

impl StudySpec {
    /// The thorough study, with more draws and longer trainings.
    pub fn thorough() -> StudySpec {
        StudySpec { trials: 50, narrow_trials: 1000, trainings: 10, steps: 1000, every: 100, ..StudySpec::default() }
    }

    /// Checks a spec from a caller of the library; the command line cannot make an invalid one.
    ///
    /// # Errors
    /// The first mistake, with the fix.
    pub fn validate(&self) -> Result<(), SpecError> {
        let fail = |message: &str| Err(SpecError(message.to_string()));
        if self.activations.len() < 2 || self.activations[0] != "relu" || self.activations[1] != "leaky" {
            return fail("a study compares relu with leaky: put both first among the activations");
        }
        let rising = |depths: &[usize]| depths.len() >= 2 && depths.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising(&self.depths) || !rising(&self.trained_depths) || self.depths[0] == 0 {
            return fail("a study needs at least two depths: give them in increasing order");
        }
        let counts = [self.trials, self.narrow_trials, self.trainings, self.steps, self.every, self.slopes.len()];
        if counts.contains(&0) {
            return fail("a study needs at least one trial, training, step and slope");
        }
        Ok(())
    }

    /// SHA-256 of the version and the spec, in hexadecimal; equal hashes mean equal records.
    pub fn hash(&self, version: &str) -> String {
        let json = serde_json::to_string(self).expect("a spec has only serialisable fields");
        let digest = Sha256::new().chain_update(version).chain_update("\nstudy\n").chain_update(json).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
