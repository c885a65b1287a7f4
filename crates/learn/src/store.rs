//! Models as safetensors: weights as tensors, configuration and record in the metadata.
//!
//! | tensor | type | shape |
//! |---|---|---|
//! | `twiddles` | F32 | `[stages, n/2, 4, 2]`: a, b, c, d of each butterfly, real and imaginary |
//! | `gates` | U8 | `[stages, n/2]`: 0 closed, 1 open, 2 skip, 3 reverse |
//! | `orders` | U32 | `[depth, n]` |
//! | `mask` | F32 | `[n/2 + 1]` |
//! | `corrector` | F32 | `[2]`: scale, offset |
//! | `window` | F32 | `[n]`, if the model has a window of its own |
//!
//! Metadata: `format` = `rlx-fft-learned`, `version` (1; 2 with a window, which older programs would pass over), `n_fft`, `real`, `record` (JSON of
//! [`TrainingRecord`](crate::TrainingRecord), which has a version of its own). The same model has the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::error::{Error, Result};
use crate::model::{AffineCorrector, FastLearnedFftModel};
use crate::network::{Butterfly, ButterflyNetwork, Gate, MAX_N};
use crate::record::TrainingRecord;

const FORMAT: &str = "rlx-fft-learned";
/// Newest version of the layout above; newer ones are rejected. Models without a window are version 1.
pub const VERSION: u32 = 2;
/// Larger files are not models: 2^20 points in two products are under 3 GiB.
const MAX_BYTES: u64 = 3 << 30;

