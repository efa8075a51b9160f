//! Activations that are polynomials on every piece.

use super::{
    Activation, Entry, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, Identity, Leaky, Prelu, Relu, Relu6, ReluSquared,
    Rrelu, Softshrink, Threshold,
};
use crate::activation::about::{About, Kind, LIMIT, POSITIVE, Symbol};
use crate::activation::piece::Break::{Curvature, Slope, Value};
use crate::activation::piece::Joint;
use crate::activation::polynomial::{Pieces, Quadratic};
use crate::format::GRID;

const ZERO: Quadratic = Quadratic::constant(0.0);
const X: Quadratic = Quadratic::slope(1.0);

/// What jumps at 0 if the slope left of it is this one, and 1 on the right.
fn at_zero(slope: f64) -> Joint {
    Joint::left(0.0, if slope == 1.0 { Curvature } else { Slope })
}

impl Entry for Relu {
    const ABOUT: &'static About = &About {
        name: "relu",
        formula: "x if x > 0, else +0",
        at_joints: "0: `threshold_backward` is 0 at 0",
        torch: "torch.nn.ReLU",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::two(at_zero(0.0), [ZERO, X])
    }

    fn linear_slopes(&self) -> Option<(f64, f64)> {
        Some((0.0, 1.0))
    }
}

impl Entry for Leaky {
    const ABOUT: &'static About = &About {
        name: "leaky",
        aliases: &["leaky_relu", "lrelu"],
        parameters: &[Symbol::new("SLOPE", "the slope", "slope", Kind::Slope)],
        example: "leaky:0.2",
        formula: "x if x > 0, else slope·x",
        at_joints: "the slope: `x > 0 ? 1 : slope`",
        torch: "torch.nn.LeakyReLU",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::two(at_zero(self.slope), [Quadratic::slope(self.slope), X])
    }

    fn linear_slopes(&self) -> Option<(f64, f64)> {
        Some((self.slope, 1.0))
    }
}

impl Entry for Prelu {
    const ABOUT: &'static About = &About {
        name: "prelu",
        aliases: &["parametric_relu"],
        parameters: &[Symbol::new("SLOPE", "the slope", "initial slope", Kind::Slope)],
        example: "prelu:0.25",
        formula: "x if x > 0, else s·x, s learned",
        at_joints: "s",
        torch: "torch.nn.PReLU, initial value 0.25",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::two(at_zero(self.slope), [Quadratic::slope(self.slope), X])
    }

    fn linear_slopes(&self) -> Option<(f64, f64)> {
        Some((self.slope, 1.0))
    }
}

impl Rrelu {
    /// The slope outside training: (lower + upper)/2 on the grid of parameters.
    fn evaluation_slope(&self) -> f64 {
        GRID.round_f64(0.5 * (self.lower + self.upper))
    }
}

impl Entry for Rrelu {
    const ABOUT: &'static About = &About {
        name: "rrelu",
        aliases: &["randomized_relu"],
        parameters: &[
            Symbol::new("LOWER", "the lower slope", "lower slope", Kind::Range(0.0..=1e4)),
            Symbol::new("UPPER", "the upper slope", "upper slope", Kind::Range(0.0..=1e4)),
        ],
        example: "rrelu:0.125:0.25",
        formula: "x if x > 0, else x·(lower + upper)/2",
        at_joints: "that slope",
        torch: "torch.nn.RReLU in evaluation (1/8, 1/3)",
        ..About::NONE
    };

    fn checked(self) -> Result<Activation, &'static str> {
        if self.lower <= self.upper { Ok(self.into()) } else { Err("the first slope must not be above the second") }
    }

    fn constants(&self) -> Vec<String> {
        vec![format!("evaluation slope = {}", self.evaluation_slope())]
    }

    fn pieces(&self) -> Pieces {
        Pieces::two(at_zero(self.evaluation_slope()), [Quadratic::slope(self.evaluation_slope()), X])
    }

    fn linear_slopes(&self) -> Option<(f64, f64)> {
        Some((self.evaluation_slope(), 1.0))
    }
}

impl Entry for Relu6 {
    const ABOUT: &'static About = &About {
        name: "relu6",
        formula: "x clamped to [0, 6]",
        at_joints: "0 at 0 and 6: `hardtanh_backward` is 0 at both",
        torch: "torch.nn.ReLU6",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::three([Joint::left(0.0, Slope), Joint::right(6.0, Slope)], [ZERO, X, Quadratic::constant(6.0)])
    }
}

