//! Packed peaks as a compiled plan: the fused op if the device supports it and the gate passes, otherwise block FFT +
//! host top-K.

use std::fmt;

use rlx_compile::builders::{PEAKS, WelchPeaksShape, welch_peaks};
use rlx_compile::cost::fused_welch_peaks_auto_viable;
use rlx_compile::{BackendCaps, BackendCostModel, Graph, Op, Plan};
use rlx_runtime::{Device, Executable, Session};

use crate::error::Result;

/// The route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RlxWelchPeaksExecKind {
    /// One kernel that returns only peaks.
    FusedOp,
    /// A block transform on the device, the rest on the host.
    BlockFft,
}

impl RlxWelchPeaksExecKind {
    /// `fused_op` or `block_fft`.
    pub fn label(self) -> &'static str {
        match self {
            Self::FusedOp => "fused_op",
            Self::BlockFft => "block_fft",
        }
    }
}

impl fmt::Display for RlxWelchPeaksExecKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// Returns the route that [`CompiledRlxWelchPeaksExec::compile_adaptive`] takes for a shape on a device.
pub fn rlx_welch_peaks_exec_kind(
    shape: &WelchPeaksShape,
    caps: &BackendCaps,
    model: &BackendCostModel,
) -> RlxWelchPeaksExecKind {
    if fused_welch_peaks_auto_viable(shape, caps, model) {
        RlxWelchPeaksExecKind::FusedOp
    } else {
        RlxWelchPeaksExecKind::BlockFft
    }
}

/// A compiled plan for one batch of packed peaks.
#[derive(Debug, Clone)]
pub struct CompiledRlxWelchPeaksExec {
    executable: Executable,
    kind: RlxWelchPeaksExecKind,
    shape: WelchPeaksShape,
}

impl CompiledRlxWelchPeaksExec {
    /// Compiles for two segments of `n_fft`, with the route that the gate selects on this device (`None`: `auto`).
    ///
    /// # Errors
    /// An unknown or absent device, with the available devices; an invalid shape.
    pub fn compile_adaptive(batch: usize, n_fft: usize, k: usize, device: Option<&str>) -> Result<Self> {
        let session = Session::open(&Device::named(device.unwrap_or("auto"))?)?;
        Self::compile_on(&session, &WelchPeaksShape::new(batch, n_fft, 2, k))
    }

    /// Compiles any shape on an open session, as [`compile_adaptive`](Self::compile_adaptive) does.
    ///
    /// # Errors
    /// An invalid shape; a kernel or buffer that cannot be built.
    pub fn compile_on(session: &Session, shape: &WelchPeaksShape) -> Result<Self> {
        let kind = rlx_welch_peaks_exec_kind(shape, session.caps(), session.model());
        Self::compile_kind(session, shape, kind)
    }

    /// Compiles with a given route. A fused op that the device does not support is computed by supported ops.
    ///
    /// # Errors
    /// Those of [`compile_on`](Self::compile_on).
    pub fn compile_kind(
        session: &Session,
        shape: &WelchPeaksShape,
        kind: RlxWelchPeaksExecKind,
    ) -> Result<Self> {
        let plan = match kind {
            RlxWelchPeaksExecKind::FusedOp => {
                let mut graph = Graph::new();
                let len = shape.frame_len()?;
                let x = graph.push(Op::Input { batch: shape.batch, len, complex: false }, &[])?;
                graph.chain(x, [Op::WelchPeaks(shape.spec()), Op::output(PEAKS)])?;
                Plan::new(graph, session.caps())?
            }
            RlxWelchPeaksExecKind::BlockFft => {
                Plan::new(welch_peaks(shape)?, &session.caps().clone().block_fft_only())?
            }
        };
        // The result holds the plan, so the session need not cache it.
        Ok(Self { executable: session.compile_once(plan)?, kind, shape: *shape })
    }

    /// Returns the route.
    pub fn kind(&self) -> RlxWelchPeaksExecKind {
        self.kind
    }

