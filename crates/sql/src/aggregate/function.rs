//! Turns each descriptor into a DataFusion aggregate.

use super::constants::Constants;
use super::single::{Groups, Single};
use crate::describe::Descriptor;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Documentation, GroupsAccumulator, Signature,
};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// An aggregate: arguments, state and implementation.
#[derive(Debug)]
pub(crate) struct Aggregate {
    /// The table's entry.
    pub(crate) descriptor: Descriptor,
    /// Names and types of the state for the type of the first argument.
    pub(super) state: fn(&DataType) -> Vec<(&'static str, DataType)>,
    /// Creates empty groups.
    pub(super) groups: fn(&Constants<'_>, &DataType) -> Result<Box<dyn Groups>>,
}

impl Aggregate {
    /// Returns the DataFusion function.
    pub(crate) fn udaf(&'static self) -> AggregateUDF {
        AggregateUDF::new_from_impl(Function {
            aggregate: self,
            signature: self.descriptor.signature(),
            documentation: self.descriptor.documentation(true),
        })
    }
}

/// The planner's and executor's view of an [`Aggregate`].
#[derive(Debug)]
struct Function {
    aggregate: &'static Aggregate,
    signature: Signature,
    documentation: Documentation,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.aggregate.descriptor.name == other.aggregate.descriptor.name
    }
}

impl Eq for Function {}

impl Hash for Function {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.aggregate.descriptor.name.hash(state);
    }
}

impl Function {
    fn groups(&self, args: &AccumulatorArgs<'_>) -> Result<Box<dyn Groups>> {
        let constants = Constants { descriptor: &self.aggregate.descriptor, args };
        (self.aggregate.groups)(&constants, args.expr_fields[0].data_type())
    }
}

impl AggregateUDFImpl for Function {
    fn name(&self) -> &str {
        self.aggregate.descriptor.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.aggregate.descriptor.coerce(types)
    }

    fn return_type(&self, _types: &[DataType]) -> Result<DataType> {
        Ok(DataType::new_list(DataType::Float64, true))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let fields = (self.aggregate.state)(args.input_fields[0].data_type());
        let field = |(name, kind)| Arc::new(Field::new(format_state_name(args.name, name), kind, true));
        Ok(fields.into_iter().map(field).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single::new(self.groups(&args)?)))
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(self.groups(&args)?.into_accumulator())
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}
