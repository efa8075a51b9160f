mod common;
use common::Behaviour::*;
use common::*;
use precision_probe::report::{draw, table};

#[test]
fn preview() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let ten = [
        ("f16", Noise(0.41)),
        ("f16:acc=f32", Noise(0.17)),
        ("bf16:acc=f32", Noise(0.9)),
        ("bf16", Noise(2.4)),
        ("tf32:acc=f32", Noise(0.12)),
        ("f32", Noise(3.2e-5)),
        ("e5m2:acc=f32:round=nearest:sum=pairwise", Vanished(40)),
        ("e4m3fn:acc=f32", Overflow(20)),
        ("f64", Noise(5.1e-14)),
        ("mpfr:100", AtMost(1e-25)),
    ];
    for (name, record) in [
        ("default", default_record()),
        ("depth3", record(3, 5, &[("f16", Noise(0.2)), ("f32", Noise(1e-5)), ("mpfr:100", AtMost(1e-25))])),
        ("deep", record(500, 5, &ten)),
        ("ten", record(50, 1, &ten)),
        ("one", record(20, 20, &[("f16", Vanished(30))])),
        ("dead", record(10, 5, &[("f16", Dead), ("f32", Dead)])),
        ("overflow", record(10, 5, &[("f16", Overflow(20)), ("bf16:acc=f32", Overflow(20))])),
        ("unknown", record(10, 5, &[("f16", NotEstablished), ("bf16:acc=f32", NotEstablished)])),
    ] {
        let t = std::time::Instant::now();
        let png = draw::summary_png(&record, &record.runs[0]).unwrap();
        eprintln!("{name} {:?} {}", t.elapsed(), png.len());
        std::fs::write(dir.join(format!("{name}.png")), png).unwrap();
        println!("{}", table::terminal(&record, name == "depth3", Some(&dir.join("x.png"))));
    }
}
