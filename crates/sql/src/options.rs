//! Options of the functions: one table of names, one reader of the struct that holds them.

use crate::error;
use datafusion::arrow::array::{Array, StructArray};
use datafusion::common::{Result, ScalarValue};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::nan::NanPolicy;
use rlx_dsp::scaling::{Average, Scaling};
use rlx_dsp::welch::PsdParams;
use rlx_dsp::window::Window;
use std::fmt::Display;
use std::str::FromStr;

macro_rules! options {
    ($($variant:ident, $name:literal, $what:literal;)+) => {
        /// Name of an option.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum OptionName { $($variant),+ }

        const TABLE: &[(OptionName, &str, &str)] = &[$((OptionName::$variant, $name, $what)),+];
    };
}

options! {
    Window, "window", "hann (default), hamming, blackman, flat-top, rectangular, kaiser:BETA, tukey:ALPHA, …";
    Segment, "segment", "samples in a segment, at most n_fft, the rest is zeros; n_fft by default";
    Hop, "hop", "distance between segment starts, in samples; half a segment by default";
    Detrend, "detrend", "constant, linear or none: what is subtracted from each segment";
    Scaling, "scaling", "density (unit²/Hz), spectrum (unit²) or raw (|X|²)";
    Average, "average", "mean (default), median, max or min over the segments";
    Nan, "nan", "error (default), skip-segment, interpolate:MAX_GAP or propagate: what happens to NaN, infinity and null samples";
    Short, "short", "error (default) or null: the result of a row that is shorter than a segment";
    Mode, "mode", "bins (default): the largest bins; local: local maxima in dB with prominence and width";
    NFft, "n_fft", "transform length; 256 or the row's length by default";
    Origin, "origin", "a time that lies on the sample grid, in seconds for timestamps; 0 by default";
    Height, "height", "least value of a peak";
    Threshold, "threshold", "least vertical distance to both neighbours";
    Distance, "distance", "least distance between peaks in samples";
    Prominence, "prominence", "least prominence (in dB for mode local, 3 by default)";
    Width, "width", "least width in samples";
    RelHeight, "rel_height", "fraction of the prominence at which the width is measured; 0.5 by default";
    Rate, "rate", "samples per second, where the file does not say";
    Frame, "frame", "samples per row at most; 65,536 by default";
    Format, "format", "the files' format, instead of their content and extension";
    Raw, "raw", "sample format of headerless files, such as s16le";
    Channels, "channels", "channels of headerless files";
    Time, "time", "column of uniform timestamps, which give the rate of a table";
    Column, "column", "column of a table; all numeric ones by default";
    Mels, "mels", "number of mel bands, instead of the preset's";
}

impl OptionName {
    /// Returns its name in SQL.
    pub(crate) fn name(self) -> &'static str {
        TABLE[self as usize].1
    }
}

/// Returns one phrase of documentation.
pub(crate) fn what(name: OptionName) -> &'static str {
    TABLE[name as usize].2
}

/// The options of one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Options {
    function: &'static str,
    given: Vec<(&'static str, Given)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Given {
    Number(f64),
    Text(String),
}

impl Options {
    /// Reads a struct of constants. `None` and a null struct mean no options.
    pub(crate) fn read(
        function: &'static str,
        known: &[OptionName],
        value: Option<&ScalarValue>,
    ) -> Result<Self> {
        let mut options = Self { function, given: Vec::new() };
        let fields: &StructArray = match value {
            None | Some(ScalarValue::Null) => return Ok(options),
            Some(ScalarValue::Struct(fields)) => fields,
            Some(other) => {
                return Err(error::plan(
                    function,
                    "options",
                    format!("must be a struct, got {}", other.data_type()),
                ));
            }
        };
        if fields.is_null(0) {
            return Ok(options);
        }
        for (field, column) in fields.fields().iter().zip(fields.columns()) {
            let Some(name) = known.iter().map(|n| n.name()).find(|n| n.eq_ignore_ascii_case(field.name()))
            else {
                let names: Vec<_> = known.iter().map(|n| n.name()).collect();
                let reason = format!("unknown option '{}', known: {}", field.name(), names.join(", "));
                return Err(error::plan(function, "options", reason));
            };
            let value = ScalarValue::try_from_array(column, 0)?;
            if value.is_null() {
                continue;
            }
            let given = match value.cast_to(&datafusion::arrow::datatypes::DataType::Float64) {
                Ok(ScalarValue::Float64(Some(number))) if value.data_type().is_numeric() => {
                    Given::Number(number)
                }
                _ => match value.try_as_str() {
                    Some(Some(text)) => Given::Text(text.to_owned()),
                    _ => {
                        return Err(error::plan(
                            function,
                            name,
                            format!("must be a text or a number, got {value}"),
                        ));
                    }
                },
            };
            options.given.push((name, given));
        }
        Ok(options)
    }

    fn find(&self, name: OptionName) -> Option<&Given> {
        self.given.iter().find(|(own, _)| *own == name.name()).map(|(_, value)| value)
    }

