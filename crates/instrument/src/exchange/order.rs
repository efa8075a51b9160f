//! The order of the layers of a file.
//!
//! Layers whose names differ only in their numbers are taken in the order of the numbers. Others are taken in the order of
//! the file, numbered ones among them by number, if each has as many inputs as the layer before has outputs. Everything
//! else is rejected with the names to choose from: a network in the wrong order is a different network.

use super::names::{SEPARATORS, natural, template};
use crate::nearest::nearest;
use std::collections::BTreeMap;

/// Most names that a proposal spells out; a longer one is shortened.
const MOST_NAMES: usize = 12;
/// Most units whose orders are searched; each is a level of recursion.
const MOST_UNITS: usize = 2_000;
/// Most steps of the search for orders in which the shapes fit.
const MOST_STEPS: usize = 1_000_000;

/// A layer or a slope to be put in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit<'n> {
    /// Its module, without the prefix that all modules of the file share.
    pub name: &'n str,
    /// Inputs and outputs; `None` for the slope of a PReLU, which follows its layer.
    pub sizes: Option<(usize, usize)>,
}

/// Indices from the input to the head, and a note if names alone do not decide.
pub(super) type Order = (Vec<usize>, Option<String>);

/// The order of units, given in that of the file, by their names and shapes.
///
/// # Errors
/// One sentence that names the units to choose from.
pub(super) fn by_name_or_place(units: &[Unit]) -> Result<Order, String> {
    let families = families(units);
    for family in families.values() {
        if let Some(pair) = family.windows(2).find(|pair| natural(units[pair[0]].name, units[pair[1]].name).is_eq()) {
            let (a, b) = (units[pair[0]].name, units[pair[1]].name);
            return Err(format!("layers `{a}` and `{b}` have the same number: keep one, or pick with --layers-from"));
        }
    }
    let numbered: Vec<&Vec<usize>> = families.iter().filter(|(name, _)| name.contains('#')).map(|(_, f)| f).collect();
    if families.len() == 1 {
        return Ok((numbered.first().map_or(vec![0], |family| family.to_vec()), None));
    }
    let placed = in_place(units, families.values());
    if let [a, b, ..] = numbered[..] {
        let (a, b) = (units[a[0].min(b[0])].name, units[a[0].max(b[0])].name);
        return Err(uncertain(
            units,
            &families,
            &placed,
            &format!("layers `{a}` and `{b}` differ in more than their number"),
        ));
    }
    if let Some(misfit) = misfit(units, &placed) {
        return Err(uncertain(units, &families, &placed, &misfit));
    }
    let names = joined(units, &placed, ", ");
    // Python's safetensors sorts names, so its order says nothing about the network's.
    let sorted = if units.is_sorted_by_key(|unit| unit.name) { ", which is alphabetical" } else { "" };
    let note = match fitting(units, &families).len() {
        1 => format!("layers in the order of the file: {names}; --layers-from gives another"),
        _ => format!("layers in the order of the file{sorted}: {names}; if it is another one, give --layers-from"),
    };
    Ok((placed, Some(note)))
}

/// The units of every template, in the order of their numbers.
fn families(units: &[Unit]) -> BTreeMap<String, Vec<usize>> {
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        families.entry(template(unit.name)).or_default().push(index);
    }
    families.values_mut().for_each(|family| family.sort_by(|&a, &b| natural(units[a].name, units[b].name)));
    families
}

/// The order of the file, in which each family takes its own places in the order of its numbers.
fn in_place<'f>(units: &[Unit], families: impl Iterator<Item = &'f Vec<usize>>) -> Vec<usize> {
    let mut order = vec![0; units.len()];
    for family in families {
        let mut places = family.clone();
        places.sort_unstable();
        places.into_iter().zip(family).for_each(|(place, &index)| order[place] = index);
    }
    order
}

