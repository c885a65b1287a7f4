//! Spectra of frames on a device: all waiting frames are transferred together.

use std::collections::BTreeMap;

use anyhow::Result;
use rlx_compile::Graph;
use rlx_compile::builders::{from_limbs, limb_psd, psd, to_limbs};
use rlx_compile::params::{LimbArithmetic, Rows};
use rlx_dsp::fft::{Real, Sample};
use rlx_dsp::scaling::Sides;
use rlx_dsp::welch::PsdParams;
use rlx_runtime::{Device, Executable, Session};

use super::placed::{Declined, Placement, on_the_cpu, regions, uses_device};

/// Largest number of frames per run: a larger batch would delay the first result.
const MOST: usize = 256;

/// An open device with the plans that its batches needed.
pub(crate) struct DeviceSpectra {
    session: Session,
    params: PsdParams,
    /// Arithmetic of more than single precision.
    limbs: Option<LimbArithmetic>,
    /// Samples per row.
    used: usize,
    plans: BTreeMap<usize, Executable>,
    /// The regions that the CPU runs, with reasons: of the plans that ran, or of the plan for a single frame before
    /// the first run.
    on_cpu: Option<String>,
    /// The regions of the last plan that was made.
    regions: Vec<String>,
    samples: Vec<f32>,
    powers: Vec<f32>,
}

impl DeviceSpectra {
    /// Opens a device for frames of `used` samples, with this arithmetic of more than single precision, if any; returns
    /// the reason if the device computes nothing of them.
    pub(crate) fn open<S: Sample>(
        device: &str,
        params: &PsdParams,
        used: usize,
        limbs: Option<LimbArithmetic>,
    ) -> Result<std::result::Result<Self, Declined>> {
        if let Some(arithmetic) = limbs.filter(|_| S::COMPLEX) {
            let why = format!("it has no complex samples in {}", arithmetic.name());
            return Ok(Err(Declined::whole("welch_average", device, why)));
        }
        if !S::COMPLEX && params.sides == Sides::Two {
            let why = "it does not support two-sided spectra of real samples".to_owned();
            return Ok(Err(Declined::whole("welch_average", device, why)));
        }
        let session = Session::open(&device.parse::<Device>()?)?;
        let graph = graph(params, limbs, Rows { batch: 1, len: used, complex: S::COMPLEX })?;
        let plan = session.explain(&graph, Default::default())?.plan;
        let (on_cpu, regions) = (on_the_cpu(&plan), regions(&plan, &session.device().id));
        if !uses_device(&plan) {
            return Ok(Err(Declined { why: on_cpu.unwrap_or_default(), regions }));
        }
        let (samples, powers) = (Vec::new(), Vec::new());
        let plans = BTreeMap::new();
        let params = params.clone();
        Ok(Ok(Self { session, params, limbs, used, plans, on_cpu, regions, samples, powers }))
    }

    /// Returns its name.
    pub(crate) fn device(&self) -> &str {
        &self.session.device().id
    }

    /// Returns the number of frames that are processed together when `waiting` frames are waiting.
    pub(crate) fn batch(waiting: usize) -> usize {
        1 << waiting.clamp(1, MOST).ilog2()
    }

    /// Returns a text with the device, and the regions that the CPU runs with the reasons.
    pub(crate) fn said(&self) -> String {
        let (device, arithmetic) = (self.device(), self.limbs.map_or("f32", LimbArithmetic::name));
        match &self.on_cpu {
            None => format!("computed in {arithmetic} on {device}"),
            Some(parts) => format!("computed in {arithmetic} on {device}, on the CPU {parts}"),
        }
    }

    /// Returns the caption and the regions of the plan that ran, with a supplement to the caption.
    pub(crate) fn placement(&self, supplement: &str) -> Placement {
        Placement { said: format!("{}, {supplement}", self.said()), regions: self.regions.clone() }
    }

    /// Returns whether it supports frames of `used` samples.
    pub(crate) fn takes(&self, used: usize) -> bool {
        used == self.used
    }

    /// Computes the powers of `batch` frames that begin every `frame_len` samples (they may overlap), one row of bins
    /// each. `None` if a sample is missing: dsp applies the policy.
    pub(crate) fn spectra<S: Sample>(
        &mut self,
        pending: &[S],
        frame_len: usize,
        batch: usize,
    ) -> Result<Option<Vec<Vec<S::Real>>>> {
        self.samples.clear();
        for first in (0..batch).map(|i| i * frame_len) {
            for &sample in &pending[first..][..self.used] {
                if !sample.finite() {
                    return Ok(None);
                }
                let (re, im) = sample.parts();
                match self.limbs {
                    Some(_) => self.samples.extend(to_limbs(re.widen())),
                    None => self.samples.push(re.widen() as f32),
                }
                if S::COMPLEX {
                    self.samples.push(im.widen() as f32);
                }
            }
        }
        // An f64 value may not be representable in f32.
        if self.samples.iter().any(|v| !v.is_finite()) {
            return Ok(None);
        }
        if !self.plans.contains_key(&batch) {
            let rows = Rows { batch, len: self.used, complex: S::COMPLEX };
            let plan = self.session.compile(&graph(&self.params, self.limbs, rows)?)?;
            let on_cpu = on_the_cpu(plan.plan());
            self.regions = regions(plan.plan(), &self.session.device().id);
            self.on_cpu = if self.plans.is_empty() { on_cpu } else { on_cpu.or(self.on_cpu.take()) };
            self.plans.insert(batch, plan);
        }
        let plan = &self.plans[&batch];
        self.powers.resize(plan.outputs().iter().map(|o| o.floats).sum(), 0.0);
        plan.run(&[&self.samples], &mut [&mut self.powers])?;
        let bins = self.powers.len() / batch;
        let row = |row: &[f32]| match self.limbs {
            Some(_) => row.chunks_exact(2).map(|p| S::Real::narrow(from_limbs([p[0], p[1]]))).collect(),
            None => row.iter().map(|v| S::Real::narrow(f64::from(*v))).collect(),
        };
        Ok(Some(self.powers.chunks_exact(bins).map(row).collect()))
    }
}

