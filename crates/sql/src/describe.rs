//! Descriptors of functions: one table for the planner, the documentation and error messages.

use crate::error;
use crate::options::{self, OptionName};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{DocSection, Documentation, Signature, Volatility};

/// Kind of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A list of numbers.
    Samples,
    /// A number.
    Number,
    /// A sample, in its own number type.
    Sample,
    /// A whole number.
    Count,
    /// A number or a timestamp.
    Time,
    /// A name.
    Text,
    /// A struct of named options, a constant.
    Options(&'static [OptionName]),
}

/// One argument of a function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Argument {
    /// Its name, also for `name => value`.
    pub(crate) name: &'static str,
    /// Its kind.
    pub(crate) kind: Kind,
    /// One sentence of documentation.
    pub(crate) what: &'static str,
}

/// One function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descriptor {
    /// Its name in SQL.
    pub(crate) name: &'static str,
    /// Description of the result, in a sentence or more.
    pub(crate) what: &'static str,
    /// Its arguments; `options` is optional.
    pub(crate) arguments: &'static [Argument],
    /// An example query.
    pub(crate) example: &'static str,
}

const SCALAR: DocSection = DocSection { include: true, label: "Spectral Functions", description: None };
const AGGREGATE: DocSection = DocSection { include: true, label: "Spectral Aggregates", description: None };

impl Descriptor {
    /// Returns the number of required arguments.
    fn required(&self) -> usize {
        self.arguments.iter().filter(|a| !matches!(a.kind, Kind::Options(_))).count()
    }

    /// `name(a, b [, options])`.
    pub(crate) fn syntax(&self) -> String {
        let names: Vec<&str> = self.arguments[..self.required()].iter().map(|a| a.name).collect();
        let options = if self.required() < self.arguments.len() { " [, options]" } else { "" };
        format!("{}({}{options})", self.name, names.join(", "))
    }

    /// Returns the planner's view.
    pub(crate) fn signature(&self) -> Signature {
        let names = self.arguments.iter().map(|a| a.name).collect();
        Signature::user_defined(Volatility::Immutable)
            .with_parameter_names(names)
            .expect("the names of a descriptor differ")
    }

    /// DataFusion's documentation.
    pub(crate) fn documentation(&self, aggregate: bool) -> Documentation {
        let section = if aggregate { AGGREGATE } else { SCALAR };
        let mut builder =
            Documentation::builder(section, self.what, self.syntax()).with_sql_example(self.example);
        for argument in self.arguments {
            builder = builder.with_argument(argument.name, argument.text());
        }
        builder.build()
    }

    /// Returns the types to which arguments are coerced.
    pub(crate) fn coerce(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if types.len() < self.required() || types.len() > self.arguments.len() {
            let reason = format!("expected {}, got {} arguments", self.syntax(), types.len());
            return Err(DataFusionError::Plan(format!("{}: {reason}", self.name)));
        }
        self.arguments.iter().zip(types).map(|(argument, given)| argument.coerce(self.name, given)).collect()
    }

    /// Returns the position of an argument.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.arguments.iter().position(|a| a.name == name)
    }
}

impl Argument {
    /// Returns the documentation with all options.
    pub(crate) fn text(&self) -> String {
        match self.kind {
            Kind::Options(names) => {
                let list: Vec<String> = names
                    .iter()
                    .map(|name| format!("`{}` ({})", name.name(), options::what(*name)))
                    .collect();
                format!("{} Options: {}.", self.what, list.join("; "))
            }
            _ => self.what.to_owned(),
        }
    }

    fn coerce(&self, function: &str, given: &DataType) -> Result<DataType> {
        let wrong = |expected: &str| {
            Err(error::plan(function, self.name, format!("must be {expected}, got {given}")))
        };
        match self.kind {
            Kind::Samples => match given {
                DataType::List(field) | DataType::LargeList(field) | DataType::FixedSizeList(field, _)
                    if is_number(field.data_type()) || field.data_type().is_null() =>
                {
                    Ok(given.clone())
                }
                DataType::Null => Ok(DataType::new_list(DataType::Float64, true)),
                _ => wrong("a list of numbers"),
            },
            Kind::Number if is_number(given) || given.is_null() => Ok(DataType::Float64),
            Kind::Number => wrong("a number"),
            Kind::Sample if is_number(given) => Ok(given.clone()),
            Kind::Sample if given.is_null() => Ok(DataType::Float64),
            Kind::Sample => wrong("a number"),
            Kind::Count if given.is_integer() || given.is_null() => Ok(DataType::Int64),
            Kind::Count => wrong("a whole number"),
            Kind::Time => match given {
                DataType::Timestamp(_, _) => Ok(given.clone()),
                _ if is_number(given) => Ok(DataType::Float64),
                _ => wrong("a timestamp or a number"),
            },
            Kind::Text if given.is_string() || given.is_null() => Ok(DataType::Utf8),
            Kind::Text => wrong("a text"),
            Kind::Options(_) => match given {
                DataType::Struct(_) | DataType::Null => Ok(given.clone()),
                _ => wrong("a struct such as named_struct('window', 'hamming')"),
            },
        }
    }
}

/// Returns whether values of this type are samples.
pub(crate) fn is_number(kind: &DataType) -> bool {
    kind.is_numeric()
}

/// Returns whether samples of this type are computed in `f32`: those that fit it exactly.
pub(crate) fn is_single(kind: &DataType) -> bool {
    use DataType::{Float16, Float32, Int8, Int16, UInt8, UInt16};
    matches!(kind, Float16 | Float32 | Int8 | Int16 | UInt8 | UInt16)
}
