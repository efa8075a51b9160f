//! What holds of the judgement of any record.

use super::build::*;
use crate::common::Random;
use precision_probe::judgement::{Advice, Cause, Effect, RemedyName, enough_of, judge};
use precision_probe::record::*;
use precision_probe::statistics::quantiles;

/// Random records: shapes, verdicts that contradict each other, remedies and sources of every outcome.
struct Draw(Random);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// A cell; mostly sound where `is_mild`.
    fn cell(&mut self, is_mild: bool) -> Cell {
        let noise = core_math::exp10(self.below(400) as f64 / 100.0 - 3.0);
        match self.below(if is_mild { 40 } else { 12 }) {
            0 => OVERFLOW,
            1 => UNDERFLOW,
            2 => ZERO,
            3 => UNKNOWN,
            4 => CHAOTIC,
            _ if is_mild => (Verdict::Sound, noise.min(0.09)),
            _ if noise < 0.1 => (Verdict::Sound, noise),
            _ if noise < 1.0 => (Verdict::Noisy, noise),
            _ => (Verdict::Chaotic, noise),
        }
    }

    fn cells(&mut self, layers: usize, trials: usize) -> Vec<Vec<Cell>> {
        let is_mild = self.below(2) == 0;
        (0..layers).map(|_| (0..trials).map(|_| self.cell(is_mild)).collect()).collect()
    }

    fn record(&mut self) -> (Record, Vec<Vec<Vec<Cell>>>) {
        let (layers, trials) = (1 + self.below(4) as usize, 1 + self.below(11) as usize);
        let names = ["f16", "bf16:acc=f32", "f16:acc=f32", "f32", "e5m2", "mpfr:9", "bf16", "e4m3fn:acc=f32"];
        let count = 1 + self.below(4) as usize;
        let start = self.below(names.len() as u64) as usize;
        let listed = (0..count).map(|place| names[(start + place) % names.len()]);
        let arithmetics: Vec<_> = listed.map(|name| (name, self.cells(layers, trials))).collect();
        let mut record = record(&arithmetics);
        for run in &mut record.runs[0].arithmetics {
            let policies = [
                (RemedyKind::Accumulator, format!("{}:acc=f32", run.format.name)),
                (RemedyKind::Forward, "forward=f32/backward=f16".into()),
                (RemedyKind::Backward, "forward=f16/backward=f32".into()),
                (RemedyKind::LossScaling, run.name.clone()),
            ];
            for (kind, name) in policies {
                if self.below(3) > 0 {
                    run.remedies.push(remedy(kind, &name, &self.cells(layers, trials)));
                }
            }
            let mut sources = Vec::new();
            for source in NoiseSource::ALL {
                let without = quantiles([(Number::new(self.cell(true).1), false)].into_iter());
                let sites = (1..=layers).map(|site| {
                    let [milder, lower] = [(); 2].map(|()| Some(self.below(trials as u64 + 1) as usize));
                    SourceSite { site, alone: None, without, milder, lower }
                });
                sources.push(SourceNoise { source, sites: sites.collect() });
            }
            run.attribution = Some(Attribution { exact: "mpfr:53".into(), sources });
        }
        for layer in &mut record.runs[0].truth.sites {
            let proven = [83, 2, 5, 4].map(|bits| Evidence::Proven { bits });
            let evidence = [&[Evidence::Exact {}][..], &proven].concat();
            layer.trials.iter_mut().for_each(|trial| trial.evidence = evidence[self.below(5) as usize]);
        }
        (record, arithmetics.into_iter().map(|(_, cells)| cells).collect())
    }
}

/// The trials under a remedy, by its name.
fn trials_under(record: &Record, own: usize, cells: &[Vec<Vec<Cell>>], remedy: &RemedyName) -> Vec<WholeTrial> {
    let run = &record.runs[0];
    let recorded = |name: &String, kind: &RemedyKind| {
        let same = |one: &&Remedy| one.name == *name && one.kind == *kind;
        run.arithmetics[own].remedies.iter().find(same).and_then(|remedy| remedy.trials.clone())
    };
    let listed = |name: &String| {
        let place = run.arithmetics.iter().position(|one| one.name == *name).expect("a remedy was tried or is listed");
        let cells = &cells[place];
        (0..cells[0].len()).map(|trial| whole(cells.iter().map(|layer| layer[trial]))).collect()
    };
    match remedy {
        RemedyName::Change { kind, name, .. } => recorded(name, kind).unwrap_or_else(|| listed(name)),
        RemedyName::Arithmetic { name } => listed(name),
    }
}

