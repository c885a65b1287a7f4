//! Types of columns: which are samples, signals, times, or names of groups.

use arrow_schema::{DataType, TimeUnit};

/// Use of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number per row.
    Number,
    /// A list of numbers per row.
    List,
    /// A time, a date or a duration per row.
    Time,
    /// A text per row.
    Text,
    Other,
}

/// Returns the use of a column of this type.
pub(super) fn kind(data_type: &DataType) -> Kind {
    match data_type {
        DataType::Dictionary(_, value) => match kind(value) {
            found @ (Kind::Number | Kind::Text) => found,
            _ => Kind::Other,
        },
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => {
            if kind(item.data_type()) == Kind::Number {
                Kind::List
            } else {
                Kind::Other
            }
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Kind::Text,
        DataType::Timestamp(..)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_) => Kind::Time,
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::Boolean => Kind::Number,
        other if other.is_integer() || other.is_floating() => Kind::Number,
        _ => Kind::Other,
    }
}

/// Returns the number type of a column of numbers or of lists.
pub(super) fn number(data_type: &DataType) -> &DataType {
    match data_type {
        DataType::Dictionary(_, value) => value,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => number(item.data_type()),
        other => other,
    }
}

/// Returns whether every value of a number type is an `f32`.
pub(super) fn is_narrow(number: &DataType) -> bool {
    matches!(
        number,
        DataType::Boolean
            | DataType::Int8
            | DataType::UInt8
            | DataType::Int16
            | DataType::UInt16
            | DataType::Float16
            | DataType::Float32
    )
}

/// Returns why a column is not read, and what would help.
pub(super) fn advice(data_type: &DataType) -> String {
    let (what, hint) = match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ("has text", "--by groups by it"),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            ("has times", "--time takes the rate from it")
        }
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => {
            ("has times", "--time takes the rate from it")
        }
        DataType::Struct(_) => ("is a structure", "write its fields as columns"),
        DataType::Map(..) => ("is a map", "write its values as columns"),
        DataType::Null => ("has nothing but nulls", ""),
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..) => ("has lists of other things than numbers", "write lists of numbers"),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            ("has bytes", "write lists of numbers")
        }
        DataType::Dictionary(_, value) if kind(value) == Kind::Text => ("has text", "--by groups by it"),
        _ => ("has a type that is not read", "write it as numbers"),
    };
    let hint = if hint.is_empty() { String::new() } else { format!(" ({hint})") };
    format!("{what}{hint}")
}

/// Returns the length of a tick in seconds; `None` if the column has no unit of time.
pub(super) fn tick(data_type: &DataType) -> Option<f64> {
    let of = |unit: &TimeUnit| match unit {
        TimeUnit::Second => 1.0,
        TimeUnit::Millisecond => 1e-3,
        TimeUnit::Microsecond => 1e-6,
        TimeUnit::Nanosecond => 1e-9,
    };
    match data_type {
        DataType::Timestamp(unit, _) | DataType::Time32(unit) | DataType::Time64(unit) => Some(of(unit)),
        DataType::Duration(unit) => Some(of(unit)),
        DataType::Date32 => Some(86_400.0),
        DataType::Date64 => Some(1e-3),
        _ => None,
    }
}
