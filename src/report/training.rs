use crate::record::training::Training;
use std::path::Path;
pub fn terminal(t: &Training, _: Option<&Path>) -> String {
    let mut s = String::new();
    for run in &t.runs {
        let h = run.reference.held_out.last().unwrap();
        s += &format!(
            "{} f64: losses {:?} .. {:?} acc {}/{}\n",
            run.activation,
            run.reference.losses.first(),
            run.reference.losses.last(),
            h.right,
            h.of
        );
        for l in &run.learners {
            s += &format!("  {} {:?} end {:?} acc {:?}\n", l.name, l.outcome, l.course.end, l.course.held_out.last());
            for m in &l.measures {
                let u = m.updates();
                s += &format!(
                    "     {} L1 {:?} nsr {:?} ref {:?} noflip {:?} spread {:?} lostE {:?} dead {} dist {:?} lost {:?} wrong {:?}\n",
                    m.step,
                    m.layers[0].own.verdict,
                    m.layers[0].own.noise_to_signal,
                    m.layers[0].at_reference.map(|t| t.noise_to_signal),
                    m.layers[0].without_flips,
                    (m.layers[0].own.log2_noise.value() - m.layers[0].log2_minibatch_spread.value()),
                    m.layers[0].lost_energy,
                    m.layers[0].dead_units,
                    m.distance,
                    u.lost_share(),
                    u.wrong_share()
                );
            }
        }
    }
    s
}
pub fn drawn(_: &Training, _: crate::report::draw::Theme) -> Result<Vec<(String, Vec<u8>)>, String> {
    Ok(vec![])
}
