//! An audit's judgement in words: pass or fail, why, and which arithmetic would explain the gradients.

use super::{Audit, rounded};
use crate::judgement::Tensor;
use crate::judgement::audit::{
    AuditJudgement, Factor, FactorKind, LayerAudit, ModelJudgement, Outcome, Standing, ZeroPlace,
};
use crate::record::Number;
use crate::report::numbers::{Notation, power, short};
use crate::report::say;

impl Audit<'_> {
    /// The answer: it begins with PASS or FAIL, and its first sentence also says where no format could help.
    pub fn answer(&self, notation: Notation) -> String {
        let judgement = &self.judgement;
        let verdict = if judgement.outcome.is_pass() { "PASS" } else { "FAIL" };
        let hint = match &judgement.outcome {
            Outcome::ConstantFactor { factor, .. } => hint(factor),
            _ => "",
        };
        let exact = fault(judgement, notation).map_or(String::new(), |fault| format!("; {fault}"));
        let mut sentences = vec![format!("{verdict} {}: {}{hint}{exact}", self.name, why(judgement, notation))];
        sentences.extend(nearest(judgement, notation));
        sentences.extend(unjudged(judgement.judged()));
        sentences.push(closeness(judgement));
        sentences.iter().map(|sentence| format!("{sentence}.")).collect::<Vec<_>>().join(" ")
    }
}

/// What the exact gradient does where the network itself is at fault: it is zero, or vanishes by depth.
fn fault(judgement: &AuditJudgement, notation: Notation) -> Option<String> {
    let claim = say::exact::claim(&judgement.exact, notation).filter(|_| judgement.exact.is_network_fault)?;
    Some(format!("the exact gradient of layer 1 {claim}, so no format helps"))
}

/// One sentence for standard error: what failed, in which layer, by how much, and the threshold; `None` if all passed.
pub fn failure(audits: &[Audit]) -> Option<String> {
    let failed: Vec<&AuditJudgement> =
        audits.iter().map(|audit| &audit.judgement).filter(|judgement| !judgement.outcome.is_pass()).collect();
    let first = failed.first()?;
    let others = match failed.len() - 1 {
        0 => String::new(),
        others => format!("; {others} more of {} files failed", audits.len()),
    };
    let worst = first.worst().or_else(|| first.models.iter().find_map(ModelJudgement::worst));
    let noisiest = || {
        let layers = first.judged().layers.iter().filter(|layer| !layer.noise.value().is_nan());
        layers.max_by(|one, other| one.noise.value().total_cmp(&other.noise.value()))
    };
    let measured = match (&first.outcome, worst) {
        (Outcome::Excess { .. }, _) => String::new(),
        (_, Some(layer)) => {
            format!(" (worst excess {} bits in layer {})", bits(layer.excess, Notation::Plain), layer.layer)
        }
        (_, None) => noisiest().map_or(String::new(), |layer| {
            format!(" (its noise/signal in layer {} is {})", layer.layer, short(layer.noise.value(), Notation::Plain))
        }),
    };
    let threshold = short(first.threshold, Notation::Plain);
    Some(format!("{}: {}{measured}; --max-excess is {threshold}{others}", first.name, why(first, Notation::Plain)))
}

/// The reason, without a full stop.
pub(super) fn why(judgement: &AuditJudgement, notation: Notation) -> String {
    let model = judgement.judged();
    let name = &model.name;
    let threshold = allowed(judgement.threshold, notation);
    match &judgement.outcome {
        Outcome::Pass => {
            let worst = judgement.worst().map_or(String::new(), |layer| {
                format!(" (worst: {} bits, layer {})", bits(layer.excess, notation), layer.layer)
            });
            format!("its error is what {name} would give, within {threshold}{worst}")
        }
        Outcome::AllZero { places, of } => zeros(places, *of, model),
        Outcome::ConstantFactor { factor, model, layers } => {
            let name = &judgement.models[*model].name;
            let whole = if *layers == 1 { "its one layer".into() } else { format!("all {layers} layers") };
            format!("it is {} the gradient that {name} gives, in {whole}", multiple(factor, notation))
        }
        Outcome::ModelSaysNothing => says_nothing(judgement),
        Outcome::NothingToJudge => "no layer has both a gradient in the file and an established exact gradient".into(),
        Outcome::WrongDirection { place } => format!(
            "its gradient of layer {} points against the exact one, and that of {name} does not",
            model.layers[*place].layer
        ),
        Outcome::Excess { layers } => excess(judgement, *layers, notation),
    }
}

