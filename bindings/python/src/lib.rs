//! The native half of the Python package `rlx_fft`: plans over C-contiguous arrays of one type. What SciPy accepts
//! around that (axes, types, windows, warnings) is in the Python half, `python/rlx_fft`.

mod accumulator;
mod arrays;
mod arrow;
mod auto_peaks;
mod cross;
mod device_plan;
mod devices;
#[cfg(feature = "cuda")]
mod dlpack;
mod errors;
mod features;
mod interrupt;
mod layer;
mod learned;
mod mel;
mod multitaper;
mod params;
mod peaks;
mod psd;
#[cfg(feature = "cuda")]
mod resident;
#[cfg(not(feature = "cuda"))]
#[path = "resident_absent.rs"]
mod resident;
#[cfg(feature = "cuda")]
mod results;
mod rows;
mod sessions;
mod short_time;
mod spectra;
mod threads;
mod transforms;
mod uneven;
mod welch_peaks;

use log::LevelFilter;
use pyo3::prelude::*;

/// Logger of the package in Python.
const LOG: &str = "rlx_fft";

// All classes are frozen or hold their state behind locks, so free-threaded builds keep their threads.
#[pymodule(gil_used = false)]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    // A second interpreter of the process finds the logger in place.
    // Levels are asked for at each message: programs set them after the import.
    let logger = pyo3_log::Logger::new(m.py(), pyo3_log::Caching::Loggers)?;
    // The drivers' crates are not heard: they log under locks of their own, where Python's must not be waited for.
    let logger = logger.filter(LevelFilter::Off).filter_target(LOG.to_owned(), LevelFilter::Debug);
    drop(logger.install());
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add_class::<params::Segments>()?;
    m.add_class::<psd::WelchPlan>()?;
    m.add_class::<cross::CsdPlan>()?;
    m.add_class::<spectra::SpectraPlan>()?;
    m.add_class::<welch_peaks::PeaksPlan>()?;
    m.add_class::<auto_peaks::AutoPeaks>()?;
    m.add_class::<mel::MelPlan>()?;
    m.add_class::<device_plan::DevicePlan>()?;
    m.add_class::<resident::DeviceArray>()?;
    m.add_class::<learned::LearnedFft>()?;
    m.add_class::<accumulator::Accumulator>()?;
    m.add_class::<short_time::ShortTimePlan>()?;
    m.add_class::<transforms::FftPlan>()?;
    m.add_class::<multitaper::MultitaperPlan>()?;
    m.add_class::<features::KaldiPlan>()?;
    m.add_class::<features::MelStream>()?;
    m.add_function(wrap_pyfunction!(layer::butterflies, m)?)?;
    m.add_function(wrap_pyfunction!(layer::butterflies_backward, m)?)?;
    m.add_function(wrap_pyfunction!(short_time::canonical_dual, m)?)?;
    m.add_function(wrap_pyfunction!(short_time::closest_dual, m)?)?;
    m.add_function(wrap_pyfunction!(short_time::check_cola, m)?)?;
    m.add_function(wrap_pyfunction!(short_time::check_nola, m)?)?;
    m.add_function(wrap_pyfunction!(multitaper::dpss, m)?)?;
    m.add_function(wrap_pyfunction!(multitaper::welch_interval, m)?)?;
    m.add_function(wrap_pyfunction!(multitaper::detrend_rows, m)?)?;
    m.add_function(wrap_pyfunction!(uneven::lombscargle, m)?)?;
    m.add_function(wrap_pyfunction!(uneven::relative_maxima_mask, m)?)?;
    m.add_function(wrap_pyfunction!(features::mfcc, m)?)?;
    m.add_function(wrap_pyfunction!(features::power_to_db, m)?)?;
    m.add_function(wrap_pyfunction!(features::delta, m)?)?;
    m.add_function(wrap_pyfunction!(params::window, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::find_peaks_rows, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::local_maxima, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::select_by_distance, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::peak_prominences, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::peak_widths, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::top_k, m)?)?;
    m.add_function(wrap_pyfunction!(peaks::prominences_of_bins, m)?)?;
    m.add_function(wrap_pyfunction!(arrow::from_arrow, m)?)?;
    m.add_function(wrap_pyfunction!(devices::devices_json, m)?)?;
    m.add_function(wrap_pyfunction!(devices::find_device, m)?)?;
    m.add_function(wrap_pyfunction!(threads::set_num_threads, m)?)?;
    m.add_function(wrap_pyfunction!(threads::get_num_threads, m)?)?;
    Ok(())
}
