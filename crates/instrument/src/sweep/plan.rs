//! Options → the cells of a sweep, in an order that depends on the options alone: activations first, then every other
//! axis in the order of the spec's fields, the last one fastest.

use super::axis;
use crate::activation::Activation;
use crate::arithmetic::Policy;
use crate::probe::VERSION;
use crate::probe::memory::{LawPlan, Reckoned};
use crate::record::sweep::{Axis, AxisValue, PLAN_SCHEMA, SweepPlan};
use crate::record::{Attribute, Field, Fields, Spec};
use crate::spec::fields::Wrong;
use crate::spec::{Plan, Schedule, SpecError};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

/// Most cells of a sweep.
pub const MOST: usize = 1_000_000;
/// Fields that a cell has in full.
const SHARED: [&str; 3] = ["activations", "formats", "trials"];
/// Bits of the exact gradient that each layer costs, roughly.
const BITS_PER_LAYER: u64 = 3;
/// The axis of depths, and how many make a search.
pub const DEPTH: &str = "depth";
const LEAST_DEPTHS: usize = 3;
/// How much more the precisions of at most 24 bits cost with their sources and remedies.
const ATTRIBUTED: u64 = 12;

/// A field with its values as an option takes them.
pub type Setting = (&'static Field<Spec>, String);

/// A cell before it is measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// Its place among all combinations of values, from 0.
    pub combination: usize,
    /// The first 16 hexadecimal digits of the hash of its spec and the version.
    pub id: String,
    /// An estimate of its work, to compare cells with each other.
    pub work: u64,
    /// Bytes that it needs in one thread.
    pub memory: u64,
    /// Bytes of its record.
    pub record: u64,
}

impl SweepPlan {
    /// The plan of some settings; fields without one are those of `base`.
    ///
    /// # Errors
    /// A value that cannot be read, or too many cells, in a sentence with the fix.
    pub fn of(base: Spec, settings: &[Setting]) -> Result<SweepPlan, String> {
        let (mut spec, mut axes) = (base, Vec::new());
        for field in Spec::FIELDS {
            let Some((_, text)) = settings.iter().rev().find(|(set, _)| set.name == field.name) else { continue };
            if SHARED.contains(&field.name) {
                shared(field, &mut spec, text)?;
                continue;
            }
            let values = axis::values(field, text)?;
            if let Some(first) = values.first() {
                // An axis gives values that the field takes.
                let _ = (field.set)(&mut spec, first);
            }
            if values.len() > 1 {
                axes.push(Axis { field: field.name.into(), values });
            }
        }
        for name in std::mem::take(&mut spec.activations) {
            let name = Activation::parse(name.trim())?.name();
            if !spec.activations.contains(&name) {
                spec.activations.push(name);
            }
        }
        // In canonical spelling, so that the hash does not depend on the user's.
        let precisions = Spec { formats: spec.formats, names: spec.names, ..Spec::default() };
        let Spec { formats, names, .. } = precisions.validate().map_err(|error| error.0)?.spec;
        let spec = Spec { formats, names, activations: spec.activations, ..spec };
        let schema = PLAN_SCHEMA.to_string();
        let plan = SweepPlan { schema, version: VERSION.into(), spec, axes, bisects: false, spec_hash: String::new() };
        match plan.combinations() {
            Some(cells) if cells <= MOST => Ok(SweepPlan { spec_hash: plan.hash(), ..plan }),
            _ => Err(format!("the axes make more than {MOST} cells: give fewer values")),
        }
    }

    /// The plan that measures only the depths that the bisection of horizons asks for.
    ///
    /// # Errors
    /// Too few depths, in a sentence with the fix.
    pub fn bisected(self) -> Result<SweepPlan, String> {
        let depths = self.axes.iter().find(|axis| axis.field == DEPTH).map_or(1, |axis| axis.values.len());
        if depths < LEAST_DEPTHS {
            return Err(format!(
                "--horizon looks for a depth among at least {LEAST_DEPTHS}: give more, as in --depth 5..200:log30"
            ));
        }
        let plan = SweepPlan { bisects: true, ..self };
        Ok(SweepPlan { spec_hash: plan.hash(), ..plan })
    }

    /// Of the version, the spec and the axes: equal hashes, equal sweeps.
    fn hash(&self) -> String {
        let json = serde_json::to_string(&(&self.spec, &self.axes)).expect("a plan has only serialisable fields");
        let bisects = if self.bisects { "\nbisection" } else { "" };
        let parts = [VERSION, "\n", &json, bisects];
        let digest = parts.into_iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Number of combinations of values; `None` if they are too many to count.
    fn combinations(&self) -> Option<usize> {
        let mut lengths = self.axes.iter().map(|axis| axis.values.len());
        lengths.try_fold(self.spec.activations.len(), usize::checked_mul)
    }

    /// The place of every value of a combination on its axis: the activation's, then those of the other axes.
    fn places(&self, combination: usize) -> Vec<usize> {
        let mut rest = combination;
        let lengths = self.axes.iter().map(|axis| axis.values.len()).rev();
        let mut places: Vec<usize> = lengths
            .map(|length| {
                let place = rest % length.max(1);
                rest /= length.max(1);
                place
            })
            .collect();
        places.push(rest);
        places.reverse();
        places
    }

    /// The activation of a combination.
    pub fn activation(&self, combination: usize) -> Option<&str> {
        self.spec.activations.get(*self.places(combination).first()?).map(String::as_str)
    }

    /// The plan as the bytes of `plan.json`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a plan has only serialisable fields");
        text.push('\n');
        text
    }

