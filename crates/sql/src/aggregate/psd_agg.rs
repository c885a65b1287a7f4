//! `psd_agg`: the spectrum of a signal whose samples are rows, in any order and any partition.

use super::constants::Constants;
use super::function::Aggregate;
use super::grid::{Grid, NAME, Total};
use super::run::Run;
use super::series::Series;
use super::single::{Groups, Grow};
use super::stamps;
use crate::answers::Answers;
use crate::describe::{Argument, Descriptor, Kind, is_single};
use crate::error;
use crate::options::OptionName;
use crate::rows::{Lists, Number, numbers};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, PrimitiveArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use rlx_dsp::detrend::Detrend;
use rlx_dsp::nan::NanPolicy;
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
    OptionName::Origin,
];

pub(crate) const PSD_AGG: Aggregate = Aggregate {
    descriptor: Descriptor {
        name: NAME,
        what: "Returns the power spectrum of the signal that a group's rows are the samples of, by Welch's method: \
               `n_fft/2 + 1` 64-bit floats. Rows come in any order. A row's time gives its place: sample `round(ts·rate)`. \
               Segments lie on an absolute grid (segment s starts at sample s·hop), and those count of which every \
               sample is there, so gaps leave segments out. Partial states are sums of powers, a number of segments and \
               the samples of unfinished segments at both ends of each gapless run: partitions merge in any order to the \
               spectrum of one pass. A row that comes twice counts once; two values for one sample are an error where \
               both are still held. Null without a whole segment.",
        arguments: &[
            Argument { name: "value", kind: Kind::Sample, what: "The sample: a number." },
            Argument {
                name: "ts",
                kind: Kind::Time,
                what: "Its time: a timestamp of any unit, or a number in the unit of 1/rate (seconds).",
            },
            Argument { name: "rate", kind: Kind::Number, what: "Samples per second; a constant." },
            Argument {
                name: "n_fft",
                kind: Kind::Count,
                what: "Length of the transform and of a segment; a constant.",
            },
            Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
        ],
        example: "select device, psd_agg(v, ts, 1000.0, 256) from 'samples/*.parquet' group by device",
    },
    state: |value| {
        let value = if is_single(value) { DataType::Float32 } else { DataType::Float64 };
        let list = |kind| DataType::new_list(kind, true);
        vec![
            ("sums", list(DataType::Float64)),
            ("segments", DataType::UInt64),
            ("runs", list(DataType::Int64)),
            ("samples", list(value.clone())),
            ("at", list(DataType::Int64)),
            ("loose", list(value)),
        ]
    },
    groups: |constants, value| {
        if is_single(value) { open::<f32>(constants) } else { open::<f64>(constants) }
    },
};

fn open<T: Number>(constants: &Constants<'_>) -> Result<Box<dyn Groups>> {
    let options = constants.options()?;
    let rate = constants.number("rate")?;
    let params = options.psd(rate, constants.number("n_fft")?, Detrend::Constant, Scaling::Density)?;
    if params.segments.hop > params.segments.segment_len {
        let reason =
            format!("{} is more than a segment of {}", params.segments.hop, params.segments.segment_len);
        return Err(error::plan(NAME, "hop", reason));
    }
    if matches!(params.nan, NanPolicy::Interpolate { .. }) {
        let reason = "interpolate needs the samples in order; use skip-segment, error or propagate";
        return Err(error::plan(NAME, "nan", reason));
    }
    let origin = options.number(OptionName::Origin)?.unwrap_or(0.0);
    // Values are checked before the transform.
    let inner = params.clone().nan(NanPolicy::Propagate);
    let plan = WelchSums::new(inner).map_err(|error| error::numeric(NAME, "value", error, |row| row))?;
    let grid = Grid { hop: params.segments.hop as i64, segment: params.segments.segment_len as i64, plan };
    Ok(Box::new(Signals::<T> {
        grid,
        nan: params.nan,
        rate,
        origin,
        groups: Vec::new(),
        indices: Vec::new(),
    }))
}

/// One series per group.
#[derive(Debug, Clone)]
struct Signals<T: Number> {
    grid: Grid<T>,
    nan: NanPolicy,
    rate: f64,
    origin: f64,
    groups: Vec<Series<T>>,
    indices: Vec<i64>,
}

impl<T: Number> Grow for Signals<T> {
    fn grow(&mut self, groups: usize) {
        self.groups.resize_with(groups, Series::default);
    }
}

