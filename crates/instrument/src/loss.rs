//! The loss of a network, and its two spellings.

/// A loss, averaged over the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Softmax cross-entropy with one class per sample: (1/B)·Σ_s (log Σ_k e^{y_k} − y_label).
    CrossEntropy,
    /// Mean over batch and outputs: (1/(B·n))·Σ_s Σ_k (y_k − t_k)².
    MeanSquaredError,
}

impl Loss {
    /// Both losses: in words, and as `--loss` takes them.
    pub const ALL: [(Loss, &str, &str); 2] =
        [(Loss::CrossEntropy, "cross-entropy", "cross-entropy"), (Loss::MeanSquaredError, "mean squared error", "mse")];

    /// In words: `cross-entropy`, `mean squared error`.
    pub fn name(self) -> &'static str {
        self.spelled().1
    }

    /// The value of `--loss`: `cross-entropy`, `mse`.
    pub fn option(self) -> &'static str {
        self.spelled().2
    }

    fn spelled(self) -> (Loss, &'static str, &'static str) {
        let found = Loss::ALL.into_iter().find(|(loss, ..)| *loss == self);
        found.expect("invariant: every loss is listed")
    }

    /// Reads a value of `--loss`.
    ///
    /// # Errors
    /// Any other value.
    pub fn parse(text: &str) -> Result<Loss, String> {
        let found = Loss::ALL.into_iter().find(|(.., option)| *option == text);
        found.map(|(loss, ..)| loss).ok_or_else(|| format!("unknown loss `{text}`; give cross-entropy or mse"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_back() {
        for (loss, name, option) in Loss::ALL {
            assert_eq!((loss.name(), loss.option(), Loss::parse(option)), (name, option, Ok(loss)));
        }
        assert!(Loss::parse("hinge").unwrap_err().contains("cross-entropy or mse"));
    }
}