    /// The spec of a combination as it is asked for.
    fn spec_at(&self, combination: usize) -> Spec {
        let places = self.places(combination);
        let (first, others) = places.split_first().unwrap_or((&0, &[]));
        let activations = self.spec.activations.get(*first).cloned().into_iter().collect();
        let mut spec = Spec { activations, ..self.spec.clone() };
        for (axis, place) in self.axes.iter().zip(others) {
            if let (Some(field), Some(value)) = (axis.field(), axis.values.get(*place)) {
                // An axis gives values that the field takes.
                let _ = (field.set)(&mut spec, value);
            }
        }
        spec
    }

    /// What a cell measures, or why it measures nothing.
    pub fn cell(&self, combination: usize) -> (Spec, Result<Plan, SpecError>) {
        let asked = self.spec_at(combination);
        match asked.validate() {
            Ok(plan) => (plan.spec.clone(), Ok(plan)),
            Err(error) => (asked, Err(error)),
        }
    }

    /// The values that identify a cell as they are asked for: activation, depth and width, and those of the other axes.
    pub fn values(&self, combination: usize) -> BTreeMap<String, AxisValue> {
        let spec = &self.spec_at(combination);
        let is_told =
            |name: &str| ["depth", "width"].contains(&name) || self.axes.iter().any(|axis| axis.field == name);
        let fields = Spec::FIELDS.iter().filter(|field| is_told(field.name));
        let values = fields.filter_map(|field| Some((field.name.to_string(), AxisValue::of(field, spec)?)));
        let activation = spec.activations.iter().map(|name| ("activation".into(), AxisValue::Text(name.clone())));
        values.chain(activation).collect()
    }

    /// Every cell once, in order: combinations that mean the same network are one cell.
    ///
    /// # Errors
    /// A value with which no cell can be measured, with the fix.
    pub fn cells(&self) -> Result<Vec<Planned>, SpecError> {
        let mut seen = HashSet::new();
        let mut cells = Vec::new();
        // By axis and value: whether a cell can be measured with it.
        let mut works: Vec<Vec<bool>> = vec![vec![false; self.spec.activations.len()]];
        works.extend(self.axes.iter().map(|axis| vec![false; axis.values.len()]));
        let mut refusals = Vec::new();
        for combination in 0..self.combinations().unwrap_or(0) {
            let (spec, plan) = self.cell(combination);
            match &plan {
                Ok(_) => {
                    self.places(combination).into_iter().zip(&mut works).for_each(|(place, works)| works[place] = true)
                }
                Err(error) => refusals.push((combination, error.clone())),
            }
            let id: String = spec.hash(VERSION).chars().take(16).collect();
            if seen.insert(id.clone()) {
                let (work, memory, record) = plan.map_or((0, 0, 0), |plan| {
                    let record = crate::probe::memory::kept(&plan);
                    (work(&plan), LawPlan(plan).needs(1, Schedule::default()), record)
                });
                cells.push(Planned { combination, id, work, memory, record });
            }
        }
        let is_wrong = |combination: usize| {
            self.places(combination).into_iter().zip(&works).any(|(place, works)| works.get(place) == Some(&false))
        };
        match refusals.into_iter().find(|(combination, _)| is_wrong(*combination)) {
            Some((_, error)) => Err(error),
            None => Ok(cells),
        }
    }
}

/// Reads a field that all cells share.
fn shared(field: &Field<Spec>, spec: &mut Spec, text: &str) -> Result<(), String> {
    (field.set)(spec, text).map_err(|wrong| match wrong {
        Wrong::Sentence(sentence) => sentence,
        Wrong::Value(fix) => format!("--{} {text}: all cells share it; {fix}", field.option.long),
    })?;
    field.check(spec)
}

