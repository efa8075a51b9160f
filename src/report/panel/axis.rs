//! Axes: what a coordinate means, and from where to where.

/// One axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What it shows: `noise / signal`.
    pub name: String,
    /// What a coordinate means.
    pub scale: Scale,
}

/// What a coordinate means. Coordinates beyond the ends are drawn on the frame, so that ±∞ are its edges.
#[derive(Clone, Debug, PartialEq)]
pub enum Scale {
    /// Numbers from the least to the greatest, in tenths of powers of ten.
    Linear(f64, f64),
    /// Whole numbers (steps, bits), between the least and the greatest.
    Whole(f64, f64),
    /// Per cent, as Linear.
    Percent(f64, f64),
    /// Logarithms, labelled with powers of the base.
    Powers(Powers),
    /// log₁₀ of numbers that are labelled as decimals (a loss): 0.5, 1, 2.
    Decimals(f64, f64),
    /// Layers by their number; each has a column one wide around it. The last is the head.
    Layers(usize, usize),
    /// Places with a label each, at 0, 1, 2, …; each has a column one wide around it.
    Places(Vec<String>),
    /// Lanes from above, at 0, 1, 2, …, in groups that lines separate.
    Lanes(Vec<Group>),
}

/// Logarithms to a base.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Powers {
    /// 10 or 2.
    pub base: u32,
    /// The least exponent.
    pub low: f64,
    /// The greatest exponent.
    pub high: f64,
    /// Below this exponent the axis is compressed.
    pub knee: Option<f64>,
    /// The labels of a row below the axis for −∞ and of one above it for +∞: without one, they are on the frame.
    pub beyond: [Option<&'static str>; 2],
}

/// Lanes that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The group's name, left of its lanes; empty where the lanes have names.
    pub name: String,
    /// The lanes' names, left of them; empty ones where the group has a name or words stand beside them.
    pub lanes: Vec<String>,
}

/// The least and the greatest of numbers.
pub fn ends(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |ends: Option<(f64, f64)>, x| {
        let (low, high) = ends.unwrap_or((x, x));
        Some((low.min(x), high.max(x)))
    })
}

impl Default for Scale {
    fn default() -> Scale {
        Scale::Linear(0.0, 1.0)
    }
}

impl Axis {
    /// An axis with a name.
    pub fn new(name: impl Into<String>, scale: Scale) -> Axis {
        Axis { name: name.into(), scale }
    }

    /// The layers of a network, from the input side.
    pub fn layers((first, last): (usize, usize)) -> Axis {
        Axis::new("layer (1 = input side, head last)", Scale::Layers(first, last))
    }

    /// Updates so far.
    pub fn steps(last: usize) -> Axis {
        Axis::new("step (number of updates so far)", Scale::Whole(0.0, (last as f64).max(1.0)))
    }
}

impl Powers {
    /// Powers of ten between two exponents.
    pub fn of_ten(low: f64, high: f64) -> Powers {
        Powers { base: 10, low, high, knee: None, beyond: [None; 2] }
    }

    /// Powers of two between two exponents.
    pub fn of_two(low: f64, high: f64) -> Powers {
        Powers { base: 2, ..Powers::of_ten(low, high) }
    }
}
