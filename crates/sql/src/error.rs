//! Errors of the functions, which begin with function, argument and row.

use datafusion::common::DataFusionError;

/// Returns an error of an argument, found during planning.
pub(crate) fn plan(function: &str, argument: &str, reason: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Plan(format!("{function}: {argument}: {reason}"))
}

/// Returns an error of the data, found during execution.
pub(crate) fn run(function: &str, argument: &str, reason: impl std::fmt::Display) -> DataFusionError {
    DataFusionError::Execution(format!("{function}: {argument}: {reason}"))
}

/// Returns an error of the numerical library on rows of a batch. `row` maps a row of the library to the row of the
/// record batch.
pub(crate) fn numeric(
    function: &str,
    samples: &str,
    error: rlx_dsp::Error,
    row: impl Fn(usize) -> usize,
) -> DataFusionError {
    match error {
        rlx_dsp::Error::Argument { name, reason } => run(function, name, reason),
        rlx_dsp::Error::NonFinite { row: inner, index, value } => {
            let reason = format!(
                "row {} of the record batch: sample {index} is {value}; the option nan says what to do with such samples",
                row(inner)
            );
            run(function, samples, reason)
        }
        error @ rlx_dsp::Error::TooShort { .. } => {
            run(function, samples, format!("row {} of the record batch: {error}", row(0)))
        }
        other => run(function, samples, other),
    }
}
