//! `read_signal`: recordings as a table, for every format that `rlx_io` reads.

mod reader;

use crate::describe::{Argument, Descriptor, Kind};
use crate::error;
use crate::options::{OptionName, Options};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, Expr};
use datafusion::physical_plan::streaming::PartitionStream;
use reader::Files;
use rlx_io::read::{CsvOptions, Format, OpenOptions, Precision, RawFormat, expand_inputs, open};
use std::path::PathBuf;
use std::sync::Arc;

const NAME: &str = "read_signal";

/// Default number of samples per row.
const FRAME: usize = 1 << 16;

const OPTIONS: &[OptionName] = &[
    OptionName::Rate,
    OptionName::Frame,
    OptionName::Format,
    OptionName::Raw,
    OptionName::Channels,
    OptionName::Time,
    OptionName::Column,
];

pub(crate) const READ_SIGNAL: Descriptor = Descriptor {
    name: NAME,
    what: "Reads recordings as a table with one row per channel and frame: `source`, `part`, `channel`, `unit`, `rate`, \
           `start` (index of the row's first sample), `t_start_s`, `samples`. A frame ends where a recording is interrupted, \
           and the last one is shorter. The format is found by the content, then by the name. Files lie on the machine \
           that runs the query: a cluster refuses this function.",
    arguments: &[
        Argument {
            name: "pattern",
            kind: Kind::Text,
            what: "A file, a directory or a pattern such as `*.wav`.",
        },
        Argument { name: "options", kind: Kind::Options(OPTIONS), what: "A constant struct." },
    ],
    example: "select source, channel, welch_agg(samples, rate, 1024) from read_signal('recordings/*.wav') group by source, channel",
};

/// The table function.
#[derive(Debug)]
pub(crate) struct ReadSignal;

impl TableFunctionImpl for ReadSignal {
    fn call_with_args(&self, args: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let (exprs, session) = (args.exprs(), args.session());
        let [pattern, rest @ ..] = exprs else { return Err(error::plan(NAME, "pattern", "is missing")) };
        if rest.len() > 1 {
            return Err(error::plan(NAME, "options", format!("expected {}", READ_SIGNAL.syntax())));
        }
        let pattern = match constant(session, pattern)?.try_as_str() {
            Some(Some(text)) => text.to_owned(),
            _ => return Err(error::plan(NAME, "pattern", "must be a text")),
        };
        let given = rest.first().map(|expr| constant(session, expr)).transpose()?;
        let options = Options::read(NAME, OPTIONS, given.as_ref())?;
        let frame = options.count(OptionName::Frame)?.unwrap_or(FRAME);
        let open = open_options(&options)?;
        let mut found = expand_inputs(&[&pattern]);
        if let Some(first) = found.errors.pop() {
            return Err(error::plan(NAME, "pattern", first));
        }
        let double = needs_double(&found.files, &open)?;
        let schema = schema(double);
        let parts = session.config().target_partitions().clamp(1, found.files.len().max(1));
        let share = found.files.len().div_ceil(parts).max(1);
        let partitions = found.files.chunks(share).map(|files| {
            let files = files.to_vec();
            Arc::new(Files { files, options: open.clone(), frame, double, schema: Arc::clone(&schema) })
                as Arc<dyn PartitionStream>
        });
        Ok(Arc::new(StreamingTable::try_new(Arc::clone(&schema), partitions.collect())?))
    }
}

/// Returns the value of an expression without columns.
fn constant(session: &dyn Session, expr: &Expr) -> Result<ScalarValue> {
    let expr = session.create_physical_expr(expr.clone(), &DFSchema::empty())?;
    match expr.evaluate(&RecordBatch::new_empty(Arc::new(Schema::empty())))? {
        ColumnarValue::Scalar(value) => Ok(value),
        ColumnarValue::Array(_) => Err(error::plan(NAME, "options", "must be a constant")),
    }
}

fn open_options(options: &Options) -> Result<OpenOptions> {
    let parsed = |name: OptionName| options.text(name);
    let wrong = |name: OptionName| move |reason: rlx_io::Error| error::plan(NAME, name.name(), reason);
    Ok(OpenOptions {
        format: parsed(OptionName::Format)?
            .map(|text| text.parse::<Format>().map_err(wrong(OptionName::Format)))
            .transpose()?,
        rate: options.number(OptionName::Rate)?,
        raw: parsed(OptionName::Raw)?
            .map(|text| text.parse::<RawFormat>().map_err(wrong(OptionName::Raw)))
            .transpose()?,
        channels: options.count(OptionName::Channels)?,
        csv: CsvOptions {
            columns: options.text(OptionName::Column)?.into_iter().collect(),
            time: options.text(OptionName::Time)?,
            ..CsvOptions::default()
        },
        ..OpenOptions::default()
    })
}

/// Opens every file, so that errors are reported before the query runs.
fn needs_double(files: &[PathBuf], options: &OpenOptions) -> Result<bool> {
    let mut double = false;
    for file in files {
        for signal in open(file, options).map_err(|error| error::plan(NAME, "pattern", error))? {
            if signal.info().complex {
                let reason = format!("{}: complex (IQ) samples are not supported in tables", file.display());
                return Err(error::plan(NAME, "pattern", reason));
            }
            double |= signal.info().precision == Precision::F64;
        }
    }
    Ok(double)
}

fn schema(double: bool) -> SchemaRef {
    let sample = if double { DataType::Float64 } else { DataType::Float32 };
    Arc::new(Schema::new(vec![
        Field::new("source", DataType::Utf8, false),
        Field::new("part", DataType::Utf8, true),
        Field::new("channel", DataType::Utf8, false),
        Field::new("unit", DataType::Utf8, true),
        Field::new("rate", DataType::Float64, true),
        Field::new("start", DataType::Int64, false),
        Field::new("t_start_s", DataType::Float64, true),
        Field::new("samples", DataType::new_list(sample, true), false),
    ]))
}