impl FastLearnedFftModel {
    /// Returns the model as the bytes of a file.
    ///
    /// # Errors
    /// A model that the format cannot hold.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let network = self.network();
        let (n, stages) = (network.n(), network.stages());
        let all = |f: &dyn Fn(usize) -> Vec<u8>| (0..stages).flat_map(f).collect::<Vec<u8>>();
        let floats = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let twiddles = all(&|s| {
            network.stage(s).unwrap_or_default().iter().flat_map(|w| floats(&w.to_array())).collect()
        });
        let gates = all(&|s| network.gates(s).unwrap_or_default().iter().map(|g| *g as u8).collect());
        let orders: Vec<u8> = (0..network.depth())
            .flat_map(|p| network.order(p).unwrap_or_default())
            .flat_map(|i| i.to_le_bytes())
            .collect();
        let mask = floats(self.mask());
        let corrector = floats(&[self.corrector().scale, self.corrector().offset]);
        let fail = |e: &dyn std::fmt::Display| Error::argument("model", format!("cannot be written: {e}"));
        let view =
            |dtype, shape: &[usize], data| TensorView::new(dtype, shape.to_vec(), data).map_err(|e| fail(&e));
        let window = self.window().map(floats);
        let mut tensors = vec![
            ("twiddles", view(Dtype::F32, &[stages, n / 2, 4, 2], &twiddles)?),
            ("gates", view(Dtype::U8, &[stages, n / 2], &gates)?),
            ("orders", view(Dtype::U32, &[network.depth(), n], &orders)?),
            ("mask", view(Dtype::F32, &[self.n_bins()], &mask)?),
            ("corrector", view(Dtype::F32, &[2], &corrector)?),
        ];
        if let Some(window) = &window {
            tensors.push(("window", view(Dtype::F32, &[n], window)?));
        }
        let record = serde_json::to_string(self.record()).map_err(|e| fail(&e))?;
        let metadata = BTreeMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("version".to_owned(), if window.is_some() { VERSION } else { 1 }.to_string()),
            ("n_fft".to_owned(), n.to_string()),
            ("real".to_owned(), network.is_real().to_string()),
            ("record".to_owned(), record),
        ]);
        serialise(tensors, metadata).map_err(|e| fail(&e))
    }

    /// Reads a model from the bytes of a file. Sizes, orders, gates and numbers are all checked.
    ///
    /// # Errors
    /// [`Error::Model`] with the reason.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let bad = |e: &dyn std::fmt::Display| Error::Model(format!("no readable safetensors: {e}"));
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| bad(&e))?;
        let metadata = header.metadata().clone().unwrap_or_default();
        let entry = |name: &str| metadata.get(name).map(String::as_str);
        if entry("format") != Some(FORMAT) {
            let reason = format!("the metadata's format is {:?}, not {FORMAT:?}", entry("format"));
            return Err(Error::Model(reason));
        }
        let version = entry("version").unwrap_or("missing");
        if !matches!(version, "1" | "2") {
            return Err(Error::Model(format!(
                "version {version}: this program reads versions up to {VERSION}"
            )));
        }
        let windowed = version == "2";
        let n: usize = entry("n_fft").and_then(|n| n.parse().ok()).unwrap_or(0);
        if !(n.is_power_of_two() && (2..=MAX_N).contains(&n)) {
            return Err(Error::Model(format!("n_fft {:?} is no power of two up to {MAX_N}", entry("n_fft"))));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| bad(&e))?;
        let read = |name: &str, dtype: Dtype| {
            let view = tensors.tensor(name).map_err(|_| Error::Model(format!("no tensor {name}")))?;
            if view.dtype() != dtype {
                return Err(Error::Model(format!("{name} is {:?}, not {dtype:?}", view.dtype())));
            }
            Ok((view.shape().to_vec(), view.data()))
        };
        let expect = |name: &str, shape: &[usize], want: &[usize]| {
            if shape == want {
                return Ok(());
            }
            Err(Error::Model(format!("{name} is {shape:?}; n_fft {n} needs {want:?}")))
        };
        let bits = n.trailing_zeros() as usize;
        let (shape, orders) = read("orders", Dtype::U32)?;
        let depth = shape.first().copied().unwrap_or(0);
        if !(1..=2).contains(&depth) {
            return Err(Error::Model(format!("orders is {shape:?}: one or two products")));
        }
        expect("orders", &shape, &[depth, n])?;
        let stages = depth * bits;
        let (shape, twiddles) = read("twiddles", Dtype::F32)?;
        expect("twiddles", &shape, &[stages, n / 2, 4, 2])?;
        let (shape, gates) = read("gates", Dtype::U8)?;
        expect("gates", &shape, &[stages, n / 2])?;
        let (shape, mask) = read("mask", Dtype::F32)?;
        expect("mask", &shape, &[n / 2 + 1])?;
        let (shape, corrector) = read("corrector", Dtype::F32)?;
        expect("corrector", &shape, &[2])?;
        let window = if windowed {
            let (shape, window) = read("window", Dtype::F32)?;
            expect("window", &shape, &[n])?;
            Some(window)
        } else {
            None
        };

        let word = |b: &[u8]| <[u8; 4]>::try_from(b).unwrap_or_default();
        let floats = |b: &[u8]| b.chunks_exact(4).map(|b| f32::from_le_bytes(word(b))).collect::<Vec<_>>();
        let orders: Vec<u32> = orders.chunks_exact(4).map(|b| u32::from_le_bytes(word(b))).collect();
        let twiddles = floats(twiddles);
        let butterflies: Vec<Butterfly> = twiddles
            .chunks_exact(8)
            .map(|w| Butterfly::from_array(w.try_into().unwrap_or_default()))
            .collect();
        let model = |e: Error| Error::Model(e.to_string());
        let mut network = ButterflyNetwork::new(
            orders.chunks_exact(n).map(<[u32]>::to_vec).collect(),
            butterflies.chunks_exact(n / 2).map(<[Butterfly]>::to_vec).collect(),
            entry("real") == Some("true"),
        )
        .map_err(model)?;
        for (s, row) in gates.chunks_exact(n / 2).enumerate() {
            for (i, (gate, &number)) in
                network.gates_mut(s).unwrap_or_default().iter_mut().zip(row).enumerate()
            {
                *gate = Gate::from_u8(number)
                    .ok_or_else(|| Error::Model(format!("gate {i} of stage {s} is {number}, not 0 … 3")))?;
            }
        }
        let record: TrainingRecord = match entry("record") {
            Some(text) => serde_json::from_str(text).map_err(|e| Error::Model(format!("record: {e}")))?,
            None => TrainingRecord::default(),
        };
        let corrector = floats(corrector);
        let mut loaded = Self::of_network(network, record.clone());
        loaded.set_mask(&floats(mask)).map_err(model)?;
        loaded.set_corrector(AffineCorrector { scale: corrector[0], offset: corrector[1] }).map_err(model)?;
        loaded.set_window(window.map(floats).as_deref()).map_err(model)?;
        loaded.set_record(record).map_err(model)?;
        Ok(loaded)
    }

    /// Writes the model to a temporary file in the same directory, then renames it, so that the file is complete or
    /// absent.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_whole(path.as_ref(), &self.to_bytes()?)
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be read or is not a model.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let file = |reason: String| Error::File { path: path.display().to_string(), reason };
        let len = std::fs::metadata(path).map_err(|e| file(e.to_string()))?.len();
        if len > MAX_BYTES {
            return Err(file(format!("{len} bytes are no model")));
        }
        let bytes = std::fs::read(path).map_err(|e| file(e.to_string()))?;
        Self::from_bytes(&bytes).map_err(|e| file(e.to_string()))
    }
}