impl<T: Number> Signals<T> {
    /// Calls `take` with the group and its consecutive samples, in the order of the rows.
    fn each_stretch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        mut take: impl FnMut(&mut Self, usize, i64, &[T]) -> Result<()>,
    ) -> Result<()> {
        let samples = numbers::<T>(&values[0])?;
        let mut indices = std::mem::take(&mut self.indices);
        stamps::indices(&values[1], self.rate, self.origin, &mut indices)?;
        let clean =
            self.nan == NanPolicy::Propagate || samples.iter().fold(true, |clean, v| clean & v.is_finite());
        if filter.is_none() && clean {
            stretches(&samples, &indices, groups, |group, start, samples| take(self, group, start, samples))?;
        } else {
            let wanted =
                |row: &usize| filter.is_none_or(|filter| filter.is_valid(*row) && filter.value(*row));
            let mut rows: Vec<usize> = (0..samples.len()).filter(wanted).collect();
            if let (NanPolicy::Error, Some(row)) =
                (self.nan, rows.iter().find(|row| !samples[**row].is_finite()))
            {
                let what =
                    if values[0].is_null(*row) { "null".to_owned() } else { samples[*row].to_string() };
                let reason = format!(
                    "row {row} of the record batch is {what}; the option nan => 'skip-segment' leaves out the segments of such rows"
                );
                return Err(error::run(NAME, "value", reason));
            }
            rows.retain(|row| self.nan == NanPolicy::Propagate || samples[*row].is_finite());
            let chosen: Vec<T> = rows.iter().map(|row| samples[*row]).collect();
            let at: Vec<i64> = rows.iter().map(|row| indices[*row]).collect();
            let of: Vec<usize> = rows.iter().map(|row| groups[*row]).collect();
            stretches(&chosen, &at, &of, |group, start, samples| take(self, group, start, samples))?;
        }
        self.indices = indices;
        Ok(())
    }

    fn take(&mut self, emit: EmitTo) -> Result<Vec<Series<T>>> {
        let mut groups = emit.take_needed(&mut self.groups);
        groups.iter_mut().try_for_each(|series| series.finish(&mut self.grid))?;
        Ok(groups)
    }
}

/// Calls `take` with each maximal sequence of rows that are consecutive samples of one group.
fn stretches<T>(
    samples: &[T],
    indices: &[i64],
    groups: &[usize],
    mut take: impl FnMut(usize, i64, &[T]) -> Result<()>,
) -> Result<()> {
    let mut row = 0;
    while row < samples.len() {
        let (group, start) = (groups[row], indices[row]);
        let rest = groups[row..].iter().zip(&indices[row..]).zip(start..);
        let len = rest.take_while(|((g, index), expected)| **g == group && **index == *expected).count();
        take(group, start, &samples[row..row + len])?;
        row += len;
    }
    Ok(())
}

