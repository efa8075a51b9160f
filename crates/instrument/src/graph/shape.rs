//! Shapes of the values of a graph.

/// The shape of a value: a matrix of features × columns, where a column is one position of one sample and the position varies
/// fastest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub features: usize,
    /// Columns of one sample.
    pub positions: usize,
    /// Samples of the batch.
    pub samples: usize,
}

impl Shape {
    /// One position for each sample, as in a multilayer perceptron.
    pub const fn of_samples(features: usize, samples: usize) -> Shape {
        Shape { features, positions: 1, samples }
    }

    /// Rows and columns.
    pub fn dim(self) -> (usize, usize) {
        (self.features, self.positions * self.samples)
    }

    /// The same columns with other rows.
    pub fn with_features(self, features: usize) -> Shape {
        Shape { features, ..self }
    }
}
