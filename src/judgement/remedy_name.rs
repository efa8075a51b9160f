//! What a remedy is called.

use crate::record::RemedyKind;
use schemars::JsonSchema;
use serde::Serialize;

/// A remedy: a change that was tried, or an arithmetic of the list.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "remedy", rename_all = "snake_case")]
pub enum RemedyName {
    /// A change of the arithmetic.
    Change {
        /// Which.
        kind: RemedyKind,
        /// The arithmetic or policy with it.
        name: String,
        /// log₂ of the loss scale it ran with.
        log2_loss_scale: i32,
    },
    /// Another arithmetic of the list.
    Arithmetic {
        /// Canonical name.
        name: String,
    },
}

impl RemedyName {
    /// The arithmetic or policy that it runs with.
    pub fn precision(&self) -> &str {
        match self {
            RemedyName::Change { name, .. } | RemedyName::Arithmetic { name } => name,
        }
    }
}
