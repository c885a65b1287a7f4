//! Reads the files of one partition, frame by frame.

use super::NAME;
use crate::error;
use datafusion::arrow::array::{
    ArrayRef, Float64Array, Int64Array, ListArray, PrimitiveArray, RecordBatch, StringArray,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use rlx_io::read::{Chunk, OpenOptions, SignalInfo, SignalReader, open};
use std::path::PathBuf;
use std::sync::Arc;

use crate::rows::Number;

/// Files that one partition reads one after the other.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) files: Vec<PathBuf>,
    pub(super) options: OpenOptions,
    /// Samples of a row.
    pub(super) frame: usize,
    /// Whether samples are read as `f64`.
    pub(super) double: bool,
    pub(super) schema: SchemaRef,
}

impl PartitionStream for Files {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), 2);
        let send = builder.tx();
        let (files, options) = (self.files.clone(), self.options.clone());
        let (frame, double, schema) = (self.frame, self.double, Arc::clone(&self.schema));
        builder.spawn_blocking(move || {
            // A closed receiver ends the reading.
            let emit = &mut |batch: RecordBatch| send.blocking_send(Ok(batch)).is_ok();
            for file in files {
                for mut signal in open(&file, &options).map_err(failed)? {
                    let signal = signal.as_mut();
                    let go_on = if double {
                        frames::<f64>(
                            signal,
                            frame,
                            &schema,
                            |signal, planes, n| signal.read_f64(planes, n),
                            emit,
                        )?
                    } else {
                        frames::<f32>(
                            signal,
                            frame,
                            &schema,
                            |signal, planes, n| signal.read_f32(planes, n),
                            emit,
                        )?
                    };
                    if !go_on {
                        return Ok(());
                    }
                }
            }
            Ok(())
        });
        builder.build()
    }
}

fn failed(error: rlx_io::Error) -> DataFusionError {
    error::run(NAME, "pattern", error)
}

type Read<T> = fn(&mut dyn SignalReader, &mut [Vec<T>], usize) -> rlx_io::Result<Chunk>;

/// Passes each frame of a signal to `emit`, until it returns false.
fn frames<T: Number>(
    signal: &mut dyn SignalReader,
    frame: usize,
    schema: &SchemaRef,
    read: Read<T>,
    emit: &mut dyn FnMut(RecordBatch) -> bool,
) -> Result<bool> {
    let info = signal.info().clone();
    let mut block: Vec<Vec<T>> = vec![Vec::new(); info.planes()];
    let mut pending: Vec<Vec<T>> = vec![Vec::new(); info.planes()];
    let mut start = 0_i64;
    loop {
        let have = pending.first().map_or(0, Vec::len);
        let chunk = read(signal, &mut block, frame - have).map_err(failed)?;
        if let Chunk::Data(_) = chunk {
            pending.iter_mut().zip(&block).for_each(|(all, new)| all.extend_from_slice(new));
        }
        let have = pending.first().map_or(0, Vec::len);
        let whole = !matches!(chunk, Chunk::Data(_)) || have == frame;
        if whole && have > 0 {
            let batch = rows(&info, start, pending.iter_mut().map(std::mem::take).collect(), schema)?;
            start += have as i64;
            if !emit(batch) {
                return Ok(false);
            }
        }
        match chunk {
            Chunk::Data(_) => {}
            // A pause advances the time without samples.
            Chunk::Gap { frames } => start += frames.round() as i64,
            Chunk::End => return Ok(true),
        }
    }
}

/// Returns one row per channel.
fn rows<T: Number>(
    info: &SignalInfo,
    start: i64,
    planes: Vec<Vec<T>>,
    schema: &SchemaRef,
) -> Result<RecordBatch> {
    let count = planes.len();
    let same = |text: Option<&str>| -> ArrayRef { Arc::new(StringArray::from(vec![text; count])) };
    let number = |value: Option<f64>| -> ArrayRef { Arc::new(Float64Array::from(vec![value; count])) };
    let source = info.path.to_string_lossy();
    let channels: StringArray = info.channels.iter().map(|c| Some(c.name.as_str())).collect();
    let units: StringArray = info.channels.iter().map(|c| c.unit.as_deref()).collect();
    let offsets = OffsetBuffer::from_lengths(planes.iter().map(Vec::len));
    let samples: PrimitiveArray<T::Arrow> = PrimitiveArray::from_iter_values(planes.into_iter().flatten());
    let item = Arc::new(Field::new_list_field(
        <T::Arrow as datafusion::arrow::array::ArrowPrimitiveType>::DATA_TYPE,
        true,
    ));
    let samples = ListArray::try_new(item, offsets, Arc::new(samples), None)?;
    let columns: Vec<ArrayRef> = vec![
        same(Some(&source)),
        same(info.part.as_deref()),
        Arc::new(channels),
        Arc::new(units),
        number(info.sample_rate),
        Arc::new(Int64Array::from(vec![start; count])),
        number(info.sample_rate.map(|rate| start as f64 / rate)),
        Arc::new(samples),
    ];
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
