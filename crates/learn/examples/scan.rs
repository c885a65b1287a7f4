//! scan
use rlx_learn::*;
use std::ops::ControlFlow;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t: Transform = serde_json::from_str(&format!("\"{}\"", a[1])).unwrap();
    let n: usize = a[2].parse().unwrap();
    let seeds: u64 = a[3].parse().unwrap();
    let steps: usize = a[4].parse().unwrap();
    let rate: f64 = a[5].parse().unwrap();
    let p: Parametrisation = serde_json::from_str(&format!("\"{}\"", a[6])).unwrap();
    for seed in 0..seeds {
        let target = t.target(n, 0).unwrap();
        let c = TrainConfig {
            steps,
            rate,
            seed,
            permutation: target.permutation,
            parametrisation: p,
            ..Default::default()
        };
        let s = std::time::Instant::now();
        let mut trace = vec![];
        let r = train(&target, &c, &mut |p| {
            if p.step % 300 == 0 {
                trace.push(format!("{:.1e}", p.rel_l2));
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        println!(
            "{t:?} {n} seed {seed}: rel {:.2e} f64 {:.2e} rmse {:.2e} steps {} {:?} {:.2}s {}",
            r.rel_l2,
            r.rel_l2_f64,
            r.rmse,
            r.steps,
            r.stop,
            s.elapsed().as_secs_f64(),
            trace.join(" ")
        );
    }
}