/// Products of the exact gradient and of every precision, each weighted by the length of its numbers: an estimate of the
/// work, to compare networks with each other.
pub fn work(plan: &Plan) -> u64 {
    let Spec { depth, width, batch, trials, .. } = plan.spec;
    let limbs = |bits: u64| 2 + bits.div_ceil(64);
    let is_attributed = |policy: &Policy| match plan.spec.attribute {
        Attribute::None => false,
        Attribute::Narrow => policy.backward.format.precision <= 24,
        Attribute::All => true,
    };
    let precision = |policy: &Policy| {
        let bits = u64::from(policy.backward.format.precision);
        let plain = if bits <= 53 && policy.backward.format.max_exponent().is_some() { 1 } else { limbs(bits) };
        plain * if is_attributed(policy) { ATTRIBUTED } else { 1 }
    };
    let exact = limbs(u64::from(plan.spec.truth_bits).saturating_add(BITS_PER_LAYER.saturating_mul(depth as u64)));
    let each = plan.arithmetics.iter().map(precision).sum::<u64>() + exact;
    // Rows of width + 16 units: even a narrow layer takes some time.
    let factors = [depth as u64 + 1, width as u64, width as u64 + 16, batch as u64, trials as u64, each];
    factors.into_iter().fold(1, u64::saturating_mul)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> &'static Field<Spec> {
        Spec::FIELDS.iter().find(|field| field.name == name).unwrap()
    }

    fn plan(settings: &[(&str, &str)]) -> Result<SweepPlan, String> {
        let (formats, attribute) = (vec!["f16".into()], Attribute::None);
        let base = Spec { width: 8, batch: 4, trials: 2, formats, attribute, ..Spec::default() };
        let settings: Vec<Setting> = settings.iter().map(|(name, text)| (field(name), text.to_string())).collect();
        SweepPlan::of(base, &settings)
    }

    /// The last axis changes fastest; axes come in the order of the spec, however they are given.
    #[test]
    fn cells_have_an_order() {
        let settings = [("width", "4,8"), ("depth", "2..8:log3"), ("activations", "relu,tanh"), ("seed", "7")];
        let planned = plan(&settings).unwrap();
        assert_eq!(planned.axes.iter().map(|axis| axis.field.as_str()).collect::<Vec<_>>(), ["depth", "width"]);
        assert_eq!((planned.spec.seed, planned.spec.depth, planned.spec.width), (7, 2, 4));
        let cells = planned.cells().unwrap();
        let specs: Vec<(String, usize, usize)> = cells
            .iter()
            .map(|cell| planned.cell(cell.combination).0)
            .map(|spec| (spec.activations[0].clone(), spec.depth, spec.width))
            .collect();
        let expected = ["relu", "tanh"].into_iter().flat_map(|name| {
            [2, 4, 8].into_iter().flat_map(move |depth| [4, 8].map(|width| (name.to_string(), depth, width)))
        });
        assert_eq!(specs, expected.collect::<Vec<_>>());
        let mut turned = settings;
        turned.reverse();
        assert_eq!(plan(&turned).unwrap(), planned);
        assert!(cells.iter().all(|cell| cell.id == planned.cell(cell.combination).0.hash(VERSION)[..16]));
    }

    /// `torch` draws biases whether they are asked for or not.
    #[test]
    fn the_same_network_is_one_cell() {
        let planned = plan(&[("init", "torch,lecun"), ("bias", "off,on")]).unwrap();
        assert_eq!((planned.combinations(), planned.cells().unwrap().len()), (Some(4), 3));
        assert_eq!(plan(&[("activations", "relu,ReLU")]).unwrap().cells().unwrap().len(), 1);
    }

    /// A value is wrong if no cell can be measured with it; else only those cells are refused.
    #[test]
    fn wrong_values_and_refused_cells() {
        let refused = |settings: &[(&str, &str)]| plan(settings).unwrap().cells().unwrap_err().0;
        assert!(refused(&[("batch", "4,5000")]).contains("at most 1797"));
        assert!(refused(&[("init", "kaiming"), ("activations", "relu,elu")]).contains("--init preserve"));
        let planned = plan(&[("init", "kaiming,lecun"), ("activations", "relu,elu")]).unwrap();
        let cells = planned.cells().unwrap();
        let is_measured = |cell: &Planned| planned.cell(cell.combination).1.is_ok();
        assert_eq!(cells.iter().map(is_measured).collect::<Vec<_>>(), [true, true, false, true]);
        assert!(plan(&[("activations", "laeky")]).unwrap_err().contains("did you mean `leaky`"));
        assert!(plan(&[("trials", "1,2")]).unwrap_err().contains("all cells share it"));
        assert!(plan(&[("seed", "1..=9999"), ("depth", "1..=9999")]).unwrap_err().contains("more than 1000000 cells"));
    }

    /// What is larger in every respect is more work.
    #[test]
    fn work_grows_with_every_size() {
        let work = |settings: &[(&str, &str)]| plan(settings).unwrap().cells().unwrap()[0].work;
        let least = work(&[]);
        for larger in [
            ("depth", "60"),
            ("width", "9"),
            ("batch", "5"),
            ("trials", "3"),
            ("formats", "f16,f32"),
            ("formats", "mpfr:40"),
            ("truth_bits", "1000"),
            ("attribute", "all"),
        ] {
            assert!(work(&[larger]) > least, "{larger:?}");
        }
    }
}
