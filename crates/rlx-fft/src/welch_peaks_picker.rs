//! The strategies, their names, and the choice between them.

pub use crate::auto_welch_peaks::AutoWelchPeaks;
pub use rlx_compile::picker::{
    LearnedCandidate, Pick, PickRequest, Prediction, StrategyModels, WelchPeaksPickMode, WelchPeaksStrategy,
    parse_welch_peaks_strategy,
};

/// Returns the candidate with the lowest predicted time (or by fixed thresholds, if requested). Does not allocate.
pub fn pick_welch_peaks_strategy(models: &StrategyModels, request: &PickRequest) -> WelchPeaksStrategy {
    rlx_compile::picker::pick(models, request).strategy
}

/// Returns the path of a picker row in reports: `welch_peaks_picker_<label>`, or `welch_peaks_picker_fastbuf_<label>`
/// if the caller passes the fast layout.
pub fn picker_path_label(strategy: WelchPeaksStrategy, fast_buffer: bool) -> String {
    let buffer = if fast_buffer { "fastbuf_" } else { "" };
    format!("welch_peaks_picker_{buffer}{}", strategy.label())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_specified_names() {
        let ultra = WelchPeaksStrategy::UltraFast;
        assert_eq!(picker_path_label(ultra, false), "welch_peaks_picker_ultra_fast_rustfft");
        assert_eq!(picker_path_label(ultra, true), "welch_peaks_picker_fastbuf_ultra_fast_rustfft");
    }

    #[test]
    fn picking_takes_under_two_microseconds() {
        let models = StrategyModels::cpu(None);
        let request = PickRequest {
            shape: rlx_compile::builders::WelchPeaksShape::new(4096, 256, 2, 16),
            threads: 2,
            gpu: false,
            same_answer: true,
            rlx_viable: true,
            learned: None,
            legacy: false,
        };
        let least = (0..5000).map(|_| {
            let start = std::time::Instant::now();
            std::hint::black_box(pick_welch_peaks_strategy(&models, std::hint::black_box(&request)));
            start.elapsed()
        });
        assert!(least.min().unwrap() < std::time::Duration::from_micros(2));
    }
}
