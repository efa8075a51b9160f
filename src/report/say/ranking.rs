//! Several activations on the same draws in words: exact gradients first, then which has the least noise at layer 1.

use super::exact;
use super::layer::{in_brackets, is_sound};
use super::words::{self, joined, shortened};
use crate::judgement::ranking::{LEAST_TRIALS, Ranking};
use crate::judgement::{ActivationRanking, ArithmeticJudgement, ExactState, Judgement};
use crate::record::{Record, Verdict};
use crate::report::facts;
use crate::report::numbers::Notation;

/// Most activations whose exact gradient is described one by one.
const MOST_DESCRIBED: usize = 2;

/// Most activations that a sentence names.
const MOST_NAMED: usize = 5;

/// One activation in an arithmetic.
struct Contender<'a> {
    name: &'a str,
    judged: &'a ArithmeticJudgement,
    is_measured: bool,
}

impl Contender<'_> {
    fn verdict(&self) -> Verdict {
        self.judged.first.verdict.verdict
    }

    /// Whether no trial's exact gradient is zero or unknown.
    fn is_known_in_every_trial(&self) -> bool {
        let distribution = self.judged.first.verdict.distribution.as_ref();
        distribution.is_none_or(|counts| counts.keys().all(|verdict| verdict.is_ordered()))
    }

    /// `elu (0.0365, sound)`.
    fn with_state(&self, notation: Notation) -> String {
        format!("{} ({})", self.name, in_brackets(self.judged, notation))
    }
}

/// The sentences: exact gradients that are not healthy, the ranking in the first arithmetic and in the others, what is not
/// sound in these, and the arithmetics in which all is well.
pub(super) fn sentences(record: &Record, judgement: &Judgement, notation: Notation) -> Vec<String> {
    let names: Vec<&str> = match judgement.runs.first() {
        Some(run) => run.arithmetics.iter().map(|arithmetic| arithmetic.name.as_str()).collect(),
        None => Vec::new(),
    };
    let mut sentences: Vec<String> = exact_gradients(record, judgement, notation).into_iter().collect();
    let Some((first, others)) = names.split_first() else {
        sentences.push("No precision was measured.".into());
        return sentences;
    };
    sentences.push(in_arithmetic(first, judgement, notation));
    let is_all_sound = |name: &&&str| contenders(judgement, name).iter().all(|one| is_sound(one.judged));
    let sound: Vec<&str> = others.iter().filter(is_all_sound).copied().collect();
    sentences.extend(least_in_others(judgement, others));
    sentences.extend(troubled(judgement, others, &sound));
    if !sound.is_empty() {
        let is_known = |name: &&str| contenders(judgement, name).iter().all(Contender::is_known_in_every_trial);
        // A verdict is taken over the trials whose exact gradient is known and not zero.
        let which = if sound.iter().all(is_known) { "activation" } else { "gradient that is known and not zero" };
        sentences.push(format!("In {} every {which} is sound at layer 1.", joined(&sound)));
    }
    sentences
}

/// The activation with the least noise in the other arithmetics, those with the same outcome together: `In bf16 and f32 elu
/// has the least noise; in f64 relu and elu have the least noise and cannot be told apart.` Nothing where trials are too few
/// or fewer than two activations are measured.
fn least_in_others(judgement: &Judgement, names: &[&str]) -> Option<String> {
    let outcome = |name: &str| {
        let ranking = ranking_of(judgement, name)?;
        let leading = leading(judgement, ranking)?;
        // Those that cannot be told apart are in the order asked for, so that equal outcomes read the same.
        let runs = judgement.runs.iter().map(|run| run.activation.as_str());
        let leading: Vec<String> = runs.filter(|name| leading.contains(name)).map(String::from).collect();
        let is_any_unknown = contenders(judgement, name).iter().any(|one| one.verdict() == Verdict::NotEstablished);
        let (count, measured) = (leading.len(), ranking.measured.len());
        Some(least(&shortened(leading, MOST_NAMED), count, count == measured, is_any_unknown))
    };
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for name in names {
        let Some(outcome) = outcome(name) else { continue };
        match groups.iter_mut().find(|(same, _)| *same == outcome) {
            Some((_, names)) => names.push(name),
            None => groups.push((outcome, vec![name])),
        }
    }
    let clauses: Vec<String> =
        groups.iter().map(|(outcome, names)| format!("in {} {outcome}", joined(names))).collect();
    words::sentence(&clauses)
}

