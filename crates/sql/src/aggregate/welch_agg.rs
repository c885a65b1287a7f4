//! `welch_agg`: the mean spectrum of the segments of all rows of a group.

use super::constants::Constants;
use super::function::Aggregate;
use super::single::{Groups, Grow};
use crate::answers::Answers;
use crate::describe::{Argument, Descriptor, Kind};
use crate::error;
use crate::options::OptionName;
use crate::rows::{Lists, Number, list_is_single};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::scaling::Scaling;
use rlx_dsp::welch::WelchSums;
use std::sync::Arc;

const OPTIONS: &[OptionName] = &[
    OptionName::Window,
    OptionName::Segment,
    OptionName::Hop,
    OptionName::Detrend,
    OptionName::Scaling,
    OptionName::Nan,
    OptionName::Short,
];

const NAME: &str = "welch_agg";

pub(crate) const WELCH_AGG: Aggregate = Aggregate {
    descriptor: Descriptor {
        name: NAME,
        what: "Returns the power spectrum averaged over the segments of all rows of a group, each row a signal of its own: \
               `n_fft/2 + 1` 64-bit floats with the defaults of `scipy.signal.welch`. Partial states are sums of powers \
               and a number of segments, so that partitions merge in any order. Null without a whole segment.",
        arguments: &[
            Argument {
                name: "samples",
                kind: Kind::Samples,
                what: "The row's signal: a list of any number type.",
            },
            Argument {
                name: "rate",
                kind: Kind::Number,
                what: "Samples per second; it may differ from group to group, not within one.",
            },
            Argument {
                name: "n_fft",
                kind: Kind::Count,
                what: "Length of the transform and of a segment; a constant.",
            },
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select device, welch_agg(samples, 1000.0, 256) from 'rows.parquet' group by device",
    },
    state: |_| {
        vec![
            ("sums", DataType::new_list(DataType::Float64, true)),
            ("segments", DataType::UInt64),
            ("rate", DataType::Float64),
        ]
    },
    groups: |constants, samples| {
        if list_is_single(samples) { open::<f32>(constants) } else { open::<f64>(constants) }
    },
};

fn open<T: Number>(constants: &Constants<'_>) -> Result<Box<dyn Groups>> {
    let options = constants.options()?;
    let skip_short = options.short_is_null()?;
    // The rate comes from the rows; it only scales the result.
    let params = options.psd(1.0, constants.number("n_fft")?, Detrend::Constant, Scaling::Density)?;
    let plan = WelchSums::new(params).map_err(|error| error::numeric(NAME, "samples", error, |row| row))?;
    Ok(Box::new(Spectra::<T> { plan, skip_short, sums: Vec::new(), segments: Vec::new(), rates: Vec::new() }))
}

/// One row of sums per group, in one buffer.
#[derive(Debug, Clone)]
struct Spectra<T: Number> {
    plan: WelchSums<T>,
    skip_short: bool,
    /// `[groups, n_sums]`.
    sums: Vec<f64>,
    segments: Vec<u64>,
    /// NaN for groups without rows.
    rates: Vec<f64>,
}

impl<T: Number> Grow for Spectra<T> {
    fn grow(&mut self, groups: usize) {
        self.sums.resize(groups * self.plan.n_sums(), 0.0);
        self.segments.resize(groups, 0);
        self.rates.resize(groups, f64::NAN);
    }
}

impl<T: Number> Spectra<T> {
    fn rate(&mut self, group: usize, rate: f64) -> Result<()> {
        let own = &mut self.rates[group];
        if own.is_nan() {
            *own = rate;
            if !(rate.is_finite() && rate > 0.0) {
                return Err(error::run(NAME, "rate", format!("must be finite and positive, got {rate}")));
            }
        } else if *own != rate {
            let reason = format!("a group has rows of {own} and of {rate}: group by the rate as well");
            return Err(error::run(NAME, "rate", reason));
        }
        Ok(())
    }

    fn take(&mut self, emit: EmitTo) -> (Vec<f64>, Vec<u64>, Vec<f64>) {
        let groups = match emit {
            EmitTo::All => self.segments.len(),
            EmitTo::First(n) => n,
        };
        let rest = self.sums.split_off(groups * self.plan.n_sums());
        let sums = std::mem::replace(&mut self.sums, rest);
        (sums, emit.take_needed(&mut self.segments), emit.take_needed(&mut self.rates))
    }
}

impl<T: Number> GroupsAccumulator for Spectra<T> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        groups: usize,
    ) -> Result<()> {
        self.grow(groups);
        let lists = Lists::new(&values[0])?;
        let samples = lists.samples::<T>()?;
        let rates = values[1].as_primitive::<Float64Type>();
        let width = self.plan.n_sums();
        let segment = self.plan.params().segments.segment_len;
        for (row, &group) in group_indices.iter().enumerate() {
            let wanted = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            let (Some(range), true) = (lists.range(row).filter(|_| wanted), rates.is_valid(row)) else {
                continue;
            };
            let len = range.len();
            if len < segment && !self.skip_short {
                let error = rlx_dsp::Error::TooShort { len, segment };
                return Err(error::numeric(NAME, "samples", error, |_| row));
            }
            self.rate(group, rates.value(row))?;
            let sums = &mut self.sums[group * width..(group + 1) * width];
            let coverage = self
                .plan
                .add(&samples[range], sums)
                .map_err(|error| error::numeric(NAME, "samples", error, |_| row))?;
            self.segments[group] += coverage.segments;
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let (sums, segments, rates) = self.take(emit);
        let (width, bins) = (self.plan.n_sums(), self.plan.n_bins());
        let mut answers = Answers::<f64>::new(segments.len());
        let mut scaled: Option<(f64, WelchSums<T>)> = None;
        for (group, (sums, count)) in sums.chunks_exact(width).zip(&segments).enumerate() {
            if *count == 0 {
                continue;
            }
            let rate = rates[group];
            let plan = match &scaled {
                Some((own, plan)) if *own == rate => plan,
                _ => {
                    let params = self.plan.params().clone().sample_rate(rate);
                    let plan = WelchSums::new(params)
                        .map_err(|error| error::numeric(NAME, "samples", error, |row| row))?;
                    &scaled.insert((rate, plan)).1
                }
            };
            let start = answers.values().len();
            answers.values().resize(start + bins, 0.0);
            plan.write(sums, *count, &mut answers.values()[start..]);
            answers.put(group, start..start + bins, bins);
        }
        answers.into_numbers()
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let (sums, segments, rates) = self.take(emit);
        let mut answers = Answers::<f64>::new(segments.len());
        let width = self.plan.n_sums();
        for (group, _) in rates.iter().enumerate().filter(|(_, rate)| !rate.is_nan()) {
            let start = answers.values().len();
            answers.values().extend_from_slice(&sums[group * width..(group + 1) * width]);
            answers.put(group, start..start + width, width);
        }
        let rates: Float64Array = rates.into_iter().map(|rate| Some(rate).filter(|r| !r.is_nan())).collect();
        Ok(vec![answers.into_numbers()?, Arc::new(UInt64Array::from(segments)), Arc::new(rates)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], groups: usize) -> Result<()> {
        self.grow(groups);
        let lists = Lists::new(&values[0])?;
        let sums = lists.samples::<f64>()?;
        let segments = values[1].as_primitive::<UInt64Type>();
        let rates = values[2].as_primitive::<Float64Type>();
        let width = self.plan.n_sums();
        for (row, &group) in group_indices.iter().enumerate() {
            let Some(range) = lists.range(row).filter(|_| rates.is_valid(row)) else { continue };
            if range.len() != width || segments.is_null(row) {
                let reason = format!("a partial state has {} sums, not {width}", range.len());
                return Err(error::run(NAME, "n_fft", reason));
            }
            self.rate(group, rates.value(row))?;
            self.segments[group] += segments.value(row);
            let own = &mut self.sums[group * width..(group + 1) * width];
            own.iter_mut().zip(&sums[range]).for_each(|(own, sum)| *own += sum);
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let each: Vec<usize> = (0..rows).collect();
        let mut groups = Self { sums: Vec::new(), segments: Vec::new(), rates: Vec::new(), ..self.clone() };
        groups.update_batch(values, &each, filter, rows)?;
        groups.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        (self.sums.capacity() + self.segments.capacity() + self.rates.capacity()) * size_of::<f64>()
    }
}