/// No remedy is enough under which in any trial a layer overflows or underflows, or in more than T − k(T) trials one is not
/// sound; the advice is one that was seen.
#[test]
fn no_remedy_claims_more_than_was_seen() {
    let mut draw = Draw(Random(3));
    let (mut enough, mut gains) = (0, 0);
    for round in 0..4000 {
        let (record, cells) = draw.record();
        let judged = judged(&record);
        for (own, one) in judged.arithmetics.iter().enumerate() {
            for tried in &one.tried {
                let trials = trials_under(&record, own, &cells, &tried.remedy);
                let lost = trials.iter().any(|trial| matches!(trial.verdict, Verdict::Overflow | Verdict::Underflow));
                assert!(!lost || tried.effect == Effect::None, "{round}: {tried:?}");
                let is_unsound = |trial: &&WholeTrial| !matches!(trial.verdict, Verdict::Sound | Verdict::Zero);
                let unsound = trials.iter().filter(is_unsound).count();
                let allowed = trials.len() - enough_of(trials.len());
                assert!(tried.effect != Effect::Enough || unsound <= allowed, "{round}: {tried:?}");
                assert!(tried.effect != Effect::Gain || tried.times.value() >= 1.5, "{round}: {tried:?}");
                let is_unbounded = matches!(&tried.remedy, RemedyName::Arithmetic { name } if name.starts_with("mpfr"));
                assert!(!is_unbounded, "{round}: {tried:?}");
            }
            let effect = |place: usize| one.tried[place].effect;
            match one.remedy {
                Advice::Enough { place } => {
                    enough += 1;
                    assert_eq!(effect(place), Effect::Enough);
                    assert!((0..place).all(|before| effect(before) != Effect::Enough), "{round}: the first");
                }
                Advice::Gain { place } => {
                    gains += 1;
                    assert_eq!(effect(place), Effect::Gain);
                    assert!(one.tried.iter().all(|tried| tried.effect != Effect::Enough), "{round}");
                }
                Advice::NoneHelps => assert!(one.tried.iter().all(|tried| tried.effect == Effect::None), "{round}"),
                Advice::NotNeeded => {
                    let lost = |cell: &Cell| matches!(cell.0, Verdict::Overflow | Verdict::Underflow);
                    assert!(!cells[own].iter().flatten().any(lost), "{round}");
                }
                Advice::NoFormatHelps | Advice::NotMeasured => {}
            }
        }
    }
    assert!(enough > 100 && gains > 20, "{enough} and {gains}: the records are too tame");
}

/// No cause is named for a layer that is sound, whose noise is below four times the resolution of its truth, or by a source
/// whose removal is milder in too few trials.
#[test]
fn no_cause_claims_more_than_was_seen() {
    let mut draw = Draw(Random(4));
    let mut named = 0;
    for round in 0..4000 {
        let (record, _) = draw.record();
        let run = &record.runs[0];
        for (one, arithmetic) in judged(&record).arithmetics.iter().zip(&run.arithmetics) {
            let (source, place) = match one.cause {
                Cause::Source { source, layer, .. } => (Some(source), layer - 1),
                Cause::NoSingle { greatest, layer } => (greatest, layer - 1),
                _ => continue,
            };
            let layer = &arithmetic.sites[place];
            assert!(layer.verdict.verdict.is_ordered() && layer.verdict.verdict != Verdict::Sound, "{round}");
            let bits = |evidence: Evidence| match evidence {
                Evidence::Exact {} => f64::INFINITY,
                Evidence::Proven { bits } => f64::from(bits),
                Evidence::NotEstablished(reason) => panic!("{reason}"),
            };
            for trial in &run.truth.sites[place].trials {
                let limit = 4.0 * core_math::exp2(-bits(trial.evidence));
                assert!(layer.noise().median.value() >= limit, "{round}: {:?}", one.cause);
            }
            let Some(source) = source else { continue };
            // What is lost is lost to the range, whether its removal brings it back or not.
            let is_lost = matches!(layer.verdict.verdict, Verdict::Underflow | Verdict::Overflow);
            let is_by_definition = matches!(
                one.cause,
                Cause::Source { source: NoiseSource::Range, without: Quantiles { median: Number::None, .. }, .. }
            );
            if is_lost && is_by_definition {
                continue;
            }
            let removal = arithmetic.attribution.as_ref().unwrap().sources.iter().find(|one| one.source == source);
            let removal = &removal.unwrap().sites[place];
            let is_open = |verdict: Verdict| verdict.is_ordered() && verdict != Verdict::Sound;
            let open = layer.trials.iter().filter(|trial| is_open(trial.verdict)).count();
            let counted = if matches!(one.cause, Cause::Source { .. }) { removal.milder } else { removal.lower };
            assert!(counted.unwrap() >= enough_of(open), "{round}: {:?}", one.cause);
            named += 1;
        }
    }
    assert!(named > 1000, "{named}: the records are too tame");
}

/// What is judged depends on the record alone, and is small enough to print.
#[test]
fn a_judgement_is_the_same_twice() {
    let mut draw = Draw(Random(5));
    for _ in 0..50 {
        let (record, _) = draw.record();
        let text = |record: &Record| serde_json::to_string(&judge(record)).unwrap();
        assert_eq!(text(&record), text(&Record::from_json(&record.to_json()).unwrap()));
    }
}
