//! What a judgement says of a whole precision, asked of each of its layers.

use super::cause::{self, Cause};
use super::remedy::fall;
use super::remedy_name::RemedyName;
use crate::record::{ArithmeticRun, Number, Quantiles, Run};

/// Where the noise of the layer at a place comes from.
pub fn cause_at(run: &Run, arithmetic: &ArithmeticRun, place: usize) -> Cause {
    cause::judge(run, arithmetic, place)
}

/// Noise of the layer at a place under a remedy of an arithmetic; `None` if the record has no such layer.
pub fn noise_under(run: &Run, arithmetic: &ArithmeticRun, remedy: &RemedyName, place: usize) -> Option<Quantiles> {
    let change = match remedy {
        RemedyName::Change { kind, name, log2_loss_scale } => arithmetic
            .remedies
            .iter()
            .find(|remedy| remedy.kind == *kind && remedy.name == *name && remedy.log2_loss_scale == *log2_loss_scale),
        RemedyName::Arithmetic { .. } => None,
    };
    if let Some(change) = change {
        return change.sites.get(place).map(|layer| layer.noise_to_signal);
    }
    let listed = run.arithmetics.iter().find(|other| other.name == remedy.precision())?;
    listed.sites.get(place).map(|layer| *layer.noise())
}

/// Factor by which the median noise falls: infinite if an overflow ends or no noise is left, `None` if the first is
/// only an upper limit or one of the two is absent.
pub fn times_lower(before: &Quantiles, after: &Quantiles) -> Number {
    if before.at_most { Number::None } else { fall(before.median, after.median) }
}