fn excess(judgement: &AuditJudgement, layers: usize, notation: Notation) -> String {
    let model = judgement.judged();
    let (name, threshold) = (&model.name, allowed(judgement.threshold, notation));
    let Some(worst) = model.worst() else { return String::new() };
    let judged = model.layers.iter().filter(|layer| layer.standing == Standing::Judged).count();
    let others = match layers {
        0 | 1 => String::new(),
        _ => format!(" ({layers} of {judged} layers exceed {threshold})"),
    };
    let allowed = if layers == 1 { format!(", more than {threshold}") } else { String::new() };
    let factor = worst
        .factor
        .map_or(String::new(), |factor| format!("; that layer is {} what {name} gives", multiple(&factor, notation)));
    match worst.excess {
        Some(Number::Infinite) if !worst.is_finite => {
            format!("layer {} has infinite or NaN entries, where {name} has none{others}", worst.layer)
        }
        Some(Number::Infinite) => {
            format!("layer {} has entries that should be zero, where {name} has none{others}", worst.layer)
        }
        _ => format!(
            "layer {} exceeds the error of {name} by {} bits{allowed}{others}{factor}",
            worst.layer,
            bits(worst.excess, notation).trim_start_matches('+')
        ),
    }
}

fn zeros(places: &[ZeroPlace], of: usize, model: &ModelJudgement) -> String {
    let whole: Vec<usize> = places.iter().filter(|place| place.tensor.is_none()).map(|place| place.layer).collect();
    let lost = |layer: &LayerAudit| whole.contains(&layer.layer) && layer.standing == Standing::ModelUnderflows;
    let also = match model.layers.iter().any(lost) {
        true => format!("; {} also underflows there", model.name),
        false => String::new(),
    };
    if whole.len() == of && of > 1 {
        return format!("its gradients are all zero in every layer, where the exact ones are not{also}");
    }
    let tensor = |place: &ZeroPlace| match place.tensor {
        Some(Tensor::Weight) => Some(format!("the weights of layer {}", place.layer)),
        Some(Tensor::Bias) => Some(format!("the biases of layer {}", place.layer)),
        None => None,
    };
    let mut what: Vec<String> = Vec::new();
    match whole.as_slice() {
        [] => {}
        [layer] => what.push(format!("layer {layer}")),
        layers => what.push(format!("layers {}", list(layers))),
    }
    what.extend(places.iter().filter_map(tensor));
    format!("its gradient of {} is all zero, where the exact one is not{also}", what.join(" and of "))
}

/// `1, 2 and 5`, or the first few of many.
fn list(layers: &[usize]) -> String {
    let shown: Vec<String> = layers.iter().take(6).map(usize::to_string).collect();
    match (layers.len(), shown.split_last()) {
        (more, _) if more > 6 => format!("{} and {} more", shown.join(", "), more - 6),
        (_, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => shown.join(""),
    }
}

/// `exactly 2^-16 times`, `−1 times`, `0.37 times`.
fn multiple(factor: &Factor, notation: Notation) -> String {
    let sign = if factor.is_negative { "−" } else { "" };
    let exactly = |number: String| format!("exactly {sign}{number} times");
    match factor.kind {
        FactorKind::PowerOfTwo { exponent: 0 } => exactly("1".into()),
        FactorKind::PowerOfTwo { exponent } => {
            let number = core_math::exp2(exponent.into());
            let number = if (2.0..=1024.0).contains(&number) { format!(" ({number})") } else { String::new() };
            exactly(power(2, exponent.into(), notation) + &number)
        }
        FactorKind::Integer { number } => exactly(number.to_string()),
        FactorKind::Reciprocal { number } => exactly(format!("1/{number}")),
        FactorKind::Other => format!("{sign}{} times", short(core_math::exp2(factor.log2.value()), notation)),
    }
}

/// What causes such factors.
pub(super) fn hint(factor: &Factor) -> &'static str {
    match factor.kind {
        _ if factor.is_negative => "",
        FactorKind::PowerOfTwo { .. } => " (a loss scale that was not divided out, or twice? a sum instead of a mean?)",
        FactorKind::Integer { .. } | FactorKind::Reciprocal { .. } => " (a sum instead of a mean, or the reverse?)",
        FactorKind::Other => "",
    }
}

