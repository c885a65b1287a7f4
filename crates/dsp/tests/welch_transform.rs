//! Compares the transforms with the defining sum, and Welch with its f64 reference implementation.

mod common;

use common::{bound, noise, relative_l2, samples, signal, spectrum_bound};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::fft::{Complex, ComplexFft, ForwardFft, Real, RealFft, Sample};
use rlx_dsp::reference::dft::{dft, dft_real};
use rlx_dsp::reference::welch::{Reference, complex};
use rlx_dsp::scaling::{Average, Scaling, Sides};
use rlx_dsp::welch::{Csd, PsdParams, Welch, WelchAccumulator};

/// Small ones, primes, powers of two, products of odd primes, and speech's 400.
fn lengths() -> impl Iterator<Item = usize> {
    (2..=34).chain([97, 100, 127, 128, 225, 243, 251, 256, 400, 509, 512, 625, 1001, 1024, 1536])
}

fn flat<T: Real>(bins: &[Complex<T>]) -> Vec<f64> {
    bins.iter().flat_map(|b| [b.re.widen(), b.im.widen()]).collect()
}

fn transforms_of<T: Real>()
where
    Complex<T>: Sample<Real = T, Fft = ComplexFft<T>>,
{
    for n in lengths() {
        let mut x: Vec<T> = noise(n as u64, n).iter().map(|v| T::narrow(*v)).collect();
        let wide: Vec<f64> = x.iter().map(|v| v.widen()).collect();
        let mut fft = RealFft::<T>::new(n).unwrap();
        let mut bins = vec![Complex::default(); fft.n_bins()];
        fft.forward(&mut x, &mut bins).unwrap();
        let error = relative_l2(flat(&bins), &flat(&dft_real(&wide)));
        assert!(error <= bound::<T>(n), "real {n}: {error:e} > {:e}", bound::<T>(n));

        let mut z: Vec<Complex<T>> = noise(n as u64, 2 * n)
            .chunks(2)
            .map(|v| Complex::new(T::narrow(v[0]), T::narrow(v[1])))
            .collect();
        let wide: Vec<_> = z.iter().map(|v| Complex::new(v.re.widen(), v.im.widen())).collect();
        let mut fft = ComplexFft::<T>::new(n).unwrap();
        let mut bins = vec![Complex::default(); n];
        fft.forward(&mut z, &mut bins).unwrap();
        let error = relative_l2(flat(&bins), &flat(&dft(&wide)));
        assert!(error <= bound::<T>(n), "complex {n}: {error:e} > {:e}", bound::<T>(n));
    }
}

#[test]
fn transforms_are_the_defining_sum() {
    transforms_of::<f32>();
    transforms_of::<f64>();
}

/// Every average, scaling and layout, also those that SciPy has not.
fn grid() -> Vec<PsdParams> {
    let mut grid = Vec::new();
    for average in [Average::Mean, Average::Median, Average::Max, Average::Min] {
        for scaling in [Scaling::Density, Scaling::Spectrum, Scaling::Raw] {
            for (segment_len, hop, n_fft) in [(32, 16, 32), (30, 7, 31), (21, 40, 37), (1, 1, 2), (3, 2, 8)] {
                for detrend in [Detrend::None, Detrend::Constant, Detrend::Linear] {
                    // A mean or a line leaves nothing of so few samples.
                    let detrend = if segment_len < 4 { Detrend::None } else { detrend };
                    let base = PsdParams::new(50.0, segment_len);
                    grid.push(
                        base.clone().average(average).scaling(scaling).hop(hop).n_fft(n_fft).detrend(detrend),
                    );
                    grid.push(grid[grid.len() - 1].clone().sides(Sides::Two));
                }
            }
        }
    }
    grid
}

fn reference<'a>(params: &PsdParams, window: &'a [f64], one_sided: bool) -> Reference<'a> {
    Reference {
        sample_rate: params.sample_rate,
        window,
        hop: params.segments.hop,
        n_fft: params.segments.n_fft,
        detrend: params.segments.detrend,
        scaling: params.scaling,
        average: params.average,
        one_sided,
    }
}

fn welch_of<S: Sample>() {
    let x = samples::<S>(3, 205, 2.0, 0.01);
    let wide: Vec<_> = x.iter().map(|s| Complex::new(s.parts().0, s.parts().1)).collect();
    for params in grid() {
        let window = params.segments.weights().unwrap();
        let one_sided = params.one_sided::<S>();
        let twin = reference(&params, &window, one_sided).csd(&wide, &wide);
        let twin: Vec<f64> = twin.iter().map(|v| v.re).collect();
        let got = Welch::<S>::new(params.clone()).unwrap().run(&x).unwrap().values;
        let error = relative_l2(got.iter().map(|p| p.widen()), &twin);
        let bound = spectrum_bound(&x, params.segments.detrend, params.segments.n_fft);
        assert!(error <= bound, "{params:?}: {error:e} > {bound:e}");

        let mut accumulator = WelchAccumulator::with_stored_segments(params.clone(), 1000).unwrap();
        x.chunks(17).for_each(|block| accumulator.push(block).unwrap());
        let streamed = accumulator.finish().unwrap();
        let error = relative_l2(streamed.values.iter().map(|p| p.widen()), &twin);
        assert!(error <= bound, "streamed {params:?}: {error:e} > {bound:e}");
        assert_eq!(streamed.coverage.segments as usize, params.segment_count(x.len()));
    }
}

#[test]
fn welch_is_its_twin_in_every_average_scaling_and_layout() {
    welch_of::<f32>();
    welch_of::<f64>();
    welch_of::<Complex<f32>>();
    welch_of::<Complex<f64>>();
}

#[test]
fn cross_spectra_are_their_twin() {
    let x = signal(1, 205, 1.0, 0.0);
    let y = signal(2, 205, -2.0, 0.1);
    for params in grid() {
        let plan = Csd::<f64>::new(params.clone());
        if matches!(params.average, Average::Max | Average::Min) {
            assert!(plan.unwrap_err().to_string().starts_with("average: "));
            continue;
        }
        let window = params.segments.weights().unwrap();
        let twin = reference(&params, &window, params.one_sided::<f64>()).csd(&complex(&x), &complex(&y));
        let got = plan.unwrap().run(&x, &y).unwrap().pxy();
        let error = relative_l2(flat(&got), &flat(&twin));
        assert!(error <= 20.0 * bound::<f64>(params.segments.n_fft), "{params:?}: {error:e}");
    }
}
