//! Turns each descriptor into a DataFusion function.

use crate::batches::{Batch, Parameters, each_batch};
use crate::describe::{Descriptor, Kind};
use crate::error;
use crate::options::Options;
use crate::rows::{Lists, Number, list_is_single};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use std::hash::{Hash, Hasher};

/// A scalar function: arguments, result type and implementation.
#[derive(Debug)]
pub(crate) struct Scalar {
    /// The table's entry.
    pub(crate) descriptor: Descriptor,
    /// Type of the result for arguments of these types.
    pub(crate) returns: fn(&[DataType]) -> DataType,
    /// One result per row.
    pub(crate) run: fn(&Call<'_>) -> Result<ArrayRef>,
}

/// The arguments of one call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    descriptor: &'static Descriptor,
    arguments: &'a [ColumnarValue],
    /// Rows of the record batch.
    pub(crate) rows: usize,
}

impl Call<'_> {
    fn argument(&self, name: &str) -> Result<&ColumnarValue> {
        let at = self.descriptor.position(name).and_then(|at| self.arguments.get(at));
        at.ok_or_else(|| DataFusionError::Internal(format!("{}: no argument {name}", self.descriptor.name)))
    }

    /// Returns the list column.
    pub(crate) fn lists(&self) -> Result<Lists> {
        Lists::new(&self.argument("samples")?.to_array(self.rows)?)
    }

    /// Returns whether the list column is computed in `f32`.
    pub(crate) fn is_single(&self) -> bool {
        self.argument("samples").is_ok_and(|samples| list_is_single(&samples.data_type()))
    }

    /// Returns the numeric arguments, which may differ between rows.
    pub(crate) fn parameters(&self, names: &[&str]) -> Result<Parameters> {
        let arguments = names.iter().map(|name| self.argument(name)).collect::<Result<Vec<_>>>()?;
        Parameters::new(&arguments, self.rows)
    }

    /// Returns a constant text argument.
    pub(crate) fn text(&self, name: &'static str) -> Result<String> {
        match self.argument(name)? {
            ColumnarValue::Scalar(value) => match value.try_as_str() {
                Some(Some(text)) => Ok(text.to_owned()),
                _ => Err(error::run(self.descriptor.name, name, "must be a text, got null")),
            },
            ColumnarValue::Array(_) => Err(error::run(self.descriptor.name, name, "must be a constant")),
        }
    }

    /// Returns the options, a constant.
    pub(crate) fn options(&self) -> Result<Options> {
        let known = self.descriptor.arguments.iter().find_map(|argument| match argument.kind {
            Kind::Options(known) => Some(known),
            _ => None,
        });
        let given = self.descriptor.position("options").and_then(|at| self.arguments.get(at));
        let value = match given {
            None => None,
            Some(ColumnarValue::Scalar(value)) => Some(value.clone()),
            // Literals that were not folded are a column of equal rows.
            Some(ColumnarValue::Array(array)) if self.rows == 0 || array.is_empty() => None,
            Some(ColumnarValue::Array(array)) => Some(constant(self.descriptor.name, array)?),
        };
        Options::read(self.descriptor.name, known.unwrap_or_default(), value.as_ref())
    }

    /// Returns an error of the numerical library in a batch, with the row of the record batch.
    pub(crate) fn numeric<T>(&self, error: rlx_dsp::Error, batch: &Batch<'_, T>) -> DataFusionError {
        error::numeric(self.descriptor.name, "samples", error, |row| batch.row(row))
    }

    /// Calls [`each_batch`] with the list column and the numeric arguments.
    pub(crate) fn each_batch<T: Number>(
        &self,
        numbers: &[&str],
        work: impl FnMut(&[f64], &Batch<'_, T>) -> Result<()>,
    ) -> Result<()> {
        each_batch(&self.lists()?, &self.parameters(numbers)?, work)
    }
}

fn constant(function: &'static str, array: &ArrayRef) -> Result<ScalarValue> {
    let first = ScalarValue::try_from_array(array, 0)?;
    for row in 1..array.len() {
        if ScalarValue::try_from_array(array, row)? != first {
            return Err(error::run(function, "options", "must be the same for all rows"));
        }
    }
    Ok(first)
}

/// Calls `run` with `f32` or `f64` by the list's type.
macro_rules! by_precision {
    ($call:expr, $run:ident) => {
        if $call.is_single() { $run::<f32>($call) } else { $run::<f64>($call) }
    };
}
pub(crate) use by_precision;

/// The planner's and executor's view of a [`Scalar`].
#[derive(Debug)]
struct Function {
    scalar: &'static Scalar,
    signature: Signature,
    documentation: Documentation,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.scalar.descriptor.name == other.scalar.descriptor.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scalar.descriptor.name.hash(state);
    }
}

impl Scalar {
    /// Returns the DataFusion function.
    pub(crate) fn udf(&'static self) -> ScalarUDF {
        ScalarUDF::new_from_impl(Function {
            scalar: self,
            signature: self.descriptor.signature(),
            documentation: self.descriptor.documentation(false),
        })
    }
}

impl ScalarUDFImpl for Function {
    fn name(&self) -> &str {
        self.scalar.descriptor.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.scalar.descriptor.coerce(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok((self.scalar.returns)(types))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let call =
            Call { descriptor: &self.scalar.descriptor, arguments: &args.args, rows: args.number_rows };
        (self.scalar.run)(&call).map(ColumnarValue::Array)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// Returns the type of samples of a list: `Float32` or `Float64`.
pub(crate) fn sample_type(list: &DataType) -> DataType {
    if list_is_single(list) { DataType::Float32 } else { DataType::Float64 }
}