fn says_nothing(judgement: &AuditJudgement) -> String {
    let model = judgement.judged();
    let is = |standing: Standing| model.layers.iter().any(|layer| layer.standing == standing);
    let what = match (is(Standing::ModelOverflows), is(Standing::ModelUnderflows)) {
        (true, true) => "overflows or underflows",
        (true, false) => "overflows",
        _ => "underflows",
    };
    let tried = match judgement.models.iter().filter(|model| !model.says_something()).count() {
        0 | 1 => String::new(),
        all if all == judgement.models.len() => format!(", as do the other {} that were tried", all - 1),
        _ => String::new(),
    };
    let all = if model.layers.len() == 1 { "its one layer" } else { "every layer" };
    format!(
        "not judged: {} {what} in {all}{tried}, so it says nothing about these gradients; give a model with more range, such as --as f32",
        model.name
    )
}

/// The nearest arithmetic, if it differs from the one that the outcome is about and explains more.
fn nearest(judgement: &AuditJudgement, notation: Notation) -> Option<String> {
    let place = judgement.nearest.filter(|place| *place != judgement.model && !judgement.outcome.is_pass())?;
    let model = &judgement.models[place];
    let worst = model.worst()?;
    let excess = |layer: Option<&LayerAudit>| layer.and_then(|layer| layer.excess).map_or(f64::INFINITY, Number::value);
    if excess(Some(worst)) > excess(judgement.worst()) - judgement.threshold.max(0.0) {
        return None;
    }
    let distance = model.distance.map_or("—".into(), |distance| short(distance.value(), notation));
    Some(format!(
        "Nearest of the {} models tried: {} (worst: {} bits, layer {}; distance {distance})",
        judgement.models.len(),
        model.name,
        bits(worst.excess, notation),
        worst.layer
    ))
}

/// The layers that cannot be judged, if others can.
fn unjudged(model: &ModelJudgement) -> Option<String> {
    if !model.says_something() {
        return None;
    }
    let layers = |wanted: Standing| -> Vec<usize> {
        model.layers.iter().filter(|layer| layer.standing == wanted).map(|layer| layer.layer).collect()
    };
    let name = &model.name;
    let reasons = [
        (layers(Standing::ModelOverflows), format!("{name} overflows")),
        (layers(Standing::ModelUnderflows), format!("{name} underflows")),
        (layers(Standing::NoGradient), "no gradient in the file".into()),
        (layers(Standing::NotEstablished), "the exact gradient is not established".into()),
    ];
    let groups: Vec<String> = reasons
        .into_iter()
        .filter(|(layers, _)| !layers.is_empty())
        .map(|(layers, why)| {
            let noun = if layers.len() == 1 { "layer" } else { "layers" };
            format!("{noun} {} ({why})", list(&layers))
        })
        .collect();
    (!groups.is_empty()).then(|| format!("Not judged: {}", groups.join("; ")))
}

fn closeness(judgement: &AuditJudgement) -> String {
    let (failing, asked) = judgement.refused;
    let is_pass = judgement.outcome.is_pass();
    match (failing, is_pass) {
        _ if asked == 0 => "torch.testing.assert_close has nothing to compare".into(),
        (0, false) => "torch.testing.assert_close would pass".into(),
        (0, true) => "torch.testing.assert_close also passes".into(),
        (_, false) => format!("torch.testing.assert_close fails in {failing} of {asked} layers"),
        (_, true) => format!("torch.testing.assert_close nevertheless fails in {failing} of {asked} layers"),
    }
}

/// `1 bit`, `0.3 bits`.
fn allowed(threshold: f64, notation: Notation) -> String {
    let bits = short(threshold, notation);
    if threshold == 1.0 { format!("{bits} bit") } else { format!("{bits} bits") }
}

/// `+0.45`, `−0.2`.
pub(super) fn bits(excess: Option<Number>, notation: Notation) -> String {
    let Some(bits) = excess.map(Number::value) else { return "—".into() };
    let text = short(rounded(bits), notation);
    if rounded(bits) > 0.0 { format!("+{text}") } else { text }
}