impl<T: Number> GroupsAccumulator for Signals<T> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        groups: usize,
    ) -> Result<()> {
        self.grow(groups);
        self.each_stretch(values, group_indices, filter, |all, group, start, samples| {
            all.groups[group].push(&mut all.grid, start, samples)
        })
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let groups = self.take(emit)?;
        let bins = self.grid.plan.n_bins();
        let mut answers = Answers::<f64>::new(groups.len());
        for (group, Series { total, .. }) in groups.iter().enumerate().filter(|(_, g)| g.total.segments > 0) {
            let start = answers.values().len();
            answers.values().resize(start + bins, 0.0);
            self.grid.plan.write(&total.sums, total.segments, &mut answers.values()[start..]);
            answers.put(group, start..start + bins, bins);
        }
        answers.into_numbers()
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.take(emit)?;
        let mut state = State::<T>::new(groups.len());
        for (row, series) in groups.iter().enumerate() {
            state.push(row, series);
        }
        state.arrays()
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], groups: usize) -> Result<()> {
        self.grow(groups);
        let [sums, runs, samples, at, loose] = [0, 2, 3, 4, 5].map(|field| Lists::new(&values[field]));
        let (sums, runs, samples, at, loose) = (sums?, runs?, samples?, at?, loose?);
        let (sum, bound, sample) = (sums.samples::<f64>()?, integers(&values[2])?, samples.samples::<T>()?);
        let (place, stray) = (integers(&values[4])?, loose.samples::<T>()?);
        let segments = values[1].as_primitive::<UInt64Type>();
        for (row, &group) in group_indices.iter().enumerate() {
            let series = &mut self.groups[group];
            let sum = &sum[sums.range(row).unwrap_or_default()];
            if !sum.is_empty() {
                if sum.len() != self.grid.plan.n_sums() {
                    return Err(error::run(NAME, "n_fft", format!("a partial state has {} sums", sum.len())));
                }
                series.total.merge(sum, segments.value(row));
            }
            let mut sample = &sample[samples.range(row).unwrap_or_default()];
            for bounds in bound[runs.range(row).unwrap_or_default()].chunks_exact(4) {
                let run = read_run(&self.grid, bounds, &mut sample)?;
                series.merge_run(&mut self.grid, run)?;
            }
            let places = &place[at.range(row).unwrap_or_default()];
            for (index, value) in places.iter().zip(&stray[loose.range(row).unwrap_or_default()]) {
                series.merge_loose(&mut self.grid, *index, *value)?;
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values[0].len();
        let each: Vec<usize> = (0..rows).collect();
        let mut groups = Self { groups: Vec::new(), ..self.clone() };
        groups.update_batch(values, &each, filter, rows)?;
        groups.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.groups.iter().map(Series::size).sum::<usize>() + self.indices.capacity() * size_of::<i64>()
    }
}

/// Bounds of a run without counted segments.
const NOTHING: i64 = i64::MIN;

/// The columns of a state under construction.
struct State<T> {
    sums: Answers<f64>,
    segments: Vec<u64>,
    runs: Answers<i64>,
    samples: Answers<T>,
    at: Answers<i64>,
    loose: Answers<T>,
}

impl<T: Number> State<T> {
    fn new(rows: usize) -> Self {
        Self {
            sums: Answers::new(rows),
            segments: Vec::with_capacity(rows),
            runs: Answers::new(rows),
            samples: Answers::new(rows),
            at: Answers::new(rows),
            loose: Answers::new(rows),
        }
    }

    fn push(&mut self, row: usize, series: &Series<T>) {
        let Total { sums, segments } = &series.total;
        append(&mut self.sums, row, sums.iter().copied());
        self.segments.push(*segments);
        let bounds = series.runs().flat_map(|run| {
            let (first, next) = run.counted.unwrap_or((NOTHING, NOTHING));
            [run.start, run.end, first, next]
        });
        append(&mut self.runs, row, bounds);
        append(
            &mut self.samples,
            row,
            series.runs().flat_map(|run| run.head.iter().chain(&run.tail).copied()),
        );
        append(&mut self.at, row, series.loose().iter().map(|(index, _)| *index));
        append(&mut self.loose, row, series.loose().iter().map(|(_, value)| *value));
    }

    fn arrays(self) -> Result<Vec<ArrayRef>> {
        let int = |values: Vec<i64>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
        let number =
            |values: Vec<T>| -> ArrayRef { Arc::new(PrimitiveArray::<T::Arrow>::from_iter_values(values)) };
        Ok(vec![
            self.sums.into_numbers()?,
            Arc::new(UInt64Array::from(self.segments)),
            self.runs.into_list(int, true)?,
            self.samples.into_list(number, true)?,
            self.at.into_list(int, true)?,
            self.loose.into_list(number, true)?,
        ])
    }
}

fn append<V: Copy>(answers: &mut Answers<V>, row: usize, values: impl Iterator<Item = V>) {
    let start = answers.values().len();
    answers.values().extend(values);
    let end = answers.values().len();
    answers.put(row, start..end, 1);
}

/// Returns the run described by four bounds and the next samples.
fn read_run<T: Number>(grid: &Grid<T>, bounds: &[i64], samples: &mut &[T]) -> Result<Run<T>> {
    let [start, end, first, next] = [bounds[0], bounds[1], bounds[2], bounds[3]];
    let lengths = || {
        let counted = first != NOTHING;
        if end <= start || (counted && next <= first) {
            return None;
        }
        let head = if counted {
            first.checked_sub(1)?.checked_mul(grid.hop)?.checked_add(grid.segment)?.checked_sub(start)?
        } else {
            0
        };
        let tail = end.checked_sub(if counted { next.checked_mul(grid.hop)? } else { start })?;
        let (head, tail) = (usize::try_from(head).ok()?, usize::try_from(tail).ok()?);
        (head.checked_add(tail)? <= samples.len()).then_some((counted, head, tail))
    };
    let Some((counted, head, tail)) = lengths() else {
        return Err(error::run(
            NAME,
            "n_fft",
            format!("a partial state has a run with the bounds {bounds:?}"),
        ));
    };
    let (taken, rest) = samples.split_at(head + tail);
    *samples = rest;
    Ok(Run {
        start,
        end,
        counted: counted.then_some((first, next)),
        head: taken[..head].to_vec(),
        tail: taken[head..].to_vec(),
    })
}

fn integers(list: &ArrayRef) -> Result<Vec<i64>> {
    let list = list.as_list::<i32>();
    let (first, last) = (list.value_offsets()[0] as usize, list.value_offsets()[list.len()] as usize);
    let values = list.values().as_primitive::<datafusion::arrow::datatypes::Int64Type>();
    Ok(values.values()[first..last].to_vec())
}
