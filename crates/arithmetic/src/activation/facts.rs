//! All facts about an activation that need no measurement, from its entry and the mean-field constants.

use super::double::{derivative_f64, value_f64};
use super::piece::{Break, Joint, Owner, Piece};
use super::{
    Activation, Growth, Parameter, Quadratic, derivative_second_moment, mean_field, preserving_gain, second_moment,
};
use serde::Serialize;

/// An activation's facts; in JSON, fields that do not apply are empty or null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facts {
    /// Canonical name, which [`Activation::parse`] reads back.
    pub name: String,
    /// Its syntax with parameters: `leaky[:SLOPE]`.
    pub grammar: String,
    /// Aliases.
    pub aliases: &'static [&'static str],
    /// φ(x).
    pub formula: &'static str,
    /// Its PyTorch equivalent.
    pub torch: &'static str,
    /// The paper that introduced it.
    pub paper: &'static str,
    /// The parameters in order.
    pub parameters: Vec<Parameter>,
    /// Every constant of φ as records and captions print it: `slope = 0.010009765625`.
    pub constants: Vec<String>,
    /// The pieces, from left to right.
    pub pieces: Vec<PieceFacts>,
    /// The joints between them.
    pub joints: Vec<JointFacts>,
    /// φ' at the joints in words, with the expression in PyTorch's kernel.
    pub at_joints: &'static str,
    /// Λ₁ over all pieces.
    pub lipschitz: Growth,
    /// Λ₂ over all pieces.
    pub curvature: f64,
    /// E[φ(Z)²], Z standard normal.
    pub second_moment: f64,
    /// E[φ'(Z)²].
    pub derivative_second_moment: f64,
    /// 1/√E[φ(Z)²].
    pub preserving_gain: f64,
    /// gain²·E[φ'(Z)²] at that gain.
    pub chi1: f64,
    /// The meaning of that χ₁.
    pub phase: String,
    /// Slope of the variance map at its fixed point 1, at that gain.
    pub variance_slope: f64,
    /// Whether the variance moves away from that fixed point, so that χ₁ drifts.
    pub unstable: bool,
}

/// A piece: its interval, its formula, and the bounds of the slopes of φ and φ'.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PieceFacts {
    /// Lower end; null is −∞.
    pub from: Option<f64>,
    /// Whether the lower end belongs to the piece.
    pub has_from: bool,
    /// Upper end; null is ∞.
    pub to: Option<f64>,
    /// Whether the upper end belongs to the piece.
    pub has_to: bool,
    /// φ, if it is a polynomial with short coefficients.
    pub polynomial: Option<Quadratic>,
    /// Λ₁ ≥ |φ'|.
    pub lipschitz: Growth,
    /// Λ₂ ≥ |φ''|.
    pub curvature: f64,
}

/// A joint: which derivative jumps, and φ and φ' around it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct JointFacts {
    /// The argument.
    pub at: f64,
    /// What is discontinuous there.
    pub breaks: Break,
    /// The limits from below.
    pub below: Side,
    /// The values at the joint itself: PyTorch's choice.
    pub here: Side,
    /// The limits from above.
    pub above: Side,
}

/// φ and φ' at a joint or on one side of it, in double precision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[allow(missing_docs)] // the fields are their names
pub struct Side {
    pub value: f64,
    pub derivative: f64,
}

impl Activation {
    /// The facts about this activation.
    pub fn facts(&self) -> Facts {
        let about = self.about();
        let gain = preserving_gain(self);
        // The fixed point 1 is reached at once, so one layer suffices.
        let field = mean_field(self, gain, 0.0, 1);
        let pieces: Vec<PieceFacts> = (0..self.pieces()).map(|index| self.piece_facts(Piece(index as u8))).collect();
        let steepest = |one: Growth, other: Growth| Growth {
            constant: one.constant.max(other.constant),
            per_reach: one.per_reach.max(other.per_reach),
        };
        Facts {
            name: self.name(),
            grammar: self.grammar(),
            aliases: self.aliases(),
            formula: about.formula,
            torch: about.torch,
            paper: about.paper,
            parameters: self.parameters(),
            constants: self.constants(),
            joints: self.joints().iter().enumerate().map(|(index, joint)| self.joint_facts(index, joint)).collect(),
            at_joints: about.at_joints,
            lipschitz: pieces.iter().map(|piece| piece.lipschitz).fold(Growth::constant(0.0), steepest),
            curvature: pieces.iter().map(|piece| piece.curvature).fold(0.0, f64::max),
            pieces,
            second_moment: second_moment(self, 1.0),
            derivative_second_moment: derivative_second_moment(self, 1.0),
            preserving_gain: gain,
            chi1: field.chi1,
            phase: field.describe(),
            variance_slope: field.variance_slope,
            unstable: field.is_unstable(),
        }
    }

    fn piece_facts(&self, piece: Piece) -> PieceFacts {
        let (joints, index) = (self.joints(), usize::from(piece.0));
        let (lower, upper) = (index.checked_sub(1).and_then(|below| joints.get(below)), joints.get(index));
        PieceFacts {
            from: lower.map(|joint| joint.at),
            has_from: lower.is_some_and(|joint| joint.owner == Owner::Right),
            to: upper.map(|joint| joint.at),
            has_to: upper.is_some_and(|joint| joint.owner == Owner::Left),
            polynomial: self.polynomial(piece),
            lipschitz: self.lipschitz(piece),
            curvature: self.curvature(piece),
        }
    }

    /// The joint between the piece of an index and the next.
    fn joint_facts(&self, index: usize, joint: &Joint) -> JointFacts {
        let here = Side { value: value_f64(self, joint.at), derivative: derivative_f64(self, joint.at) }.unsigned();
        let other = |piece: usize, beside: f64| match self.polynomial(Piece(piece as u8)) {
            Some(polynomial) => {
                Side { value: polynomial.at(joint.at), derivative: polynomial.derivative().at(joint.at) }.unsigned()
            }
            // Only selu's right piece: continuous, and of the same slope everywhere.
            None => Side { value: here.value, derivative: derivative_f64(self, beside) },
        };
        let (below, above) = match joint.owner {
            Owner::Left => (here, other(index + 1, joint.at.next_up())),
            Owner::Right => (other(index, joint.at.next_down()), here),
        };
        JointFacts { at: joint.at, breaks: joint.breaks, below, here, above }
    }
}

impl Side {
    /// −0 as 0: on a joint the sign of a zero says nothing.
    fn unsigned(self) -> Side {
        Side { value: self.value + 0.0, derivative: self.derivative + 0.0 }
    }
}
