//! The figure of an activation, from its facts: the range of x, points of the curves, and dots at jumps.

use crate::activation::double::{derivative_f64, value_f64};
use crate::activation::{Activation, Break, Facts, JointFacts, Phase, PieceFacts, Side};
use crate::probe;
use crate::report::facts::change_per_layer;
use crate::report::graph::{Dot, Function, Graph, Joint};
use crate::report::numbers::{Notation::Typeset, short};

/// Default half-length of the x axis.
const HALF: f64 = 4.0;
/// Length shown beyond the farthest breakpoint.
const BEYOND: f64 = 1.0;
/// Smaller features get an axis of their own size.
const SMALL: f64 = 0.05;
/// Half-length of that axis, in units of the feature.
const SMALL_HALF: f64 = 40.0;
/// Points of a curved segment.
const POINTS: usize = 240;
/// Smallest height of the y axis, as a fraction of the curve's value, for curves that hardly change.
const LEAST_HEIGHT: f64 = 0.05;

/// The figure.
pub fn of(activation: &Activation, facts: &Facts) -> Graph {
    let half = half(activation, &facts.joints);
    let curve = |name, f: fn(&Activation, f64) -> f64, side: fn(&Side) -> f64, degree| {
        curve(facts, half, name, &|x| f(activation, x), side, degree)
    };
    let joint = |joint: &JointFacts| {
        let is_kink = joint.breaks > Break::Curvature;
        let words = if is_kink { "kink at" } else { "breakpoint at" };
        Joint { at: joint.at, is_kink, label: format!("{words} {}", exact(joint.at)) }
    };
    Graph {
        name: facts.name.clone(),
        formula: facts.formula.to_string(),
        x: (-half, half),
        functions: [
            curve("φ", value_f64, |side| side.value, 1),
            curve("φ'", derivative_f64, |side| side.derivative, 2),
        ],
        joints: facts.joints.iter().map(joint).collect(),
        caption: caption(facts),
    }
}

/// Half-length of the x axis: 4, or more if breakpoints (plus 1 or a tenth) or a slower bend need it, or less for tiny
/// features.
fn half(activation: &Activation, joints: &[JointFacts]) -> f64 {
    let bend = 1.0 / activation.sharpness();
    let farthest = joints.iter().map(|joint| joint.at.abs()).fold(0.0, f64::max);
    let feature = if farthest > 0.0 { bend.min(farthest) } else { bend };
    if feature < SMALL && farthest < SMALL {
        return SMALL_HALF * feature;
    }
    HALF.max(HALF * bend).max(farthest + BEYOND.max(0.1 * farthest))
}

/// φ (`degree` 1) or φ' (`degree` 2): a segment is straight if the derivative of that degree is constant.
fn curve(
    facts: &Facts,
    half: f64,
    name: &'static str,
    f: &dyn Fn(f64) -> f64,
    side: fn(&Side) -> f64,
    degree: u8,
) -> Function {
    let mut stretches: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    let mut dots = Vec::new();
    for (index, piece) in facts.pieces.iter().enumerate() {
        let before = index.checked_sub(1).map(|below| &facts.joints[below]);
        let first = before.map_or((-half, f(-half)), |joint| (joint.at, side(&joint.above)));
        let last = facts.joints.get(index).map_or((half, f(half)), |joint| (joint.at, side(&joint.below)));
        // A repeated point does not start another stretch.
        if let Some(joint) = before.filter(|joint| side(&joint.below) != side(&joint.above)) {
            dots.extend(ends(joint, side));
            stretches.push(Vec::new());
        }
        let Some(stretch) = stretches.last_mut() else { continue };
        if stretch.last() != Some(&first) {
            stretch.push(first);
        }
        stretch.extend(between(first.0, last.0, is_straight(piece, degree)).map(|x| (x, f(x))));
        stretch.push(last);
    }
    let heights = stretches.iter().flatten().chain(dots.iter().map(|dot: &Dot| &dot.at)).map(|(_, y)| *y);
    // Zero is always visible.
    let (low, high) = heights.fold((0f64, 0f64), |(low, high), y| (low.min(y), high.max(y)));
    let least = LEAST_HEIGHT * low.abs().max(high.abs()).max(f64::MIN_POSITIVE);
    Function { name, y: if high - low < least { (low - 1.0, high + 1.0) } else { (low, high) }, stretches, dots }
}

/// Both ends of a jump, and the value between them if it is neither.
fn ends(joint: &JointFacts, side: fn(&Side) -> f64) -> Vec<Dot> {
    let here = side(&joint.here);
    let limits = [side(&joint.below), side(&joint.above)].into_iter().filter(|limit| *limit != here);
    let open = limits.map(|y| Dot { at: (joint.at, y), closed: false });
    open.chain([Dot { at: (joint.at, here), closed: true }]).collect()
}

fn is_straight(piece: &PieceFacts, degree: u8) -> bool {
    piece.polynomial.is_some_and(|polynomial| degree == 2 || polynomial.a == 0.0)
}

/// Arguments within a segment.
fn between(from: f64, to: f64, is_straight: bool) -> impl Iterator<Item = f64> {
    let count = if is_straight { 0 } else { POINTS };
    (1..count).map(move |index| from + (to - from) * (index as f64 / count as f64))
}

/// A breakpoint with all its digits: two breakpoints may differ only in the last ones.
fn exact(at: f64) -> String {
    at.to_string().replace('-', "−")
}

fn caption(facts: &Facts) -> Vec<String> {
    let mut caption = vec![facts.name.clone()];
    caption.extend(facts.constants.iter().cloned());
    caption.push(format!("gain {} keeps the variance at 1", short(facts.preserving_gain, Typeset)));
    caption
        .push(format!("at that gain {}", change_per_layer(facts.chi1, Phase::of(facts.chi1), facts.unstable, Typeset)));
    if !facts.at_joints.is_empty() {
        caption.push(format!("φ' at breakpoints: {}", facts.at_joints));
    }
    caption.extend([facts.torch.to_string(), facts.paper.to_string()].into_iter().filter(|words| !words.is_empty()));
    caption.push(format!("precision-probe {}", probe::VERSION));
    caption
}
