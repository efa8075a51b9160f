use precision_probe::{probe, spec::Spec};
fn main() {
    let t = std::time::Instant::now();
    let mut spec = Spec::default();
    if let Some(a) = std::env::args().nth(1) { spec.activations = vec![a]; }
    let plan = spec.validate().unwrap();
    let record = probe::run(&plan, &probe::Silent);
    for run in &record.runs {
        println!("{} {} {} truth {} at {:?}", run.gain, run.chi1, run.phase, run.truth.evidence, run.truth.precision);
        for a in &run.arithmetics {
            let l=&a.layers[0];
            println!("{:14} {:?} {:?} {:?} {:?} flips {:?}", a.name, l.noise_to_signal.low, l.noise_to_signal.median, l.noise_to_signal.high, a.verdict, a.layers.iter().filter_map(|l| l.flips).fold((0,0), |(x,y),f| (x+f.flipped,y+f.total)));
            println!("   {:?}", a.layers.iter().map(|l| l.fates.undecided).sum::<u64>());
        }
    }
    println!("{:?} {} bytes", t.elapsed(), record.to_json().len());
}
