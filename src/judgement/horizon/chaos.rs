//! The edge of chaos of a line of networks, as far as it was drawn at one.

use super::Line;
use crate::activation::{Activation, EdgePoint, Stability, edge_of_chaos};
use crate::record::Spec;
use crate::record::sweep::AxisValue;

/// A point of the edge: the standard deviation of the weights times √fan-in, and whether the variance of pre-activations
/// moves away there.
pub struct Point {
    pub gain: f64,
    pub is_unstable: bool,
}

/// The points for biases of a standard deviation; none of an initialisation whose gain means something else.
pub fn points(line: &Line, spec: &Spec, deviation: f64) -> Vec<Point> {
    let activation = match line.values.get("activation") {
        Some(AxisValue::Text(name)) if spec.init == Spec::default().init => Activation::parse(name).ok(),
        _ => None,
    };
    let found = activation.map_or_else(Vec::new, |activation| edge_of_chaos(&activation, deviation));
    let point = |point: EdgePoint| Point { gain: point.gain, is_unstable: point.stability == Stability::Unstable };
    found.into_iter().map(point).collect()
}