/// Why units in this order do not form a network; `None` if they do.
fn misfit(units: &[Unit], order: &[usize]) -> Option<String> {
    let mut below: Option<Unit> = None;
    let mut has_slope = true;
    for &index in order {
        let unit = units[index];
        match (unit.sizes, below.and_then(|below| below.sizes.map(|sizes| (below.name, sizes)))) {
            (Some((inputs, _)), Some((name, (_, outputs)))) if inputs != outputs => {
                return Some(format!(
                    "in the order of the file, layer `{}` takes {inputs} inputs and the layer before, `{name}`, has {outputs} outputs",
                    unit.name
                ));
            }
            (Some(_), _) => {
                below = Some(unit);
                has_slope = false;
            }
            (None, _) if has_slope => {
                return Some(format!(
                    "in the order of the file, no layer comes right before the slope of `{}`",
                    unit.name
                ));
            }
            (None, _) => has_slope = true,
        }
    }
    let last = units[*order.last()?];
    last.sizes.is_none().then(|| format!("in the order of the file, the slope of `{}` comes last", last.name))
}

/// At most two orders of the layers, without the slopes, in which the shapes fit and each family keeps the order of its
/// numbers. A search that takes too long counts as two.
fn fitting(units: &[Unit], families: &BTreeMap<String, Vec<usize>>) -> Vec<Vec<usize>> {
    if units.len() > MOST_UNITS {
        return vec![Vec::new(); 2];
    }
    let layers = |family: &Vec<usize>| family.iter().copied().filter(|&index| units[index].sizes.is_some()).collect();
    let queues: Vec<Vec<usize>> = families.values().map(layers).collect();
    let mut search =
        Search { units, taken: vec![0; queues.len()], queues, order: Vec::new(), found: Vec::new(), steps: 0 };
    search.extend();
    if search.steps > MOST_STEPS {
        search.found.resize(2, Vec::new());
    }
    search.found
}

/// The state of a depth-first search.
struct Search<'s> {
    units: &'s [Unit<'s>],
    queues: Vec<Vec<usize>>,
    taken: Vec<usize>,
    order: Vec<usize>,
    found: Vec<Vec<usize>>,
    steps: usize,
}

impl Search<'_> {
    fn extend(&mut self) {
        self.steps += self.queues.len();
        if self.steps > MOST_STEPS || self.found.len() == 2 {
            return;
        }
        if self.taken.iter().zip(&self.queues).all(|(&taken, queue)| taken == queue.len()) {
            self.found.push(self.order.clone());
            return;
        }
        let outputs = self.order.last().and_then(|&below| self.units[below].sizes).map(|(_, outputs)| outputs);
        for family in 0..self.queues.len() {
            let Some(&next) = self.queues[family].get(self.taken[family]) else { continue };
            let fits = self.units[next].sizes.is_some_and(|(inputs, _)| outputs.is_none_or(|below| below == inputs));
            if fits {
                self.taken[family] += 1;
                self.order.push(next);
                self.extend();
                self.order.pop();
                self.taken[family] -= 1;
            }
        }
    }
}

/// The message that an order is uncertain, with the only one that fits or the names to choose from.
fn uncertain(units: &[Unit], families: &BTreeMap<String, Vec<usize>>, placed: &[usize], why: &str) -> String {
    let candidates = joined(units, placed, ", ");
    match &fitting(units, families)[..] {
        [] => format!(
            "{why}, and the shapes fit in no order: pick layers that fit with --layers-from, out of {candidates}"
        ),
        [only] => match with_slopes(units, placed, only) {
            Some(order) => {
                let names = joined(units, &order, ",");
                format!("{why}; the shapes fit in one order only: give --layers-from {names} if it is the right one")
            }
            None => format!("{why}: give layers and slopes in their order with --layers-from, out of {candidates}"),
        },
        _ => format!("{why}: give the layers in their order with --layers-from, out of {candidates}"),
    }
}

