//! Welch spectra, cross spectra, coherence and periodograms against SciPy's on the same samples.

mod common;

use common::{Case, golden, relative_l2, spectrum_bound};
use rlx_dsp::fft::{Complex, Real, Sample};
use rlx_dsp::welch::{Csd, Welch, coherence_with, csd_with, periodogram, welch_with};
use rlx_dsp::window::Window;

/// Calls `$check::<S>(&case)` with the case's sample type.
macro_rules! by_type {
    ($check:ident, $case:expr) => {
        match ($case.r#type.as_str(), $case.complex) {
            ("f32", false) => $check::<f32>($case),
            ("f64", false) => $check::<f64>($case),
            ("f32", true) => $check::<Complex<f32>>($case),
            ("f64", true) => $check::<Complex<f64>>($case),
            other => panic!("{other:?}"),
        }
    };
}

fn check_welch<S: Sample>(case: &Case) -> f64 {
    let params = case.params();
    let x = case.samples::<S>(case.seed);
    let got = welch_with(&x, &params).unwrap();
    assert_eq!(got.freqs.len(), case.psd.len(), "{}", case.title());
    for (f, golden) in got.freqs.iter().zip(&case.frequencies) {
        assert!((f - golden).abs() <= 1e-15 * params.sample_rate, "{}", case.title());
    }
    let error = relative_l2(got.values.iter().map(|p| p.widen()), &case.psd);
    let bound = spectrum_bound(&x, params.segments.detrend, params.segments.n_fft);
    assert!(error <= bound, "{}: {error:e} > {bound:e}", case.title());
    error / bound
}

#[test]
fn welch_is_scipys() {
    let worst = golden::<Case>("welch").iter().map(|case| by_type!(check_welch, case)).fold(0.0, f64::max);
    println!("worst error: {worst:.3} of the bound");
}

fn check_periodogram<S: Sample>(case: &Case) {
    let x = case.samples::<S>(case.seed);
    let params = case.params();
    let got = welch_with(&x, &params).unwrap();
    let error = relative_l2(got.values.iter().map(|p| p.widen()), &case.psd);
    assert!(
        error <= spectrum_bound(&x, params.segments.detrend, params.segments.n_fft),
        "{}: {error:e}",
        case.title()
    );
    if params.segments.window == Window::Rectangular
        && params.segments.n_fft == x.len()
        && params.scaling == rlx_dsp::scaling::Scaling::Density
    {
        assert_eq!(periodogram(&x, params.sample_rate).unwrap(), got);
    }
}

#[test]
fn periodogram_is_scipys() {
    for case in golden::<Case>("periodogram") {
        by_type!(check_periodogram, &case);
    }
}

fn check_cross<S: Sample>(case: &Case) {
    let params = case.params();
    let x = case.samples::<S>(case.seed);
    let z = case.samples::<S>(case.seed + 50);
    let n = x.len();
    let y: Vec<S> = (0..n)
        .map(|i| {
            let ((xr, xi), (zr, zi)) = (x[(i + n - 3) % n].parts(), z[i].parts());
            S::from_parts(xr + 0.5 * zr, xi + 0.5 * zi)
        })
        .collect();
    let bound = spectrum_bound(&x, params.segments.detrend, params.segments.n_fft);
    let got = csd_with(&x, &y, &params).unwrap().pxy();
    let parts = got.iter().flat_map(|p| [p.re.widen(), p.im.widen()]);
    let golden: Vec<f64> = case.re.iter().zip(&case.im).flat_map(|(re, im)| [*re, *im]).collect();
    let error = relative_l2(parts, &golden);
    assert!(error <= bound, "{}: {error:e} > {bound:e}", case.title());

    let got = coherence_with(&x, &y, &params).unwrap().values;
    assert_eq!(got.len(), case.coherence.len());
    // Where little power is left (0 Hz after detrending) the quotient is of roundings, in SciPy too.
    let powers = Csd::new(params.clone()).unwrap().run(&x, &y).unwrap();
    let loudest = powers.pxx.iter().map(|p| p.widen()).fold(0.0, f64::max);
    let loud: Vec<usize> = (0..got.len()).filter(|k| powers.pxx[*k].widen() > 1e-4 * loudest).collect();
    assert!(loud.len() + 4 > got.len(), "{} of {}", loud.len(), got.len());
    let golden: Vec<f64> = loud.iter().map(|k| case.coherence[*k]).collect();
    let error = relative_l2(loud.iter().map(|k| got[*k].widen()), &golden);
    assert!(error <= 10.0 * bound, "{}: {error:e} > 10 · {bound:e}", case.title());

    // The powers beside the cross spectrum are Welch's own.
    let own = Welch::<S>::new(params).unwrap().run(&y).unwrap();
    let own: Vec<f64> = own.values.iter().map(|p| p.widen()).collect();
    assert!(relative_l2(powers.pyy.iter().map(|p| p.widen()), &own) <= bound);
}

#[test]
fn cross_spectra_and_coherence_are_scipys() {
    for case in golden::<Case>("cross") {
        by_type!(check_cross, &case);
    }
}
