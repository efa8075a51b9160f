//! The sites of a network: its nodes with parameters, at which gradients are measured.

use crate::graph::{Network, ParameterId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A node with parameters. Everything that is measured at it refers to it by its ordinal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// From 1 at the input, in topological order; of a multilayer perceptron 1 to L, then the head.
    pub ordinal: usize,
    /// `hidden.1`, …, `head`, or the name in the file.
    pub name: String,
    /// What the node computes.
    pub kind: SiteKind,
    /// The block of the architecture to which it belongs; absent where there are no blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    /// Names of its parameters: weight, bias, and the slope of the PReLU that follows.
    pub parameters: Vec<String>,
}

/// What a site computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SiteKind {
    /// W·a + b.
    Affine,
}

impl Site {
    /// The sites of a network from the input.
    pub fn all(network: &Network) -> Vec<Site> {
        let own = |owned: [Option<ParameterId>; 3]| {
            owned.into_iter().flatten().map(|parameter| network.parameters[parameter].name.clone()).collect()
        };
        let sites = network.sites.iter().zip(network.site_parameters()).zip(1..);
        let site = sites.map(|((site, owned), ordinal)| Site {
            ordinal,
            name: site.name.clone(),
            kind: SiteKind::Affine,
            block: None,
            parameters: own(owned),
        });
        site.collect()
    }
}