/// An order of layers with their slopes, which follow the layer before them in the file's order or that of the same
/// number.
fn with_slopes(units: &[Unit], placed: &[usize], layers: &[usize]) -> Option<Vec<usize>> {
    let placed_layers = placed.iter().copied().filter(|&index| units[index].sizes.is_some());
    if placed_layers.eq(layers.iter().copied()) && misfit(units, placed).is_none() {
        return Some(placed.to_vec());
    }
    let numbers = |index: usize| -> Vec<&str> {
        let parts = units[index].name.split(|c: char| !c.is_ascii_digit());
        parts.filter(|number| !number.is_empty()).collect()
    };
    let mut order = layers.to_vec();
    for slope in placed.iter().copied().filter(|&index| units[index].sizes.is_none()) {
        let own = numbers(slope);
        let place = order.iter().position(|&index| units[index].sizes.is_some() && numbers(index) == own)?;
        order.insert(place + 1, slope);
    }
    misfit(units, &order).is_none().then_some(order)
}

/// Names in that order; if there are many, the first ones and the last.
fn joined(units: &[Unit], order: &[usize], separator: &str) -> String {
    let names: Vec<&str> = order.iter().map(|&index| units[index].name).collect();
    match &names[..] {
        [first @ .., last] if names.len() > MOST_NAMES => {
            [&first[..MOST_NAMES - 1], &["…", last]].concat().join(separator)
        }
        _ => names.join(separator),
    }
}