impl Entry for Hardtanh {
    const ABOUT: &'static About = &About {
        name: "hardtanh",
        aliases: &["clamp"],
        parameters: &[
            Symbol::new("LOW", "the least value", "least", LIMIT),
            Symbol::new("HIGH", "the largest value", "largest", LIMIT),
        ],
        example: "hardtanh:-2:2",
        formula: "x clamped to [low, high]",
        at_joints: "0 at both ends: `x <= min or x >= max ? 0 : 1`",
        torch: "torch.nn.Hardtanh",
        ..About::NONE
    };

    fn checked(self) -> Result<Activation, &'static str> {
        if self.low < self.high { Ok(self.into()) } else { Err("the first value must be below the second") }
    }

    fn pieces(&self) -> Pieces {
        Pieces::three(
            [Joint::left(self.low, Slope), Joint::right(self.high, Slope)],
            [Quadratic::constant(self.low), X, Quadratic::constant(self.high)],
        )
    }
}

impl Entry for Hardsigmoid {
    const ABOUT: &'static About = &About {
        name: "hardsigmoid",
        formula: "(x + 3)/6 clamped to [0, 1]",
        at_joints: "0 at ±3: `x > -3 and x < 3 ? 1/6 : 0`",
        torch: "torch.nn.Hardsigmoid",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::three(
            [Joint::left(-3.0, Slope), Joint::right(3.0, Slope)],
            [ZERO, Quadratic::new(0.0, 1.0, 3.0, 6.0), Quadratic::constant(1.0)],
        )
    }
}

impl Entry for Hardswish {
    const ABOUT: &'static About = &About {
        name: "hardswish",
        formula: "0 up to −3, x(x + 3)/6 up to 3, then x",
        at_joints: "0 at −3, 1 at 3: since pull request 148049; before, −1/2 and 3/2",
        torch: "torch.nn.Hardswish",
        paper: "Howard et al. 2019",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::three(
            [Joint::left(-3.0, Slope), Joint::right(3.0, Slope)],
            [ZERO, Quadratic::new(1.0, 3.0, 0.0, 6.0), X],
        )
    }
}

impl Entry for Softshrink {
    const ABOUT: &'static About = &About {
        name: "softshrink",
        aliases: &["soft_threshold"],
        parameters: &[Symbol::new("LAMBDA", "lambda", "lambda", POSITIVE)],
        example: "softshrink:0.25",
        formula: "x + λ below −λ, x − λ above λ, else 0",
        at_joints: "0: `-λ <= x <= λ ? 0 : 1`",
        torch: "torch.nn.Softshrink",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::three(
            [Joint::right(-self.lambda, Slope), Joint::left(self.lambda, Slope)],
            [Quadratic::shifted(self.lambda), ZERO, Quadratic::shifted(-self.lambda)],
        )
    }
}

impl Entry for Hardshrink {
    const ABOUT: &'static About = &About {
        name: "hardshrink",
        parameters: &[Symbol::new("LAMBDA", "lambda", "lambda", POSITIVE)],
        example: "hardshrink:0.25",
        formula: "x where |x| > λ, else +0",
        at_joints: "0: `-λ <= x <= λ ? 0 : 1`, as softshrink",
        torch: "torch.nn.Hardshrink",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::three([Joint::right(-self.lambda, Value), Joint::left(self.lambda, Value)], [X, ZERO, X])
    }
}

impl Entry for Threshold {
    const ABOUT: &'static About = &About {
        name: "threshold",
        aliases: &["truncated_relu"],
        parameters: &[
            Symbol::new("THRESHOLD", "the threshold", "threshold", LIMIT),
            Symbol::new("VALUE", "the value", "value", LIMIT),
        ],
        example: "threshold:0.1:20",
        formula: "x if x > threshold, else value",
        at_joints: "0: `threshold_backward` is 0 up to the threshold",
        torch: "torch.nn.Threshold, which has no defaults",
        paper: "threshold 1, value 0 is the truncated rectifier of Konda, Memisevic, Krueger 2015",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::two(
            Joint::left(self.threshold, if self.threshold == self.value { Slope } else { Value }),
            [Quadratic::constant(self.value), X],
        )
    }
}

impl Entry for ReluSquared {
    const ABOUT: &'static About = &About {
        name: "relu2",
        aliases: &["relu_squared", "squared_relu"],
        formula: "x² if x > 0, else +0",
        at_joints: "0, from both sides",
        torch: "the square of torch.nn.ReLU",
        paper: "So et al. 2021 (Primer)",
        ..About::NONE
    };

    fn pieces(&self) -> Pieces {
        Pieces::two(Joint::left(0.0, Curvature), [ZERO, Quadratic::new(1.0, 0.0, 0.0, 1.0)])
    }
}

impl Entry for Identity {
    const ABOUT: &'static About =
        &About { name: "identity", aliases: &["linear"], formula: "x", torch: "torch.nn.Identity", ..About::NONE };

    fn pieces(&self) -> Pieces {
        Pieces::whole(X)
    }

    fn linear_slopes(&self) -> Option<(f64, f64)> {
        Some((1.0, 1.0))
    }
}
