use rlx_dsp::lanes::*;
use std::time::Instant;
fn med(mut f: impl FnMut(), it: usize) -> f64 {
    f();
    let mut t: Vec<f64> = (0..it)
        .map(|_| {
            let s = Instant::now();
            f();
            s.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    t.sort_by(f64::total_cmp);
    t[it / 2]
}
fn main() {
    let mut s = 1u32;
    let x: Vec<f32> = (0..16 << 20)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 17;
            s ^= s << 5;
            s as f32 / 2f32.powi(31) - 1.0
        })
        .collect();
    for isa in Isa::available() {
        for offset in [Offset::Keep, Offset::SubtractMean] {
            let n = 1024;
            let w: Vec<f32> = (0..n)
                .map(|i| (0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / n as f64).cos()) as f32)
                .collect();
            let mut k = welch_kernel(isa, LaneSpec { window: w, hop: 512, n_segments: 1, offset }).unwrap();
            let segs = (x.len() - n) / 512 + 1;
            let mut sum = vec![0.0; 513];
            let t = med(|| k.add_segments(&x, segs, &mut sum), 7);
            println!(
                "{isa} {offset:?} psd 16M: {t:.2} ms, {:.2} G segment-samples/s",
                segs as f64 * 1024.0 / t / 1e6
            );
        }
        let w: Vec<f32> = (0..400)
            .map(|i| (0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / 400.).cos()) as f32)
            .collect();
        let mut k = frames_kernel(isa, w).unwrap();
        let mel = LaneMel {
            filters: (0..80).map(|i| (i * 2, vec![0.3; 5])).collect(),
            log: Some(LaneLog { floor: 1e-10, offset: 0.0, factor: 0.3 }),
        };
        let mut out = vec![0.0; 80 * 3000];
        let t = med(|| k.mel_frames(&x[..480_400], 160, 3000, &mel, 3000, &mut out), 51);
        println!("{isa} mel 30 s: {t:.3} ms");
    }
}