/// The modules that the user names, in that order: by the whole name, by the name without the shared prefix, or by its
/// last words if only one module ends with them.
///
/// # Errors
/// One sentence with the name that is unknown, ambiguous or given twice, and the nearest one.
pub(super) fn picked(modules: &[&str], prefix: usize, given: &[String]) -> Result<Vec<usize>, String> {
    let mut order: Vec<usize> = Vec::with_capacity(given.len());
    for text in given {
        let text = text.trim();
        let ends: Vec<usize> = (0..modules.len())
            .filter(|&index| modules[index].strip_suffix(text).is_some_and(|before| before.ends_with(SEPARATORS)))
            .collect();
        let whole = modules.iter().position(|module| *module == text);
        let found = whole.or_else(|| modules.iter().position(|module| module[prefix..] == *text));
        let index = match (found, &ends[..]) {
            (Some(index), _) => index,
            _ if text.is_empty() => {
                return Err("--layers-from: a name is missing; give layers in their order, such as fc1,fc2,head".into());
            }
            (None, [index]) => *index,
            (None, [a, b, ..]) => {
                let (a, b) = (modules[*a], modules[*b]);
                return Err(format!("--layers-from: both `{a}` and `{b}` end with `{text}`; give more of the name"));
            }
            (None, []) => {
                let known = nearest(text, modules.iter().map(|module| &module[prefix..]));
                return Err(match known {
                    "" => format!("--layers-from: there is no layer `{text}`, nor any other"),
                    _ => format!("--layers-from: there is no layer `{text}`; did you mean `{known}`?"),
                });
            }
        };
        if order.contains(&index) {
            return Err(format!("--layers-from: `{text}` is given twice; a layer can be used once"));
        }
        order.push(index);
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(units: &[(&str, Option<(usize, usize)>)]) -> Result<(String, bool), String> {
        let units: Vec<Unit> = units.iter().map(|&(name, sizes)| Unit { name, sizes }).collect();
        by_name_or_place(&units).map(|(order, note)| (joined(&units, &order, ","), note.is_some()))
    }

    fn square(names: &str) -> Result<(String, bool), String> {
        order(&names.split(' ').map(|name| (name, Some((3, 3)))).collect::<Vec<_>>())
    }

    #[test]
    fn numbers_decide_first_and_the_file_second() {
        for (given, expected, has_note) in [
            ("10 2 0", "0,2,10", false),
            ("fc10 fc2 fc1", "fc1,fc2,fc10", false),
            ("b.1.fc2 b.0.fc2 b.1.fc1 b.0.fc1", "b.0.fc1,b.0.fc2,b.1.fc1,b.1.fc2", false),
            // Sorted as text, as safetensors sorts them.
            ("fc1 fc10 fc2 head", "fc1,fc2,fc10,head", true),
            ("dense dense_1 dense_10 dense_2", "dense,dense_1,dense_2,dense_10", true),
            ("stem body head", "stem,body,head", true),
        ] {
            assert_eq!(square(given), Ok((expected.to_string(), has_note)), "{given}");
        }
        let note = |names: [&str; 3]| {
            let units = names.map(|name| Unit { name, sizes: Some((3, 3)) });
            by_name_or_place(&units).unwrap().1.unwrap()
        };
        assert!(note(["body", "head", "stem"]).contains("which is alphabetical: body, head, stem; if it is another"));
        assert!(note(["stem", "body", "head"]).contains("the order of the file: stem, body, head; if it is another"));
        let slopes = [("0", Some((2, 3))), ("10", Some((3, 2))), ("1", None)];
        assert_eq!(order(&slopes), Ok(("0,1,10".into(), false)));
        // Numbers decide even where the shapes do not fit: the message about the shapes comes later.
        assert_eq!(order(&[("1", Some((3, 2))), ("0", Some((9, 8)))]), Ok(("0,1".into(), false)));
    }

    #[test]
    fn an_uncertain_order_is_refused_with_what_to_choose_from() {
        let refused = |units: &[(&str, Option<(usize, usize)>)], words: &str| {
            let message = order(units).unwrap_err();
            assert!(message.contains(words), "{message}");
        };
        let (a, b, c) = (Some((4, 3)), Some((3, 3)), Some((3, 2)));
        refused(&[("body", b), ("head", c), ("stem", a)], "one order only: give --layers-from stem,body,head if");
        refused(
            &[("body", b), ("deep", b), ("head", c), ("stem", a)],
            "layer `stem` takes 4 inputs and the layer before, `head`, has 2 outputs: give the layers in their order with --layers-from, out of body, deep, head, stem",
        );
        refused(&[("body", c), ("head", c)], "fit in no order");
        refused(
            &[("decoder.0", c), ("encoder.0", a)],
            "layers `decoder.0` and `encoder.0` differ in more than their number; the shapes fit in one order only: give --layers-from encoder.0,decoder.0 if",
        );
        refused(
            &[("act1", None), ("act2", None), ("fc1", a), ("fc2", b), ("head", c)],
            "give --layers-from fc1,act1,fc2,act2,head if",
        );
        refused(&[("0", a), ("00", a)], "layers `0` and `00` have the same number");
        refused(&[("fc1", a), ("head", c), ("prelu", None)], "the slope of `prelu` comes last: give layers and slopes");
        let many: Vec<String> = (0..40).map(|index| "x".repeat(index + 1)).collect();
        let many: Vec<(&str, Option<(usize, usize)>)> = many.iter().rev().map(|name| (name.as_str(), b)).collect();
        let misfit = [&many[..], &[("stem", a)]].concat();
        let message = order(&misfit).unwrap_err();
        assert!(message.contains("…, stem") && message.len() < 700, "{message}");
    }

    #[test]
    fn layers_are_picked_by_any_end_of_their_names() {
        let modules = ["net.a.fc1", "net.b.fc1", "net.head", "net.fc12"];
        let picks = |given: &str| {
            let given: Vec<String> = given.split(',').map(String::from).collect();
            picked(&modules, 4, &given)
        };
        assert_eq!(picks("net.b.fc1,a.fc1, head"), Ok(vec![1, 0, 2]));
        for (given, words) in [
            ("fc1", "both `net.a.fc1` and `net.b.fc1` end with `fc1`"),
            ("hed", "no layer `hed`; did you mean `head`?"),
            ("head,net.head", "`net.head` is given twice"),
            ("head,", "a name is missing"),
            // Not the end of a word.
            ("c12", "no layer `c12`; did you mean `fc12`?"),
        ] {
            let message = picks(given).unwrap_err();
            assert!(message.contains(words), "{message}");
        }
    }
}