/// What is not sound in the other arithmetics: `In bf16 relu and leaky are noisy; in f16 leaky is noisy.`
fn troubled(judgement: &Judgement, names: &[&str], sound: &[&str]) -> Option<String> {
    let of = |name: &&str| {
        let all = contenders(judgement, name);
        let worse: Vec<&Contender> = all.iter().filter(|one| !is_sound(one.judged)).collect();
        format!("in {name} {}", states(&worse))
    };
    let clauses: Vec<String> = names.iter().filter(|name| !sound.contains(name)).map(of).collect();
    words::sentence(&clauses)
}

/// `With relu the exact gradient of layer 1 vanishes by depth (…): no format helps; elu (0.13 of the weights) does.`
fn exact_gradients(record: &Record, judgement: &Judgement, notation: Notation) -> Option<String> {
    let claim = |place: &usize| exact::claim(&judgement.runs[*place].exact, notation);
    let (told, healthy): (Vec<usize>, Vec<usize>) = (0..judgement.runs.len()).partition(|place| claim(place).is_some());
    let measured =
        healthy.iter().copied().find(|place| judgement.runs[*place].exact.state == Some(ExactState::Healthy));
    let measured = measured.map(|place| {
        let run = &judgement.runs[place];
        let size = exact::relative(&run.exact, notation).map_or(String::new(), |size| format!(" ({size})"));
        format!("{}{size} does", run.activation)
    });
    if let [only] = told.as_slice() {
        let with = format!("With {} the exact gradient", judgement.runs[*only].activation);
        let run = record.runs.get(*only)?;
        let sentence = exact::sentence(run, &judgement.runs[*only].exact, measured.as_deref(), notation)?;
        return Some(sentence.replacen("The exact gradient", &with, 1));
    }
    if told.is_empty() {
        return None;
    }
    let brief = |place: &usize| exact::brief(&judgement.runs[*place].exact);
    // What is not known is no fault of the network, so that it gets a sentence of its own.
    let is_unknown = |place: &usize| judgement.runs[*place].exact.state == Some(ExactState::NotEstablished);
    let (unknown, told): (Vec<usize>, Vec<usize>) = told.into_iter().partition(is_unknown);
    let not_established = match unknown.as_slice() {
        [] => String::new(),
        places => format!(" It is not established with {}.", listed(judgement, places, notation)),
    };
    if told.is_empty() {
        return Some(format!("The exact gradient of layer 1:{not_established}").replacen(": It is", " is", 1));
    }
    let mut claims: Vec<&str> = told.iter().filter_map(brief).collect();
    claims.dedup();
    let mut groups: Vec<String> = Vec::new();
    for claim in claims {
        let group: Vec<usize> = told.iter().copied().filter(|place| brief(place) == Some(claim)).collect();
        let group = format!("{claim} with {}", listed(judgement, &group, notation));
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let is_fault = told.iter().any(|place| judgement.runs[*place].exact.is_network_fault);
    let end = match measured {
        Some(measured) if is_fault => format!(": no format helps; {measured}"),
        None if is_fault => ": no format helps; other inits or skips do (not measured)".into(),
        _ => String::new(),
    };
    Some(format!("The exact gradient of layer 1 {}{end}.{not_established}", joined(&groups)))
}

/// `relu (1.9e-32 of the weights), elu (in 2 of 5 trials) and 3 others`.
fn listed(judgement: &Judgement, places: &[usize], notation: Notation) -> String {
    let named = |place: &usize| {
        let run = &judgement.runs[*place];
        let note = exact::trials(&run.exact).or_else(|| exact::relative(&run.exact, notation));
        note.map_or(run.activation.clone(), |note| format!("{} ({note})", run.activation))
    };
    shortened(places.iter().map(named).collect(), MOST_DESCRIBED)
}

/// Every run in an arithmetic.
fn contenders<'a>(judgement: &'a Judgement, name: &str) -> Vec<Contender<'a>> {
    let ranking = ranking_of(judgement, name);
    let of = |(place, run): (usize, &'a crate::judgement::RunJudgement)| {
        let judged = run.arithmetics.iter().find(|arithmetic| arithmetic.name == name)?;
        let is_measured = ranking.is_some_and(|ranking| ranking.measured.contains(&place));
        Some(Contender { name: &run.activation, judged, is_measured })
    };
    judgement.runs.iter().enumerate().filter_map(of).collect()
}

fn ranking_of<'a>(judgement: &'a Judgement, name: &str) -> Option<&'a ActivationRanking> {
    judgement.rankings.iter().find(|ranking| ranking.arithmetic == name)
}

