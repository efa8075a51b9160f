//! What a record must hold to be believed: parts that fit what was asked, and numbers that do not contradict each other.
//!
//! A record that this program wrote holds all of it. One that was edited or damaged is refused with the place of the first
//! contradiction.

use super::{
    ArithmeticRun, Attribution, Evidence, ExactSite, ExternalSite, Flips, FormatFacts, Histogram, Number, Quantiles,
    Record, Remedy, Roles, Rows, Run, Site, SiteRun, SiteTrial, SourceSite, TensorNoise, TheorySite, TrueSite, Truth,
    Verdict, VerdictCount, WholeTrial,
};
use crate::arithmetic::Policy;
use crate::verdict::over_trials;

/// How much a cosine of nine digits may exceed 1.
const ROUNDING: f64 = 1e-6;
/// The largest |log₂| of a loss scale.
const LARGEST_SCALE: u32 = 4096;

/// What contradicts itself, with its place: `f16: layer 3: 3 of 0 rows are wrong`.
type Checked = Result<(), String>;

/// An error unless something holds.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

/// With a place before the error's.
fn at(place: impl FnOnce() -> String, checked: Checked) -> Checked {
    checked.map_err(|error| format!("{}: {error}", place()))
}

impl Record {
    /// Whether the record can be believed.
    ///
    /// # Errors
    /// The first contradiction and its place, as a part of a sentence.
    pub fn check(&self) -> Result<(), String> {
        let (asked, found) = (self.spec.activations.len(), self.runs.len());
        ensure(asked == found, || format!("its runs are {found}, its activations {asked}"))?;
        let asked = Asked { sites: self.spec.depth.saturating_add(1), trials: self.spec.trials };
        ensure(asked.trials > 0 && self.spec.depth > 0, || "it asks for no trial or no layer".into())?;
        self.runs.iter().try_for_each(|run| at(|| run.activation.clone(), asked.run(run)))
    }
}

/// What every part of a record must have.
#[derive(Clone, Copy)]
struct Asked {
    sites: usize,
    trials: usize,
}

impl Asked {
    fn counted(self, what: &str, found: usize, asked: usize) -> Checked {
        ensure(found == asked, || format!("it has {found} {what} where {asked} were asked for"))
    }

    fn run(self, run: &Run) -> Checked {
        for (what, number) in [("gain", run.gain), ("residual scale", run.residual_scale), ("χ₁", run.chi1)] {
            ensure(number.is_none_or(|x| x.is_finite() && x >= 0.0), || format!("its {what} is no size"))?;
        }
        if let Some(growth) = run.growth {
            size("its growth", growth)?;
        }
        self.numbered(&run.sites, |site| site.ordinal, named)?;
        at(|| "exact gradient".into(), self.truth(&run.truth))?;
        let own = run.arithmetics.iter().filter(|one| one.external.is_none()).count();
        run.arithmetics.iter().try_for_each(|one| at(|| one.name.clone(), self.arithmetic(one, own)))
    }

    fn truth(self, truth: &Truth) -> Checked {
        self.counted("working precisions", truth.precision.len(), self.trials)?;
        ensure(truth.precision.iter().all(|bits| *bits > 0), || "a working precision is 0 bits".into())?;
        ensure([0, self.trials].contains(&truth.proofs.len()), || "its proofs are not one for each trial".into())?;
        self.numbered(&truth.sites, |site| site.site, |site| self.true_site(site))?;
        let weakest = Evidence::weakest(truth.sites.iter().flat_map(|site| &site.trials).map(|trial| trial.evidence));
        let found = truth.evidence;
        ensure(weakest.is_none_or(|weakest| weakest.rank() == found.rank()), || {
            format!("it is {found}, and in the worst trial {}", weakest.unwrap_or(found))
        })
    }

    fn true_site(self, site: &TrueSite) -> Checked {
        self.counted("trials", site.trials.len(), self.trials)?;
        histogram(&site.histogram)?;
        for trial in &site.trials {
            let is_size = matches!(trial.log2_norm, Number::Finite(_) | Number::MinusInfinite);
            ensure(!trial.evidence.is_established() || is_size, || {
                "the size of a gradient that is established is no number".into()
            })?;
            ensure(trial.log2_norm != Number::Infinite, || "the size of an exact gradient is infinite".into())?;
            trial.exact.as_deref().map_or(Ok(()), |exact| self.exact(exact))?;
        }
        Ok(())
    }

