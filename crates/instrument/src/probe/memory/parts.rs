//! Parts of every estimate, and of the suggestions of what would fit.

use crate::spec::Plan;

/// Bytes that the program uses before anything is measured, fonts included, and the bytes that a thread adds.
const PROGRAM: u128 = 36 << 20;
const THREAD: u128 = 1 << 20;

/// With what every run takes, as far as numbers go.
pub(super) fn whole(threads: usize, bytes: u128) -> u64 {
    u64::try_from(PROGRAM + threads as u128 * THREAD + bytes).unwrap_or(u64::MAX)
}

/// Bytes of the files that were read: doubles, and as many again while they are transposed and copied.
pub(super) fn files(plan: &Plan) -> u128 {
    let network = plan.network.iter().flat_map(|network| &network.layers);
    let network: u128 = network.map(|layer| layer.weight.len() as u128).sum();
    let samples = plan
        .samples
        .as_ref()
        .map_or(0, |samples| samples.batch() as u128 * (samples.features() as u128 + samples.outputs() as u128));
    let compared = plan.compared.iter().flat_map(|gradients| gradients.tensors.iter().flatten());
    16 * (network + samples + compared.map(|gradient| gradient.values.len() as u128).sum::<u128>())
}

/// The largest number that fits, below one that does not; 0 if there is none.
pub(super) fn largest(now: usize, fits: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, now);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

/// `--depth 12 or --width 30`: options with numbers that fit; `None` if none does.
pub(super) fn nearest_in_words(found: &[(&str, usize)]) -> Option<String> {
    let told: Vec<String> =
        found.iter().filter(|(_, most)| *most > 0).map(|(option, most)| format!("{option} {most}")).collect();
    (!told.is_empty()).then(|| told.join(" or "))
}
