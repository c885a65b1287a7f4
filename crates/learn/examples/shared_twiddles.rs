//! The 512-point radix-2 real FFT from Gaussian data alone: 511 shared twiddles.
//!
//! `cargo run --release -p rlx-fft-learn --example shared_twiddles [n] [pairs]`
//!
//! Given: the graph of the transform (stages, bit reversal, `e + w·o` and `e − w·o` with one `w` for all blocks of a
//! stage) and pairs of Gaussian inputs and their spectra. Not given: any twiddle. Found: all of them, each by one
//! least-squares quotient, from the lowest stage up.

use num_complex::Complex64;
use rlx_learn::{Matrix, Random, SharedTwiddles, Transform};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let n: usize = args.next().map_or(Ok(512), |text| text.parse())?;
    let pairs: usize = args.next().map_or(Ok(1), |text| text.parse())?;
    let dft = Transform::Dft.target(n, 0)?;
    let mut random = Random::new(0);
    let mut draw = |rows: usize| {
        let x = Matrix::from_fn(rows, n, |_, _| Complex64::new(random.normal(), 0.0));
        // Rows times the transposed DFT, which is its own transpose.
        let mut y = x.times(&dft.matrix);
        y.scale(dft.scale);
        (x, y)
    };
    let ((x, y), (test, truth)) = (draw(pairs), draw(16));
    let start = std::time::Instant::now();
    let found = SharedTwiddles::fit(&x, &y)?;
    let seconds = start.elapsed().as_secs_f64();
    let error = found.transform(&test)?.relative_error(&truth);
    let stages = n.trailing_zeros() as usize;
    let apart = (0..stages).flat_map(|s| {
        let half = 1usize << s;
        let stage = found.stage(s).unwrap_or_default().iter().enumerate();
        stage.map(move |(k, w)| {
            (w - Complex64::from_polar(1.0, -std::f64::consts::PI * k as f64 / half as f64)).norm()
        })
    });
    let worst = apart.fold(0.0, f64::max);
    println!("{n} points, {} twiddles from {pairs} pair(s) in {:.2} ms", found.count(), 1e3 * seconds);
    println!("relative error on 16 other inputs {error:.2e}; farthest twiddle from the FFT's {worst:.2e}");
    Ok(())
}