    fn exact(self, exact: &ExactSite) -> Checked {
        let sizes = [
            exact.log2_gradient,
            exact.log2_weights,
            exact.log2_inputs,
            exact.log2_outputs,
            exact.log2_derivatives,
            exact.log2_delta,
            exact.log2_minibatch_noise,
        ];
        ensure(!sizes.contains(&Number::Infinite), || "a size of the exact network is infinite".into())?;
        let Some(zero) = exact.zero else { return Ok(()) };
        ensure(exact.log2_gradient == Number::MinusInfinite, || {
            "a gradient that is not zero has a reason to be".into()
        })?;
        let is_site = zero.site.is_none_or(|site| (1..=self.sites).contains(&site));
        ensure(is_site, || "the reason of a zero gradient names a layer that there is not".into())
    }

    fn arithmetic(self, run: &ArithmeticRun, own: usize) -> Checked {
        format_facts(&run.format)?;
        // What storing cost another program is not known.
        if run.external.is_none() || run.storage_noise != Number::None {
            size("storage noise", run.storage_noise)?;
        }
        scale(run.log2_loss_scale.unwrap_or(0))?;
        ensure(run.external.is_some() != run.roles.is_some(), || {
            "its arithmetic and its file exclude each other".into()
        })?;
        run.roles.as_ref().map_or(Ok(()), |found| roles(run, found))?;
        self.numbered(&run.sites, |site| site.site, |site| self.site(site, own))?;
        run.attribution.as_ref().map_or(Ok(()), |attribution| self.attribution(attribution))?;
        run.remedies.iter().try_for_each(|remedy| at(|| format!("remedy {}", remedy.name), self.remedy(remedy)))?;
        if run.theory.is_empty() {
            return Ok(());
        }
        at(|| "theory".into(), self.numbered(&run.theory, |site| site.site, theory))
    }

    /// One entry for every site, with its ordinal, and each as it must be.
    fn numbered<T>(self, found: &[T], ordinal: impl Fn(&T) -> usize, checked: impl Fn(&T) -> Checked) -> Checked {
        self.counted("layers", found.len(), self.sites)?;
        found.iter().zip(1..).try_for_each(|(one, expected)| {
            let is_numbered = ordinal(one) == expected;
            let checked = ensure(is_numbered, || format!("it says that it is layer {}", ordinal(one)))
                .and_then(|()| checked(one));
            at(|| format!("layer {expected}"), checked)
        })
    }

    fn site(self, layer: &SiteRun, own: usize) -> Checked {
        self.counted("trials", layer.trials.len(), self.trials)?;
        histogram(&layer.histogram)?;
        let (entries, sizes) = (layer.fates.total(), total(&layer.histogram));
        ensure(sizes == Some(u128::from(entries)) || layer.external.is_some(), || {
            format!("{entries} entries have a fate, {} a size", sizes.unwrap_or(u128::MAX))
        })?;
        layer.trials.iter().try_for_each(trial)?;
        let verdicts: Vec<Verdict> = layer.trials.iter().map(|trial| trial.verdict).collect();
        let expected = over_trials(&verdicts);
        ensure(layer.verdict == expected, || {
            format!("its verdict is {}, that of its trials {}", layer.verdict.in_words(), expected.in_words())
        })?;
        let weight = |trial: &SiteTrial| trial.tensors.first().map_or(Number::None, |one| one.noise_to_signal);
        self.quantiles_of(&layer.noise_to_signal, layer.trials.iter().map(weight))?;
        if let Some(joint) = &layer.gradient {
            let ratio = |trial: &SiteTrial| trial.gradient.map_or(Number::None, |one| one.noise_to_signal);
            self.quantiles_of(joint, layer.trials.iter().map(ratio))?;
        }
        flips(layer)?;
        layer.external.as_ref().map_or(Ok(()), |external| self::external(external, own))
    }

    /// Order statistics of these numbers.
    fn quantiles_of(self, found: &Quantiles, trials: impl Iterator<Item = Number>) -> Checked {
        self.quantiles(found)?;
        let known: Vec<Number> = trials.filter(|number| *number != Number::None).collect();
        let is_theirs = |number: &Number| *number == Number::None || known.contains(number);
        ensure(found.count == known.len() && [found.low, found.median, found.high].iter().all(is_theirs), || {
            "its noise over the trials is none of its trials'".into()
        })
    }