fn in_arithmetic(name: &str, judgement: &Judgement, notation: Notation) -> String {
    let opening = format!("At layer 1 in {name}");
    let all = contenders(judgement, name);
    let measured: Vec<&Contender> = all.iter().filter(|one| one.is_measured).collect();
    let others: Vec<&Contender> = all.iter().filter(|one| !one.is_measured).collect();
    let is_any_unknown = all.iter().any(|one| one.verdict() == Verdict::NotEstablished);
    if measured.is_empty() {
        let keeps = if is_any_unknown { "is known to keep" } else { "keeps" };
        return format!("{opening}, no activation {keeps} a gradient: {}.", states(&others));
    }
    let claim = match (measured.as_slice(), all.len()) {
        ([only], 2..) => {
            let has = if is_any_unknown { "is known to have" } else { "has" };
            format!(
                "only {} {has} a gradient that is neither zero nor lost to the format's range",
                only.with_state(notation)
            )
        }
        _ => ranked(&measured, ranking_of(judgement, name), judgement, is_any_unknown, notation),
    };
    let is_all_sound = all.iter().all(|one| is_sound(one.judged) && one.is_known_in_every_trial());
    let opening = if is_all_sound { format!("{opening} every activation is sound;") } else { format!("{opening},") };
    match others.is_empty() {
        true => format!("{opening} {claim}."),
        false => format!("{opening} {claim}; {}.", states(&others)),
    }
}

/// `elu (0.0365, sound) has the least noise; relu (0.4, noisy) has more`, `relu (…) and leaky (…) have the least noise and
/// cannot be told apart`; of too few trials the numbers alone. Those with more are not ranked among each other.
fn ranked(
    measured: &[&Contender],
    ranking: Option<&ActivationRanking>,
    judgement: &Judgement,
    is_any_unknown: bool,
    notation: Notation,
) -> String {
    let listed =
        |list: &[&&Contender]| shortened(list.iter().map(|one| one.with_state(notation)).collect(), MOST_NAMED);
    let everyone: Vec<&&Contender> = measured.iter().collect();
    let Some((ranking, outcome)) = ranking.and_then(|ranking| Some((ranking, ranking.ranking.as_ref()?))) else {
        return format!("the noise is {}", listed(&everyone));
    };
    if let Ranking::TooFewTrials { trials } = outcome {
        let few = if *trials == 1 { "1 trial is".into() } else { format!("{trials} trials are") };
        let made = measured.iter().map(|one| one.judged.first.verdict.of).max().unwrap_or(0);
        // Where an exact gradient is zero there is nothing to compare.
        let advice = match made {
            made if made < LEAST_TRIALS => format!("give --trials {LEAST_TRIALS}"),
            made => format!("of {made}; in the others an exact gradient is zero or unknown"),
        };
        return format!("{few} too few to rank activations ({advice}): {}", listed(&everyone));
    }
    let leading = leading(judgement, ranking).unwrap_or_default();
    let find = |name: &&str| measured.iter().find(|one| one.name == *name);
    let first: Vec<&&Contender> = leading.iter().filter_map(find).collect();
    let rest: Vec<&&Contender> = measured.iter().filter(|one| !leading.contains(&one.name)).collect();
    let claim = least(&listed(&first), first.len(), rest.is_empty(), is_any_unknown);
    match rest.as_slice() {
        [] => claim,
        [_] => format!("{claim}; {} has more", listed(&rest)),
        _ => format!("{claim}; {} have more", listed(&rest)),
    }
}

/// The activation with the least noise and those that cannot be told apart from it; `None` where trials are too few or fewer
/// than two activations are measured.
fn leading<'a>(judgement: &'a Judgement, ranking: &ActivationRanking) -> Option<Vec<&'a str>> {
    let Some(Ranking::Best { best, not_apart }) = &ranking.ranking else { return None };
    // Places among the measured are turned into activations.
    let name = |place: &usize| ranking.measured.get(*place).map(|run| judgement.runs[*run].activation.as_str());
    Some(std::iter::once(best).chain(not_apart).filter_map(name).collect())
}

/// `elu has the least noise`; of several leading activations whether others have more.
fn least(listed: &str, leading: usize, are_all: bool, is_any_unknown: bool) -> String {
    let known = if is_any_unknown { "least known noise" } else { "least noise" };
    match (leading, are_all) {
        (1, _) => format!("{listed} has the {known}"),
        (_, true) => format!("the noise of {listed} does not differ beyond chance"),
        (_, false) => format!("{listed} have the {known} and cannot be told apart"),
    }
}

/// `sigmoid underflows, relu and leaky are zero`, from harmless to severe.
fn states(list: &[&Contender]) -> String {
    let group = |verdict: &Verdict| {
        let names: Vec<String> =
            list.iter().filter(|one| one.verdict() == *verdict).map(|one| one.name.to_string()).collect();
        let predicate = facts::predicate(*verdict, names.len() > 1);
        (!names.is_empty()).then(|| format!("{} {predicate}", shortened(names, MOST_NAMED)))
    };
    Verdict::ALL.iter().filter_map(group).collect::<Vec<_>>().join(", ")
}
