//! Cells → sweep: what is concluded from all of them.

use super::cell::{Cell, Outcome};
use super::horizon::{self, Horizons};
use crate::record::sweep::SweepPlan;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the layout of `sweep.json`.
pub const SCHEMA: &str = "precision-probe-sweep/1";

/// What `sweep.json` holds: the plan, and what is concluded from its cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Name and version of the layout.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// Version of precision-probe that measured.
    pub version: String,
    /// That of the plan, as every record has it.
    pub spec_hash: String,
    /// The plan.
    pub plan: SweepPlan,
    /// Number of cells.
    pub cells: usize,
    /// Number of cells that could not be measured.
    pub failed: usize,
    /// Where which mode begins.
    pub horizons: Horizons,
}

impl Sweep {
    /// Of a plan and its cells, in the plan's order.
    pub fn of(plan: &SweepPlan, cells: impl IntoIterator<Item = Cell>) -> Sweep {
        let (mut count, mut failed) = (0, 0);
        let counted = cells.into_iter().inspect(|cell| {
            count += 1;
            failed += usize::from(matches!(cell.outcome, Outcome::Failed(_)));
        });
        let mut horizons = horizon::horizons(counted, plan.spec.seed);
        if plan.bisects {
            // One activation would seem usable to a greater depth than another where only its depths lie denser.
            horizons.rankings.clear();
        }
        let SweepPlan { version, spec_hash, .. } = plan.clone();
        Sweep { schema: SCHEMA.into(), version, spec_hash, plan: plan.clone(), cells: count, failed, horizons }
    }

    /// Reads `sweep.json`.
    ///
    /// # Errors
    /// Why it is no sweep of this version's layout.
    pub fn from_json(text: &str) -> Result<Sweep, String> {
        let sweep: Sweep = serde_json::from_str(text).map_err(|error| format!("not a sweep: {error}"))?;
        match sweep.schema == SCHEMA {
            true => Ok(sweep),
            false => Err(format!("has the schema `{}`; this version reads `{SCHEMA}`", sweep.schema)),
        }
    }

    /// As the bytes of `sweep.json`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a sweep has only serialisable fields");
        text.push('\n');
        text
    }
}
