//! φ and φ' of an activation against x: the curves in stretches, what jumps, and the words around them.

/// The picture of one activation; it is made of the catalogue's facts, not of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The activation and what is drawn.
    pub title: String,
    /// φ(x) in a formula.
    pub formula: String,
    /// Both ends of the x axis.
    pub x: (f64, f64),
    /// φ, then φ'.
    pub curves: [GraphCurve; 2],
    /// The joints from the left.
    pub joints: Vec<GraphJoint>,
    /// Everything else worth knowing, in pieces that may be broken into lines.
    pub caption: Vec<String>,
}

/// One function.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphCurve {
    /// `φ`, `φ'`.
    pub name: &'static str,
    /// Both ends of the axis upwards.
    pub y: (f64, f64),
    /// Points joined by lines; a new stretch begins where the function jumps.
    pub stretches: Vec<Vec<(f64, f64)>>,
    /// The ends of the stretches where it jumps.
    pub dots: Vec<Dot>,
}

/// One side of a jump.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Its place.
    pub at: (f64, f64),
    /// Whether the function has this value there; else it is the limit from one side.
    pub closed: bool,
}

/// Where two formulas meet.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphJoint {
    /// The argument.
    pub at: f64,
    /// Whether φ or φ' jumps there.
    pub is_kink: bool,
    /// `kink at −3`.
    pub label: String,
}

impl Graph {
    /// Whether any joint is a kink, and whether any is not.
    pub fn has(&self, is_kink: bool) -> bool {
        self.joints.iter().any(|joint| joint.is_kink == is_kink)
    }
}