    fn quantiles(self, found: &Quantiles) -> Checked {
        let Quantiles { low, median, high, count, .. } = *found;
        ensure(count <= self.trials, || format!("a noise is of {count} of {} trials", self.trials))?;
        let all = [low, median, high];
        if count == 0 {
            return ensure(all == [Number::None; 3], || "a noise of no trial has a value".into());
        }
        ensure(!all.contains(&Number::None), || format!("a noise of {count} trials is no number"))?;
        all.iter().try_for_each(|number| size("a noise", *number))?;
        ensure(all.map(Number::value).is_sorted(), || "the median of a noise is not between its ends".into())
    }

    fn verdict(self, found: &VerdictCount) -> Checked {
        ensure(found.of == self.trials && found.count <= found.of, || {
            format!("a verdict is of {} in {} of {} trials", found.count, found.of, self.trials)
        })?;
        let Some(distribution) = &found.distribution else { return Ok(()) };
        let sum = distribution.values().fold(0usize, |sum, count| sum.saturating_add(*count));
        ensure(sum == self.trials, || format!("the verdicts of {} trials are {sum}", self.trials))?;
        let all: Vec<Verdict> =
            distribution.iter().flat_map(|(verdict, count)| std::iter::repeat_n(*verdict, *count)).collect();
        let expected = over_trials(&all);
        ensure(*found == expected, || {
            format!("a verdict is {} where its trials are {}", found.verdict, expected.in_words())
        })
    }

    fn attribution(self, attribution: &Attribution) -> Checked {
        let mut seen = Vec::new();
        for source in &attribution.sources {
            let name = source.source.name();
            let checked = || {
                ensure(!seen.contains(&source.source), || "it is there twice".into())?;
                self.numbered(&source.sites, |site| site.site, |site| self.source(site))
            };
            at(|| format!("source {name}"), checked())?;
            seen.push(source.source);
        }
        Ok(())
    }

    fn source(self, site: &SourceSite) -> Checked {
        [site.alone.as_ref(), Some(&site.without)].into_iter().flatten().try_for_each(|noise| self.quantiles(noise))?;
        let largest = site.milder.max(site.lower).unwrap_or(0);
        ensure(largest <= self.trials, || format!("it helps in {largest} of {} trials", self.trials))
    }

    fn remedy(self, remedy: &Remedy) -> Checked {
        scale(remedy.log2_loss_scale)?;
        self.numbered(
            &remedy.sites,
            |site| site.site,
            |site| {
                self.quantiles(&site.noise_to_signal)?;
                self.verdict(&site.verdict)?;
                share("the flushed share", site.flushed)
            },
        )?;
        let Some(trials) = &remedy.trials else { return Ok(()) };
        self.counted("trials", trials.len(), self.trials)?;
        let is_size = |trial: &WholeTrial| trial.worst_noise == Number::None || is_size(trial.worst_noise);
        ensure(trials.iter().all(is_size), || "the largest noise of a trial is negative".into())
    }
}

/// Roles and format say again, in numbers, what the policy spells.
fn roles(run: &ArithmeticRun, found: &Roles) -> Checked {
    let is_theirs = Policy::parse(run.definition()).is_ok_and(|policy| Roles::from(policy) == *found);
    ensure(is_theirs && found.backward.format == run.format, || {
        format!("its roles are not those of {}", run.definition())
    })
}

fn named(site: &Site) -> Checked {
    ensure(!site.name.is_empty() && !site.parameters.is_empty(), || "it has no name or no parameters".into())
}

fn histogram(histogram: &Histogram) -> Checked {
    ensure(histogram.bin > 0 || histogram.counts.is_empty(), || "the bins of its sizes have no width".into())?;
    ensure(total(histogram).is_some(), || "its sizes are more than can be counted".into())
}

/// Entries that a histogram counts.
fn total(histogram: &Histogram) -> Option<u128> {
    let ends = [histogram.zeros, histogram.nonfinite];
    let total: u128 = histogram.counts.iter().chain(&ends).map(|count| u128::from(*count)).sum();
    (total <= u128::from(u64::MAX)).then_some(total)
}