/// Returns the graph of the powers of rows.
fn graph(params: &PsdParams, limbs: Option<LimbArithmetic>, rows: Rows) -> rlx_compile::Result<Graph> {
    match limbs {
        Some(arithmetic) => limb_psd(params, arithmetic, rows.batch, rows.len),
        None => psd(params, rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rlx_dsp::fft::Complex;
    use rlx_dsp::scaling::Average;
    use rlx_dsp::welch::Welch;

    /// Compares the spectra of dsp with those of the device (here: a CPU session).
    fn check<S: Sample>(params: PsdParams, frames: &[S], frame_len: usize, used: usize) {
        let mut device = DeviceSpectra::open::<S>("cpu", &params, used, None).unwrap().ok().unwrap();
        let library = Welch::<S>::new(params).unwrap();
        let count = frames.len() / frame_len;
        let batch = DeviceSpectra::batch(count);
        let rows = device.spectra(frames, frame_len, batch).unwrap().unwrap();
        assert_eq!(rows.len(), batch);
        for (row, frame) in rows.iter().zip(frames.chunks_exact(frame_len)) {
            let want = library.run(&frame[..used]).unwrap().values;
            let norm: f64 = want.iter().map(|w| w.widen()).sum();
            for (got, want) in row.iter().zip(&want) {
                assert!((got.widen() - want.widen()).abs() <= 64.0 * f64::from(f32::EPSILON) * norm);
            }
        }
    }

    #[test]
    fn frames_have_the_librarys_spectra_in_every_precision() {
        let tone = |i: usize| (i as f64 * 0.3).sin() + 0.2 * (i as f64 * 1.7).cos() + 0.1;
        let params = PsdParams::new(8e3, 64).average(Average::Median);
        let wide: Vec<f64> = (0..5 * 300).map(tone).collect();
        let narrow: Vec<f32> = wide.iter().map(|v| *v as f32).collect();
        let pairs: Vec<Complex<f32>> = narrow.iter().map(|v| Complex::new(*v, -0.5 * v * v)).collect();
        check(params.clone(), &wide, 300, 300);
        check(params.clone(), &narrow, 300, 160);
        check(params.clone().n_fft(100), &pairs, 300, 300);
        assert_eq!([0, 1, 5, 8, 9999].map(DeviceSpectra::batch), [1, 1, 4, 8, 256]);
    }

    #[test]
    fn missing_samples_and_foreign_spectra_are_left_to_the_library() {
        let params = PsdParams::new(8e3, 64);
        let mut device = DeviceSpectra::open::<f64>("cpu", &params, 128, None).unwrap().ok().unwrap();
        for odd in [f64::NAN, 1e300] {
            let mut x = vec![1.0; 256];
            x[140] = odd;
            assert!(device.spectra(&x, 128, 2).unwrap().is_none());
        }
        let both = params.clone().sides(Sides::Two);
        assert!(DeviceSpectra::open::<f32>("cpu", &both, 128, None).unwrap().is_err());
    }

    #[test]
    fn limbs_have_the_precision_of_the_library() {
        let x: Vec<f64> =
            (0..4 * 300).map(|i| (i as f64 * 0.3).sin() + 1e-7 * (i as f64 * 1.7).cos()).collect();
        let params = PsdParams::new(8e3, 64);
        for arithmetic in [LimbArithmetic::F32x2, LimbArithmetic::F64] {
            let mut device =
                DeviceSpectra::open::<f64>("cpu", &params, 300, Some(arithmetic)).unwrap().ok().unwrap();
            let rows = device.spectra(&x, 300, 4).unwrap().unwrap();
            for (row, frame) in rows.iter().zip(x.chunks_exact(300)) {
                let want = Welch::<f64>::new(params.clone()).unwrap().run(frame).unwrap().values;
                let norm: f64 = want.iter().sum();
                assert!(row.iter().zip(&want).all(|(g, w)| (g - w).abs() <= 1e-14 * norm));
            }
        }
        let both = DeviceSpectra::open::<Complex<f64>>("cpu", &params, 300, Some(LimbArithmetic::F64));
        assert!(both.unwrap().is_err());
    }
}
