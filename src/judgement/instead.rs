//! Which arithmetics of a run's list may replace another one, and the cost of each remedy.

use super::remedy::RemedyName;
use crate::arithmetic::{ArithmeticName, Policy};
use crate::format::{F32, Format};
use crate::record::{ArithmeticRun, Remedy, RemedyKind};

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
    let (own, theirs) = (policy(subject)?, policy(other)?);
    let was_tried =
        |remedy: &Remedy| remedy.kind != RemedyKind::LossScaling && Policy::parse(&remedy.name).as_ref() == Ok(&theirs);
    if own == theirs || subject.remedies.iter().any(was_tried) {
        return None;
    }
    if let Some(kind) = change(&own, &theirs) {
        let log2_loss_scale = other.log2_loss_scale.unwrap_or(0);
        let name = RemedyName::Change { kind, name: other.name.clone(), log2_loss_scale };
        return Some((name, (cost_of_change(kind), 0, place)));
    }
    let name = RemedyName::Arithmetic { name: other.name.clone() };
    let is_narrower = [own.forward, own.backward].iter().any(|role| role.format.precision < F32.precision);
    if theirs == Policy::from(ArithmeticName::plain(F32)) && is_narrower {
        return Some((name, (COST_OF_F32, 0, place)));
    }
    let bits = widest(&theirs)?;
    let allowed = widest(&own).unwrap_or(0).max(ALWAYS_ALLOWED_BITS);
    (bits <= allowed).then_some((name, (COST_OF_LISTED, bits, place)))
}

/// The policy of an arithmetic; `None` for gradients from another program.
fn policy(arithmetic: &ArithmeticRun) -> Option<Policy> {
    Policy::parse(arithmetic.policy.as_ref().unwrap_or(&arithmetic.name)).ok()
}

/// The change of a policy that another one is.
fn change(own: &Policy, theirs: &Policy) -> Option<RemedyKind> {
    let f32 = ArithmeticName::plain(F32);
    let summed_in_f32 = |name: ArithmeticName| match name.accumulator.precision < F32.precision {
        true => name.summed_in(F32),
        false => name,
    };
    // The parameters of an arithmetic without roles enter the f32 role exactly.
    let stores_alike = theirs.storage == own.storage || theirs.storage.is_none() && own.plain().is_some();
    let is_narrower = |name: ArithmeticName| name.format.precision < F32.precision;
    let summed = (summed_in_f32(own.forward), summed_in_f32(own.backward));
    if theirs.storage == own.storage && (theirs.forward, theirs.backward) == summed {
        Some(RemedyKind::Accumulator)
    } else if stores_alike && theirs.forward == own.forward && theirs.backward == f32 && is_narrower(own.backward) {
        Some(RemedyKind::Backward)
    } else if stores_alike && theirs.backward == own.backward && theirs.forward == f32 && is_narrower(own.forward) {
        Some(RemedyKind::Forward)
    } else {
        None
    }
}

/// Bits of the widest format in which a policy stores or computes, except accumulators; `None` for unbounded exponents.
fn widest(policy: &Policy) -> Option<u32> {
    let formats = [Some(policy.forward.format), Some(policy.backward.format), policy.storage];
    let bits = |format: Format| format.max_exponent().map(|_| format.code_bits());
    formats.into_iter().flatten().map(bits).collect::<Option<Vec<u32>>>()?.into_iter().max()
}