/// Returns the bytes of a safetensors file with its header sorted by key: the library's own order differs from call
/// to call.
pub(crate) fn serialise<'a>(
    tensors: impl IntoIterator<Item = (&'a str, TensorView<'a>)>,
    metadata: BTreeMap<String, String>,
) -> std::result::Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let bytes = safetensors::serialize(tensors, Some(metadata.into_iter().collect()))?;
    let word = bytes.get(..8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
    let end = 8 + usize::try_from(word)?;
    let header: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_slice(bytes.get(8..end).unwrap_or_default())?;
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(&header);
    out.extend_from_slice(bytes.get(end..).unwrap_or_default());
    Ok(out)
}

/// Writes a file completely or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = |e: std::io::Error| Error::File { path: path.display().to_string(), reason: e.to_string() };
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    written.inspect_err(|_| drop(std::fs::remove_file(&beside))).map_err(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> FastLearnedFftModel {
        let mut model = FastLearnedFftModel::exact(16).unwrap();
        model.network_mut().gates_mut(1).unwrap()[3] = Gate::Skip;
        let mut mask = vec![1.0; 9];
        mask[4] = 0.25;
        model.set_mask(&mask).unwrap();
        model.set_corrector(AffineCorrector { scale: 1.5, offset: -0.5 }).unwrap();
        model.record_recall(0.75).unwrap();
        model
    }

    #[test]
    fn a_model_comes_back_as_it_was() {
        let model = model();
        let bytes = model.to_bytes().unwrap();
        assert_eq!(FastLearnedFftModel::from_bytes(&bytes).unwrap(), model);
    }

    #[test]
    fn a_window_is_part_of_the_file() {
        let mut model = model();
        let window: Vec<f32> = (0..16).map(|i| i as f32 / 16.0).collect();
        model.set_window(Some(&window)).unwrap();
        let bytes = model.to_bytes().unwrap();
        assert_eq!(FastLearnedFftModel::from_bytes(&bytes).unwrap(), model);
        assert!(String::from_utf8_lossy(&bytes).contains("\"version\":\"2\""));
    }

    #[test]
    fn the_same_model_has_the_same_bytes() {
        let bytes = model().to_bytes().unwrap();
        for _ in 0..20 {
            assert_eq!(model().to_bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn truncated_and_corrupt_files_are_errors_and_never_panic() {
        let bytes = model().to_bytes().unwrap();
        for len in 0..bytes.len() {
            assert!(FastLearnedFftModel::from_bytes(&bytes[..len]).is_err(), "{len}");
        }
        let mut random = crate::Random::new(1);
        for _ in 0..2000 {
            let mut broken = bytes.clone();
            for _ in 0..1 + random.below(3) {
                let at = random.below(broken.len());
                broken[at] = random.bits() as u8;
            }
            // Any model that is read must run.
            if let Ok(model) = FastLearnedFftModel::from_bytes(&broken) {
                let mut frame = vec![num_complex::Complex32::new(1.0, 0.0); model.n_fft()];
                model.forward(&mut frame).unwrap();
            }
        }
    }

    #[test]
    fn foreign_and_future_files_are_told_apart() {
        let said = |from: &str, to: &str| {
            assert_eq!(from.len(), to.len());
            let bytes = model().to_bytes().unwrap();
            let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
            let mut changed = bytes;
            changed[at..at + from.len()].copy_from_slice(to.as_bytes());
            FastLearnedFftModel::from_bytes(&changed).unwrap_err().to_string()
        };
        assert!(said(FORMAT, "another-network").contains("not \"rlx-fft-learned\""));
        assert!(
            said("\"version\":\"1\"", "\"version\":\"3\"")
                .contains("version 3: this program reads versions up to 2")
        );
        assert!(said("\"n_fft\":\"16\"", "\"n_fft\":\"32\"").contains("n_fft 32 needs"));
        assert!(said("\"n_fft\":\"16\"", "\"n_fft\":\"15\"").contains("no power of two"));
    }
}