    /// Returns a number.
    pub(crate) fn number(&self, name: OptionName) -> Result<Option<f64>> {
        match self.find(name) {
            None => Ok(None),
            Some(Given::Number(value)) => Ok(Some(*value)),
            Some(Given::Text(text)) => {
                Err(error::plan(self.function, name.name(), format!("must be a number, got '{text}'")))
            }
        }
    }

    /// Returns a text.
    pub(crate) fn text(&self, name: OptionName) -> Result<Option<String>> {
        match self.find(name) {
            None => Ok(None),
            Some(Given::Text(text)) => Ok(Some(text.clone())),
            Some(Given::Number(value)) => {
                Err(error::plan(self.function, name.name(), format!("must be a text, got {value}")))
            }
        }
    }

    /// Returns a number of samples, at least 1.
    pub(crate) fn count(&self, name: OptionName) -> Result<Option<usize>> {
        let Some(value) = self.number(name)? else { return Ok(None) };
        count(value).map(Some).map_err(|reason| error::plan(self.function, name.name(), reason))
    }

    /// Returns a value parsed by the numerical library.
    pub(crate) fn parsed<T: FromStr<Err = rlx_dsp::Error>>(&self, name: OptionName) -> Result<Option<T>> {
        match self.find(name) {
            None => Ok(None),
            Some(Given::Text(text)) => text.parse().map(Some).map_err(|error| match error {
                rlx_dsp::Error::Argument { reason, .. } => error::plan(self.function, name.name(), reason),
                other => error::plan(self.function, name.name(), other),
            }),
            Some(Given::Number(value)) => {
                Err(error::plan(self.function, name.name(), format!("must be a text, got {value}")))
            }
        }
    }

    /// One of a few names; the first one by default.
    pub(crate) fn choice<T: Copy>(&self, name: OptionName, choices: &[(&str, T)]) -> Result<T> {
        let names = || choices.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ");
        match self.find(name) {
            None => Ok(choices[0].1),
            Some(Given::Text(text)) => choices
                .iter()
                .find(|(own, _)| own.eq_ignore_ascii_case(text))
                .map(|(_, value)| *value)
                .ok_or_else(|| {
                    error::plan(self.function, name.name(), format!("'{text}' is none of {}", names()))
                }),
            Some(Given::Number(value)) => {
                Err(error::plan(self.function, name.name(), format!("{value} is none of {}", names())))
            }
        }
    }

    /// Returns whether a row that is shorter than a segment gives null.
    pub(crate) fn short_is_null(&self) -> Result<bool> {
        self.choice(OptionName::Short, &[("error", false), ("null", true)])
    }

    /// Returns the validated parameters of Welch's method; `detrend` and `scaling` are the function's defaults.
    pub(crate) fn psd(&self, rate: f64, n_fft: f64, detrend: Detrend, scaling: Scaling) -> Result<PsdParams> {
        let n_fft = count(n_fft).map_err(|reason| error::run(self.function, "n_fft", reason))?;
        if n_fft > 1 << 26 {
            let reason = format!("{n_fft} is more than {}", 1 << 26);
            return Err(error::run(self.function, "n_fft", reason));
        }
        let segment_len = self.count(OptionName::Segment)?.unwrap_or(n_fft);
        let params = PsdParams::new(rate, segment_len)
            .window(self.parsed::<Window>(OptionName::Window)?.unwrap_or(Window::Hann))
            .hop(self.count(OptionName::Hop)?.unwrap_or((segment_len - segment_len / 2).max(1)))
            .n_fft(n_fft)
            .detrend(self.parsed(OptionName::Detrend)?.unwrap_or(detrend))
            .scaling(self.parsed(OptionName::Scaling)?.unwrap_or(scaling))
            .average(self.parsed(OptionName::Average)?.unwrap_or(Average::Mean))
            .nan(self.parsed(OptionName::Nan)?.unwrap_or(NanPolicy::Error));
        params.validate::<f64>().and_then(|()| params.segments.weights().map(drop)).map_err(|error| {
            match error {
                // The SQL argument is named rate.
                rlx_dsp::Error::Argument { name: "sample_rate", reason } => {
                    error::run(self.function, "rate", reason)
                }
                rlx_dsp::Error::Argument { name: "segment_len", reason } => {
                    error::run(self.function, "segment", reason)
                }
                rlx_dsp::Error::Argument { name, reason } => error::run(self.function, name, reason),
                other => error::run(self.function, "options", other),
            }
        })?;
        Ok(params)
    }
}

/// Returns a whole number of at least 1.
pub(crate) fn count(value: f64) -> Result<usize, impl Display> {
    if value >= 1.0 && value.fract() == 0.0 && value <= 1e15 {
        Ok(value as usize)
    } else {
        Err(format!("must be a whole number of at least 1, got {value}"))
    }
}

// The table is indexed by the discriminants of the enum.
const _: () = {
    let mut at = 0;
    while at < TABLE.len() {
        assert!(TABLE[at].0 as usize == at);
        at += 1;
    }
};
