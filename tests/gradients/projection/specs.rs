//! The specs whose numbers are guarded.

use super::entries::{of_law, of_record, of_training};
use precision_probe::activation;
use precision_probe::spec::training::{MeasureAt, TrainingSpec};
use precision_probe::spec::{Data, LossScale, Spec};
use precision_probe::{law, probe, train};

/// A small network; every option that is not the default is named by the spec.
fn small() -> Spec {
    Spec { depth: 4, width: 12, batch: 6, trials: 2, ..Spec::default() }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(String::from).collect()
}

/// Every spec's name and entries.
pub fn all() -> Vec<(String, String)> {
    let catalogue = activation::ALL.iter().enumerate().map(|(place, activation)| {
        // Biases with every second one, so that both kinds of sums are there.
        let bias = place % 2 == 1;
        let spec = Spec { activations: vec![activation.name()], formats: names("f16,bf16,f32,f64"), bias, ..small() };
        (activation.name(), spec)
    });
    let probes = catalogue.chain(others().into_iter().map(|(name, spec)| (name.to_string(), spec)));
    let mut entries: Vec<(String, String)> = probes.map(|(name, spec)| (name, measured(&spec))).collect();
    entries.push(("training".into(), trained()));
    entries.push(("law".into(), followed()));
    entries
}

fn others() -> [(&'static str, Spec); 4] {
    [
        (
            "default list",
            Spec { depth: 12, width: 16, batch: 8, formats: names("f16,f16:acc=f32,bf16:acc=f32,f32,f64"), ..small() },
        ),
        (
            "residual",
            Spec { activations: names("relu"), formats: names("f16,amp-bf16,e5m2:acc=f32"), residual: true, ..small() },
        ),
        (
            "prelu with a loss scale",
            Spec {
                activations: names("prelu:0.1"),
                formats: names("f16,bf16:round=stochastic,f32"),
                loss_scale: LossScale::PowerOfTwo(10),
                ..small()
            },
        ),
        (
            "mean squared error",
            Spec {
                activations: names("tanh,swish:1.5"),
                data: Data::Gaussian,
                formats: names("f16,f16:sum=fma,f64"),
                ..small()
            },
        ),
    ]
}

fn measured(spec: &Spec) -> String {
    let plan = spec.validate().expect("the spec is right");
    of_record(&probe::run(&plan, &probe::Silent))
}

fn trained() -> String {
    let spec = TrainingSpec {
        activations: names("leaky,elu"),
        depth: 3,
        width: 8,
        batch: 8,
        formats: names("f16,bf16/update=f32"),
        steps: 12,
        measure: MeasureAt::Every(5),
        minibatches: 2,
        ..TrainingSpec::default()
    };
    of_training(&train::run(&spec.validate().expect("the spec is right"), &train::Silent))
}

fn followed() -> String {
    let formats = (6..=14).step_by(4).map(|bits| format!("mpfr:{bits}")).collect();
    let spec = Spec { activations: names("relu,tanh"), formats, trials: 4, ..small() };
    let plan = spec.validate().expect("the spec is right");
    of_law(&law::of(&probe::run(&plan, &probe::Silent)))
}
