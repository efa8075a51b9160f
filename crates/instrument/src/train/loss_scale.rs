//! Loss scales of a training: fixed, or adapted by torch.amp.GradScaler's rule.

use crate::spec::training::TrainingScale;
use serde::{Deserialize, Serialize};

/// log₂ of GradScaler's first scale.
const FIRST: i32 = 16;
/// log₂ of binary32's largest power of two: a scale beyond it would be infinite and is not taken.
const LARGEST: i32 = 127;
/// log₂ of binary32's smallest number: half of it is 0.
const SMALLEST: i32 = -149;

/// The current scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaler {
    /// log₂ of the scale; none once it is 0.
    pub log2: Option<i32>,
    /// Clean steps since the scale last changed.
    clean: u32,
}

impl Scaler {
    /// Before the first step.
    pub fn new(scale: TrainingScale) -> Scaler {
        let log2 = match scale {
            TrainingScale::None => 0,
            TrainingScale::PowerOfTwo(log2) => log2,
            TrainingScale::Dynamic { .. } => FIRST,
        };
        Scaler { log2: Some(log2), clean: 0 }
    }

    /// Adapts the scale to whether all gradients of a step were finite; true if its update must be skipped.
    ///
    /// GradScaler (torch 2.15, `_amp_update_scale_`): a step that is not clean halves the scale and is skipped; after
    /// `growth_interval` clean steps in a row it doubles, unless that were infinite in binary32, and counting begins anew.
    pub fn observe(&mut self, scale: TrainingScale, is_finite: bool) -> bool {
        let TrainingScale::Dynamic { growth_interval } = scale else { return false };
        if !is_finite {
            self.log2 = self.log2.filter(|log2| *log2 > SMALLEST).map(|log2| log2 - 1);
            self.clean = 0;
            return true;
        }
        self.clean += 1;
        if self.clean >= growth_interval {
            self.log2 = self.log2.map(|log2| (log2 + 1).min(LARGEST));
            self.clean = 0;
        }
        false
    }
}
