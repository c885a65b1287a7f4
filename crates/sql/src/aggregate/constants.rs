//! Constant arguments of aggregates, equal for all rows and processes.

use crate::describe::{Descriptor, Kind};
use crate::error;
use crate::options::Options;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::datatypes::Schema;
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;
use datafusion::logical_expr::function::AccumulatorArgs;
use std::sync::Arc;

/// Constant arguments of one aggregate call.
pub(super) struct Constants<'a> {
    pub(super) descriptor: &'static Descriptor,
    pub(super) args: &'a AccumulatorArgs<'a>,
}

impl Constants<'_> {
    fn value(&self, name: &'static str) -> Result<Option<ScalarValue>> {
        let Some(expr) = self.descriptor.position(name).and_then(|at| self.args.exprs.get(at)) else {
            return Ok(None);
        };
        let not_constant = || error::plan(self.descriptor.name, name, "must be a constant");
        match expr.evaluate(&RecordBatch::new_empty(Arc::new(Schema::empty()))) {
            Ok(ColumnarValue::Scalar(value)) => Ok(Some(value)),
            Ok(ColumnarValue::Array(_)) | Err(_) => Err(not_constant()),
        }
    }

    /// Returns a required number.
    pub(super) fn number(&self, name: &'static str) -> Result<f64> {
        let value = self.value(name)?.unwrap_or(ScalarValue::Null);
        match value.cast_to(&DataType::Float64) {
            Ok(ScalarValue::Float64(Some(number))) => Ok(number),
            _ => Err(error::plan(self.descriptor.name, name, format!("must be a number, got {value}"))),
        }
    }

    /// Returns the options.
    pub(super) fn options(&self) -> Result<Options> {
        let known = self.descriptor.arguments.iter().find_map(|argument| match argument.kind {
            Kind::Options(known) => Some(known),
            _ => None,
        });
        Options::read(self.descriptor.name, known.unwrap_or_default(), self.value("options")?.as_ref())
    }
}
