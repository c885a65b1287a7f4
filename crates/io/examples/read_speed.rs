//! How fast files are read: `cargo run --release -p rlx-fft-io --example read_speed -- FILE…`
//!
//! Raw files take their format from the extension (`x.s16le`). Prints the best and the median of five passes,
//! in bytes of the file a second; the first pass warms the page cache and is not counted.

use rlx_io::read::{Chunk, OpenOptions, open};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args_os().skip(1) {
        let path = std::path::PathBuf::from(path);
        let raw = path.extension().and_then(|e| e.to_str()).and_then(|e| e.parse().ok());
        let options = OpenOptions { raw, ..Default::default() };
        let bytes = std::fs::metadata(&path)?.len() as f64;
        let mut seconds = Vec::new();
        let mut samples = 0;
        for _ in 0..6 {
            let start = Instant::now();
            samples = 0;
            for mut reader in open(&path, &options)? {
                let mut planes = vec![Vec::new(); reader.info().planes()];
                loop {
                    match reader.read_f32(&mut planes, 1 << 16)? {
                        Chunk::Data(frames) => samples += frames * planes.len(),
                        Chunk::Gap { .. } => {}
                        Chunk::End => break,
                    }
                }
            }
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.remove(0);
        seconds.sort_by(f64::total_cmp);
        let (best, median) = (seconds[0], seconds[2]);
        println!(
            "{}: {samples} samples, {:.2} GB/s (best {:.2}), {:.0} M samples/s",
            path.display(),
            bytes / median / 1e9,
            bytes / best / 1e9,
            samples as f64 / median / 1e6
        );
    }
    Ok(())
}