    /// Returns the compiled plan.
    pub fn executable(&self) -> &Executable {
        &self.executable
    }

    /// Returns the shape that it was compiled for.
    pub fn shape(&self) -> &WelchPeaksShape {
        &self.shape
    }

    /// Returns the number of output values: `batch · min(k, bins) · 2`.
    pub fn output_len(&self) -> usize {
        self.executable.outputs().iter().map(|o| o.floats).sum()
    }

    /// Computes packed peaks of `[batch, frame_len]` samples into `out`.
    ///
    /// # Errors
    /// Wrong lengths, with the expected ones; NaN and infinity.
    pub fn run(&self, samples: &[f32], out: &mut [f32]) -> Result<()> {
        Ok(self.executable.run(&[samples], &mut [out])?)
    }
}

#[cfg(test)]
mod tests {
    use rlx_compile::DeviceClass;
    use rlx_compile::plan::ExecKind;

    use super::*;

    fn exec_kind(class: DeviceClass, batch: usize, n_fft: usize) -> &'static str {
        let shape = WelchPeaksShape::new(batch, n_fft, 2, 16);
        rlx_welch_peaks_exec_kind(&shape, &BackendCaps::shipped(class), &BackendCostModel::shipped(class))
            .label()
    }

    #[test]
    fn metal_rejects_256_rows_and_takes_1024() {
        assert_eq!(exec_kind(DeviceClass::Metal, 256, 256), "block_fft");
        assert_eq!(exec_kind(DeviceClass::Metal, 1024, 256), "fused_op");
    }

    #[test]
    fn the_cpu_fuses_what_it_has_a_kernel_for() {
        assert_eq!(exec_kind(DeviceClass::Cpu, 1, 256), "fused_op");
        assert_eq!(exec_kind(DeviceClass::Cpu, 4096, 250), "block_fft");
    }

    #[test]
    fn both_routes_run_and_agree() {
        let session = Session::open(&Device::Cpu).unwrap();
        let shape = WelchPeaksShape::new(19, 256, 2, 5);
        let samples: Vec<f32> =
            (0..19 * 384).map(|i| (i as f32 * 0.9).sin() + (i % 7) as f32 * 0.1).collect();
        let run = |kind| {
            let exec = CompiledRlxWelchPeaksExec::compile_kind(&session, &shape, kind).unwrap();
            let mut out = vec![0.0; exec.output_len()];
            exec.run(&samples, &mut out).unwrap();
            (exec.executable().plan().exec_kind(), out)
        };
        let (fused, a) = run(RlxWelchPeaksExecKind::FusedOp);
        let (block, b) = run(RlxWelchPeaksExecKind::BlockFft);
        assert_eq!((fused, block), (ExecKind::FusedOp, ExecKind::BlockFft));
        for (a, b) in a.chunks_exact(10).zip(b.chunks_exact(10)) {
            assert_eq!(a[0], b[0]);
            let norm = a[1] * 8.0 * f32::EPSILON * 8.0;
            assert!(a.chunks(2).zip(b.chunks(2)).all(|(a, b)| (a[1] - b[1]).abs() <= norm));
        }
    }

    #[test]
    fn adaptive_runs_any_size_and_names_bad_devices() {
        let exec = CompiledRlxWelchPeaksExec::compile_adaptive(3, 250, 4, None).unwrap();
        assert_eq!((exec.kind().label(), exec.output_len()), ("block_fft", 3 * 4 * 2));
        let mut out = vec![0.0; 24];
        exec.run(&vec![1.0; 3 * 375], &mut out).unwrap();
        assert_eq!(
            exec.run(&[0.0; 7], &mut out).unwrap_err().to_string(),
            "input 0: expected 1125 values, got 7"
        );
        let error = CompiledRlxWelchPeaksExec::compile_adaptive(3, 256, 4, Some("tpu")).unwrap_err();
        assert!(error.to_string().contains("this machine has cpu"), "{error}");
        assert!(CompiledRlxWelchPeaksExec::compile_adaptive(3, 256, 0, None).is_err());
    }
}
