//! Which arithmetics of a run's list may replace another one, and the cost of each remedy.

use super::remedy_name::RemedyName;
use crate::record::{ArithmeticRun, Remedy, RemedyKind, Role, Roles};

/// Arithmetics whose formats have this many bits may always replace another one.
const ALWAYS_ALLOWED_BITS: u32 = 16;

/// A remedy's rank in the order of preference: its cost, and for arithmetics of the list their bits and place.
pub(super) type Cost = (u8, u32, usize);

/// The cost of a change.
pub(super) fn cost_of_change(kind: RemedyKind) -> u8 {
    match kind {
        RemedyKind::LossScaling => 1,
        RemedyKind::Accumulator => 2,
        RemedyKind::Backward => 5,
        RemedyKind::Forward => 6,
    }
}

/// An arithmetic of the list with no more bits.
const COST_OF_LISTED: u8 = 3;
/// f32 in every role.
const COST_OF_F32: u8 = 8;

/// The cost of another arithmetic of the list as a replacement; `None` if it may not replace this one, or if the same
/// policy was tried as a change.
pub(super) fn instead(subject: &ArithmeticRun, other: &ArithmeticRun, place: usize) -> Option<(RemedyName, Cost)> {
    // Another program's gradients have no roles.
    let (own, theirs) = (subject.roles.as_ref()?, other.roles.as_ref()?);
    let was_tried =
        |remedy: &Remedy| remedy.kind != RemedyKind::LossScaling && remedy.definition() == other.definition();
    if own == theirs || subject.remedies.iter().any(was_tried) {
        return None;
    }
    if let Some(kind) = change(own, theirs) {
        let log2_loss_scale = other.log2_loss_scale.unwrap_or(0);
        let name = RemedyName::Change { kind, name: other.name.clone(), log2_loss_scale };
        return Some((name, (cost_of_change(kind), 0, place)));
    }
    let name = RemedyName::Arithmetic { name: other.name.clone() };
    let is_narrower = own.forward.is_below_f32() || own.backward.is_below_f32();
    if theirs.is_plain() && theirs.forward.is_f32() && is_narrower {
        return Some((name, (COST_OF_F32, 0, place)));
    }
    let bits = theirs.bits()?;
    let allowed = own.bits().unwrap_or(0).max(ALWAYS_ALLOWED_BITS);
    (bits <= allowed).then_some((name, (COST_OF_LISTED, bits, place)))
}

/// The change of a policy that another one is.
fn change(own: &Roles, theirs: &Roles) -> Option<RemedyKind> {
    // The parameters of an arithmetic without roles enter the f32 role exactly.
    let stores_alike = theirs.storage == own.storage || theirs.storage.is_none() && own.is_plain();
    let is_summed = |own: &Role, theirs: &Role| theirs.name == own.summed_in_f32();
    if theirs.storage == own.storage
        && is_summed(&own.forward, &theirs.forward)
        && is_summed(&own.backward, &theirs.backward)
    {
        Some(RemedyKind::Accumulator)
    } else if stores_alike && theirs.forward == own.forward && theirs.backward.is_f32() && own.backward.is_below_f32() {
        Some(RemedyKind::Backward)
    } else if stores_alike && theirs.backward == own.backward && theirs.forward.is_f32() && own.forward.is_below_f32() {
        Some(RemedyKind::Forward)
    } else {
        None
    }
}
