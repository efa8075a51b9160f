//! What each trial does without a source and under a remedy: counted from runs that are listed besides.

use super::arithmetics;
use precision_probe::probe::{Silent, run};
use precision_probe::record::{
    ArithmeticRun, Attribute, LOWER, NoiseSource, Record, RemedyKind, SiteTrial, SourceNoise, SourceSite, Spec,
    WholeTrial, is_lower,
};

fn measured(activation: &str, bias: bool, formats: &[&str]) -> Record {
    let spec = Spec {
        activations: vec![activation.into()],
        formats: formats.iter().map(|name| (*name).to_string()).collect(),
        depth: 10,
        width: 16,
        batch: 8,
        trials: 5,
        bias,
        attribute: Attribute::All,
        ..Spec::default()
    };
    run(&spec.validate().unwrap(), &Silent)
}

fn count(plain: &ArithmeticRun, other: &ArithmeticRun, holds: impl Fn(&SiteTrial, &SiteTrial) -> bool) -> Vec<usize> {
    let of_layer = |layer: usize| {
        let pairs = plain.sites[layer].trials.iter().zip(&other.sites[layer].trials);
        pairs.filter(|(plain, other)| holds(plain, other)).count()
    };
    (0..plain.sites.len()).map(of_layer).collect()
}

/// Trials that are milder, and that have less noise, without a source.
fn counts(source: &SourceNoise) -> [Vec<usize>; 2] {
    let of = |count: fn(&SourceSite) -> Option<usize>| source.sites.iter().filter_map(count).collect();
    [of(|site| site.milder), of(|site| site.lower)]
}

/// Accumulation's removal is `sum=exact`, and that of a forward or backward role a policy with a role that is exact.
#[test]
fn trials_without_a_source_are_counted() {
    let (mut milder, mut lower) = (0, 0);
    for (activation, bias) in [("leaky", false), ("relu", true), ("sigmoid", true)] {
        let record = measured(
            activation,
            bias,
            &["f16", "f16:sum=exact", "forward=mpfr:53/backward=f16", "forward=f16/backward=mpfr:53"],
        );
        let [plain, summed, forward, backward] = arithmetics(&record) else { panic!("four arithmetics") };
        let sources = &plain.attribution.as_ref().unwrap().sources;
        let of = |source: NoiseSource| sources.iter().find(|found| found.source == source).unwrap();
        for (source, without) in
            [(NoiseSource::Accumulation, summed), (NoiseSource::Forward, forward), (NoiseSource::Backward, backward)]
        {
            let found = of(source);
            let is_milder = |plain: &SiteTrial, other: &SiteTrial| plain.verdict > other.verdict;
            let lowered = |plain: &SiteTrial, other: &SiteTrial| {
                let [plain, other] = [plain, other].map(|trial| trial.noise().0.value());
                plain / other >= LOWER
            };
            let [found_milder, found_lower] = counts(found);
            assert_eq!(found_milder, count(plain, without, is_milder), "{activation} without {}", source.name());
            assert_eq!(found_lower, count(plain, without, lowered), "{activation} without {}", source.name());
            milder += found_milder.iter().sum::<usize>();
            lower += found_lower.iter().sum::<usize>();
        }
        for source in sources {
            let counts = counts(source);
            assert_eq!(counts[0].len(), plain.sites.len());
            assert!(counts.iter().flatten().all(|count| *count <= 5));
        }
    }
    assert!(milder > 10 && lower > 50, "{milder} {lower}");
}

/// Each trial of a remedy is that of the arithmetic that it is.
#[test]
fn trials_under_a_remedy_are_those_of_its_arithmetic() {
    let formats = ["f16", "f16:acc=f32", "forward=f32/backward=f16", "forward=f16/backward=f32"];
    for (activation, bias) in [("leaky", true), ("sigmoid", false)] {
        let record = measured(activation, bias, &formats);
        let plain = &arithmetics(&record)[0];
        for (kind, index) in [(RemedyKind::Accumulator, 1), (RemedyKind::Forward, 2), (RemedyKind::Backward, 3)] {
            let remedy = plain.remedies.iter().find(|remedy| remedy.kind == kind).unwrap();
            let other = &arithmetics(&record)[index];
            let whole = |trial: usize| {
                let layers = other.sites.iter().map(|layer| &layer.trials[trial]);
                WholeTrial::of(layers.map(|trial| (trial.verdict, trial.noise().0)))
            };
            let expected: Vec<WholeTrial> = (0..5).map(whole).collect();
            assert_eq!(remedy.trials.as_ref(), Some(&expected), "{activation}, {kind:?}");
            // The distribution per layer and the whole of each trial tell of the same trials.
            let sound = expected.iter().filter(|trial| trial.worst_noise.value() < 0.1).count();
            let least = remedy.sites.iter().filter_map(|layer| layer.verdict.distribution.as_ref());
            let least = least.filter_map(|found| found.get(&precision_probe::record::Verdict::Sound)).min();
            assert!(sound <= least.copied().unwrap_or(0), "{activation}, {kind:?}");
        }
        assert!(!is_lower(
            (plain.sites[0].trials[0].noise().0, true),
            (precision_probe::record::Number::Finite(0.0), false)
        ));
    }
}