fn format_facts(format: &FormatFacts) -> Checked {
    ensure(format.precision > 0, || "its format has no digits".into())?;
    let ends = [format.log2_smallest_subnormal, format.log2_smallest_normal, format.log2_max];
    ensure(!ends.iter().any(|end| matches!(end, Number::Infinite | Number::MinusInfinite)), || {
        "an end of its range is infinite".into()
    })?;
    let known: Vec<f64> = ends.iter().filter_map(|end| end.finite()).collect();
    ensure(known.is_sorted(), || "the ends of its range are not in order".into())
}

/// A noise, a ratio: nothing negative; infinite where something overflows.
fn is_size(number: Number) -> bool {
    match number {
        Number::Finite(x) => x >= 0.0,
        Number::Infinite => true,
        Number::MinusInfinite | Number::None => false,
    }
}

fn size(what: &str, number: Number) -> Checked {
    ensure(is_size(number), || format!("{what} is {}", words(number)))
}

fn size_or_none(what: &str, number: Number) -> Checked {
    ensure(number == Number::None || is_size(number), || format!("{what} is {}", words(number)))
}

fn share(what: &str, number: Number) -> Checked {
    let is_share = number == Number::None || number.finite().is_some_and(|x| (0.0..=1.0).contains(&x));
    ensure(is_share, || format!("{what} is {}", words(number)))
}

fn words(number: Number) -> String {
    match number {
        Number::Finite(x) => x.to_string(),
        Number::Infinite => "infinite".into(),
        Number::MinusInfinite => "minus infinite".into(),
        Number::None => "no number".into(),
    }
}

fn scale(log2: i32) -> Checked {
    ensure(log2.unsigned_abs() <= LARGEST_SCALE, || format!("a loss scale is 2^{log2}"))
}

fn trial(trial: &SiteTrial) -> Checked {
    trial.rows.map_or(Ok(()), |rows| self::rows(&rows))?;
    if let Some(joint) = &trial.gradient {
        size_or_none("the noise of a trial", joint.noise_to_signal)?;
    }
    trial.tensors.iter().try_for_each(|one| at(|| one.tensor.clone(), tensor(one)))
}

fn rows(rows: &Rows) -> Checked {
    let Rows { wrong, wholly_wrong, of, .. } = *rows;
    ensure(wrong <= of, || format!("{wrong} of {of} rows are wrong"))?;
    let wholly = wholly_wrong.unwrap_or(0);
    ensure(wholly <= wrong, || format!("{wholly} rows are wrong by 100 %, and {wrong} by half"))
}

fn tensor(tensor: &TensorNoise) -> Checked {
    size_or_none("its noise", tensor.noise_to_signal)?;
    size_or_none("its orthogonal noise", tensor.orthogonal_noise)?;
    ensure(tensor.log2_signal != Number::Infinite, || "its signal is infinite".into())?;
    share("its share of right signs", tensor.sign_agreement)?;
    let is_cosine = tensor.cosine == Number::None || tensor.cosine.value().abs() <= 1.0 + ROUNDING;
    ensure(is_cosine, || format!("its cosine is {}", words(tensor.cosine)))
}

fn flips(layer: &SiteRun) -> Checked {
    let counted: Vec<u64> = layer.trials.iter().filter_map(|trial| trial.flips).collect();
    let Some(Flips { flipped, nonfinite, total }) = layer.flips else {
        return ensure(counted.is_empty(), || "its trials count flips, and it has none".into());
    };
    ensure(u128::from(flipped) + u128::from(nonfinite) <= u128::from(total), || {
        format!("{flipped} flips and {nonfinite} infinities are more than its {total} pre-activations")
    })?;
    let sum: u128 = counted.iter().map(|count| u128::from(*count)).sum();
    ensure(sum == u128::from(flipped), || format!("its trials count {sum} flips, and it has {flipped}"))
}

fn theory(layer: &TheorySite) -> Checked {
    size_or_none("a predicted noise", layer.predicted)?;
    size_or_none("measured over predicted", layer.ratio)?;
    size_or_none("a bound of theory", layer.frozen_worst)?;
    size_or_none("a bound of theory", layer.frozen_typical)
}

fn external(external: &ExternalSite, own: usize) -> Checked {
    ensure(external.log2_distance.len() == own, || "its distances are not one for each precision".into())?;
    ensure([0, own].contains(&external.projections.len()), || "its projections are not one for each precision".into())?;
    let ExternalSite { not_close, entries, .. } = *external;
    ensure(not_close <= entries, || format!("{not_close} of {entries} entries are not close"))
}
