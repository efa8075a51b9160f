//! How a report was made: what was asked, how the truth is known, and the command that measures it again.

use crate::record::Record;
use crate::report::numbers::{Notation::Typeset, short};
use crate::report::table::{Table, definitions, escaped};
use crate::report::{command, facts};

/// Everything needed to measure a record again and to judge its truth.
pub fn making(record: &Record) -> String {
    let spec = &record.spec;
    let mut facts = vec![("network", facts::network(record).join(", "))];
    // A network from a file was drawn with no gain.
    if spec.weights.is_none() {
        let gain = match spec.gain {
            Some(gain) => format!("{} (given)", short(gain, Typeset)),
            None => format!("by init {}", spec.init),
        };
        facts.push(("gain", gain));
    }
    facts.extend([
        ("draws", facts::draws(spec).join(", ")),
        ("intervals", facts::quantile_note(spec.trials)),
        ("precisions", spec.formats.iter().map(|policy| spec.names.of(policy)).collect::<Vec<_>>().join(", ")),
        ("required accuracy", format!("{} bits of every layer’s exact gradient", spec.truth_bits)),
        ("version", format!("precision-probe {}", record.version)),
        ("spec", format!("SHA-256 {}", record.spec_hash)),
    ]);
    facts.extend(facts::presets(&record.runs).into_iter().map(|line| ("preset", line)));
    facts.extend(facts::storage_over(&record.runs).into_iter().map(|line| ("stored with rounding", line)));
    format!(
        "{}{}<h3>To measure it again</h3>\n<pre><code>{}</code></pre>\n",
        definitions(&facts),
        runs(record),
        escaped(&command::line(spec))
    )
}

/// What each activation has of its own: constants, gain, theory, and how well its exact gradient is known.
fn runs(record: &Record) -> String {
    let mut table = Table::titled(["activation", "gain", "mean-field theory", "exact gradient"]);
    for run in &record.runs {
        let gain = run.gain.map_or("—".into(), |gain| short(gain, Typeset));
        let theory = facts::phase(run, Typeset).unwrap_or("—".into());
        table.push([facts::activation(run), gain, theory, facts::truth(run)]);
    }
    table.html()
}
