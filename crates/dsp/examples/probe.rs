use rlx_dsp::lanes::*;
use rlx_dsp::peaks::insert::insert_top_k;
use std::time::Instant;
fn med(mut f: impl FnMut(), it: usize) -> (f64, f64) {
    f();
    let mut t: Vec<f64> = (0..it)
        .map(|_| {
            let s = Instant::now();
            f();
            s.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    t.sort_by(f64::total_cmp);
    (t[it / 2], t[0])
}
fn main() {
    let a: Vec<usize> = std::env::args().skip(1).map(|x| x.parse().unwrap()).collect();
    let (n, segs, k, batch) = (a[0], a[1], a[2], a[3]);
    let hop = n / 2;
    let frame = n + (segs - 1) * hop;
    let mut s = 1u32;
    let x: Vec<f32> = (0..batch * frame)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 17;
            s ^= s << 5;
            s as f32 / 2f32.powi(31) - 1.0
        })
        .collect();
    let w: Vec<f32> = (0..n)
        .map(|i| (0.5 - 0.5 * (2.0 * std::f64::consts::PI * i as f64 / n as f64).cos()) as f32)
        .collect();
    let nb = n / 2 + 1;
    let plan = realfft::RealFftPlanner::<f32>::new().plan_fft_forward(n);
    let (mut inb, mut outb, mut scr) =
        (plan.make_input_vec(), plan.make_output_vec(), plan.make_scratch_vec());
    let mut want = vec![0f32; batch * k * 2];
    let mut p = vec![0f32; nb];
    let mut go = |want: &mut [f32], top: bool| {
        for r in 0..batch {
            p.fill(0.0);
            for g in 0..segs {
                let seg = &x[r * frame + g * hop..][..n];
                for i in 0..n {
                    inb[i] = seg[i] * w[i];
                }
                plan.process_with_scratch(&mut inb, &mut outb, &mut scr).unwrap();
                if top {
                    for (p, z) in p.iter_mut().zip(&outb) {
                        *p += z.re * z.re + z.im * z.im;
                    }
                }
            }
            if top {
                let f = 2.0 / segs as f32;
                for v in p[1..nb - 1].iter_mut() {
                    *v *= f;
                }
                p[0] /= segs as f32;
                p[nb - 1] /= segs as f32;
                insert_top_k(&p, &mut want[r * 2 * k..][..2 * k]);
            }
        }
    };
    let it = if batch > 20000 { 5 } else { 11 };
    let l = med(|| go(&mut want, true), it);
    let lf = {
        let mut y = vec![0f32; 0];
        med(|| go(&mut y, false), it)
    };
    println!("loop {:.3} (min {:.3}) transforms {:.3}", l.0, l.1, lf.0);
    for isa in Isa::available() {
        if std::env::var("ONLY").is_ok_and(|v| v != isa.name()) {
            continue;
        }
        let it = std::env::var("ITERS").map_or(it, |v| v.parse().unwrap());
        let mut kern = welch_kernel(
            isa,
            LaneSpec {
                window: w.clone(),
                hop,
                n_segments: segs,
                offset: if std::env::var("MEAN").is_ok() { Offset::SubtractMean } else { Offset::Keep },
            },
        )
        .unwrap();
        let mut out = vec![0f32; batch * k * 2];
        let rows = Rows { samples: &x, stride: frame, count: batch };
        let t = med(
            || {
                kern.peaks(rows, k, &mut out);
            },
            it,
        );
        let mut psd = vec![0f32; batch * nb];
        let t2 = med(
            || {
                kern.psd(rows, 1.0, &mut psd);
            },
            it,
        );
        let diff = out.chunks(2).zip(want.chunks(2)).filter(|(a, b)| a[0] != b[0]).count();
        let err =
            out.chunks(2).zip(want.chunks(2)).map(|(a, b)| ((a[1] - b[1]) / b[1]).abs()).fold(0f32, f32::max);
        let mut rk = row_kernel(isa, w.clone(), hop, segs).unwrap();
        let tr = med(
            || {
                rk.peaks(rows, k, &mut out);
            },
            it,
        );
        let diffr = out.chunks(2).zip(want.chunks(2)).filter(|(a, b)| a[0] != b[0]).count();
        let tp = med(
            || {
                rk.psd(rows, 1.0, &mut psd);
            },
            it,
        );
        println!("{isa} row path: peaks {:.3} min {:.3} psd {:.3} differ {diffr}", tr.0, tr.1, tp.0);
        println!(
            "{isa}: peaks {:.3} (min {:.3}) psd {:.3} | {:.2}x min {:.2}x  vs transforms {:.2}; bins differ {diff} err {err:e}",
            t.0,
            t.1,
            t2.0,
            l.0 / t.0,
            l.1 / t.1,
            t.0 / lf.0
        );
    }
}
