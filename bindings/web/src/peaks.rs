//! Peaks of rows and of averaged spectra.

use crate::arrays::{self, Samples};
use crate::error::Failure;
use crate::estimate::Number;
use crate::request::{FindPeaks, WelchPeaks};
use rlx_dsp::fft::Real;
use rlx_dsp::peaks::{Bounds, LocalPeakParams, LocalPeaks, find_peaks, top_k_bins};
use rlx_dsp::welch::{PsdParams, Welch};
use serde_json::{Map, Value, json};

fn bounds(ends: Option<[Option<f64>; 2]>) -> Option<Bounds> {
    ends.map(|[min, max]| Bounds { min, max })
}

pub(crate) fn find(query: &FindPeaks) -> Result<Value, Failure> {
    let params = LocalPeakParams::new()
        .plateau_size(bounds(query.plateau_size))
        .height(bounds(query.height))
        .threshold(bounds(query.threshold))
        .distance(query.distance)
        .prominence(bounds(query.prominence))
        .wlen(query.wlen)
        .width(bounds(query.width))
        .rel_height(query.rel_height.unwrap_or(0.5));
    let found = match Samples::of(&query.x)? {
        Samples::Single(x) => find_peaks(x.singles(), &params)?,
        Samples::Double(x) => find_peaks(x.doubles(), &params)?,
    };
    Ok(described(&found))
}

/// Positions, and the properties that were computed under SciPy's names.
fn described(found: &LocalPeaks) -> Value {
    let mut properties = Map::new();
    let mut put = |name: &str, values: Vec<f64>| properties.insert(name.into(), arrays::result(&values));
    let whole = |values: &[usize]| values.iter().map(|&v| v as f64).collect::<Vec<f64>>();
    if let Some(plateaus) = &found.plateaus {
        put("plateau_sizes", whole(&plateaus.sizes));
        put("left_edges", whole(&plateaus.left_edges));
        put("right_edges", whole(&plateaus.right_edges));
    }
    if let Some(heights) = &found.heights {
        put("peak_heights", heights.clone());
    }
    if let Some(thresholds) = &found.thresholds {
        put("left_thresholds", thresholds.left.clone());
        put("right_thresholds", thresholds.right.clone());
    }
    if let Some(prominences) = &found.prominences {
        put("prominences", prominences.values.clone());
        put("left_bases", whole(&prominences.left_bases));
        put("right_bases", whole(&prominences.right_bases));
    }
    if let Some(widths) = &found.widths {
        put("widths", widths.values.clone());
        put("width_heights", widths.heights.clone());
        put("left_ips", widths.left_ips.clone());
        put("right_ips", widths.right_ips.clone());
    }
    json!({ "peaks": arrays::result(&whole(&found.positions)), "properties": properties })
}

pub(crate) fn welch(query: &WelchPeaks) -> Result<Value, Failure> {
    let params = query.segments.params()?;
    match Samples::of(&query.x)? {
        Samples::Single(x) => strongest(x.singles(), params, query.k),
        Samples::Double(x) => strongest(x.doubles(), params, query.k),
    }
}

fn strongest<T: Number>(x: &[T], params: PsdParams, k: usize) -> Result<Value, Failure> {
    let psd = Welch::<T>::new(params)?.run(x)?;
    let best = top_k_bins(&psd.values, k)?;
    let bins: Vec<f64> = best.iter().map(|peak| peak.bin as f64).collect();
    let at: Vec<f64> = best.iter().map(|peak| psd.freqs[peak.bin]).collect();
    let values: Vec<f64> = best.iter().map(|peak| Real::widen(peak.power)).collect();
    Ok(
        json!({ "bins": arrays::result(&bins), "freqs": arrays::result(&at), "values": arrays::result(&values) }),
    )
}
