//! Averages over frames of products of spectra: cross spectra and coherences of pairs of signals.

use super::{Blueprint, Define, Operand, Pass, Passes, Table};
use crate::cross::CrossAverage;
use crate::recipe::median_bias;

const BLOCK: usize = 256;
/// Number of threads that keep a device busy.
const THREADS: usize = 1 << 18;

/// Adds the averages to the launches that compute the spectra of one signal per row, as pairs.
pub(crate) fn cross(average: &CrossAverage, spectra: Passes) -> Result<Passes, String> {
    let CrossAverage { channels, frames, bins, .. } = *average;
    let pairs = average.pairs.len();
    if frames == 0 || [frames, bins, pairs, channels].iter().any(|n| *n > i32::MAX as usize / 4) {
        return Err(format!("{pairs} pairs of {channels} signals of {frames} frames"));
    }
    let mut passes = spectra.times(channels);
    let made = Operand::Scratch(passes.scratch.len());
    passes.scratch.push(2 * channels * frames * bins);
    let written = passes.passes.iter_mut().flat_map(|pass| &mut pass.operands);
    written.filter(|o| **o == Operand::Output).for_each(|operand| *operand = made);
    passes.output_len = average.width() * pairs * bins;
    if average.median {
        let factor = average.factor / median_bias(frames);
        passes.passes.push(average.launch("MEDIAN", (frames, 1), made, Operand::Output, factor));
        return Ok(passes);
    }
    let shape @ (_, groups) = average.groups(THREADS);
    if groups == 1 {
        passes.passes.push(average.launch("WHOLE", shape, made, Operand::Output, average.factor));
        return Ok(passes);
    }
    let part = Operand::Scratch(passes.scratch.len());
    passes.scratch.push(average.parts() * pairs * groups * bins);
    passes.passes.push(average.launch("PART", shape, made, part, 1.0));
    passes.passes.push(average.launch("FINISH", shape, part, Operand::Output, average.factor));
    Ok(passes)
}

impl CrossAverage {
    fn launch(
        &self,
        what: &'static str,
        (group, groups): (usize, usize),
        from: Operand,
        to: Operand,
        factor: f64,
    ) -> Pass {
        let number = |name, value: usize| (name, value.to_string());
        let mut defines: Vec<Define> = vec![
            number(what, 1),
            number("CHANNELS", self.channels),
            number("PAIRS", self.pairs.len()),
            number("FRAMES", self.frames),
            number("BINS", self.bins),
            number("N_FFT", self.n_fft),
            number("GROUP", group),
            number("GROUPS", groups),
        ];
        defines.extend(self.doubled.then(|| number("DOUBLED", 1)));
        defines.extend(self.coherence.then(|| number("COHERENCE", 1)));
        let blueprint = Blueprint {
            family: "cross",
            entry: "cross",
            source: "cross.cu",
            defines,
            block: BLOCK as u32,
            rows_per_block: BLOCK as u32,
            shared_bytes: 0,
            register_ceiling: 64,
            tables: vec![Table { name: "pairs", data: self.table() }],
        };
        let items = self.pairs.len() * self.bins * if what == "PART" { groups } else { 1 };
        let operands = vec![from, to, Operand::Table(0), Operand::Rows, Operand::Factor(factor as f32)];
        Pass { blueprint, items: items as u64, operands }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Averages of three signals with this many frames.
    fn average(frames: usize, coherence: bool, median: bool) -> Passes {
        let average = CrossAverage {
            channels: 3,
            pairs: vec![(0, 1), (2, 1), (1, 1)],
            coherence,
            median,
            frames,
            bins: 129,
            n_fft: 256,
            doubled: true,
            factor: 0.5,
            batch: 1,
        };
        let none = Passes {
            passes: Vec::new(),
            scratch: Vec::new(),
            output_len: 0,
            checked: None,
            whole_batch: false,
        };
        cross(&average, none).unwrap()
    }

    #[test]
    fn many_frames_are_divided_between_threads() {
        let names =
            |passes: &Passes| passes.passes.iter().map(|p| p.blueprint.defines[0].0).collect::<Vec<_>>();
        assert_eq!(names(&average(1, false, false)), ["WHOLE"]);
        assert_eq!(names(&average(1000, true, false)), ["PART", "FINISH"]);
        assert_eq!(names(&average(1000, false, true)), ["MEDIAN"]);
        assert_eq!(average(1000, false, false).scratch[0], 2 * 3 * 1000 * 129);
    }

    #[test]
    #[ignore = "needs NVRTC, the CUDA compiler; no GPU"]
    fn every_average_compiles() {
        let nvrtc = crate::cuda::nvrtc::nvrtc().unwrap();
        for (frames, coherence, median) in
            [(1, false, false), (1, true, false), (1000, false, false), (1000, true, false), (7, false, true)]
        {
            for pass in average(frames, coherence, median).passes {
                let mut options = vec!["--gpu-architecture=sm_80".to_owned()];
                options.extend(pass.blueprint.options());
                let cubin = nvrtc.cubin("cross.cu", pass.blueprint.text(), Blueprint::headers(), &options);
                assert!(cubin.is_ok(), "{:?}: {}", pass.blueprint.defines, cubin.unwrap_err());
            }
        }
    }
}
