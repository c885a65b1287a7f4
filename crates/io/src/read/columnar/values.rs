//! Numbers of any type as samples. Nulls become NaN.

use crate::read::sample::Target;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray};
use arrow_schema::DataType;

/// Appends the samples `from..to` of a column of numbers. Returns `false` if it has another type.
pub(super) fn append<T: Target>(array: &dyn Array, from: usize, to: usize, plane: &mut Vec<T>) -> bool {
    macro_rules! numbers {
        ($type:ty, $of:expr) => {
            array.as_primitive_opt::<$type>().map(|numbers| primitive(numbers, from, to, plane, $of))
        };
    }
    macro_rules! decimals {
        ($type:ty, $scale:expr, $float:expr) => {{
            let power = 10f64.powi(i32::from(*$scale).abs());
            let negative = *$scale < 0;
            array.as_primitive_opt::<$type>().map(|numbers| {
                primitive(numbers, from, to, plane, |value| {
                    let value: f64 = $float(value);
                    T::of_f64(if negative { value * power } else { value / power })
                })
            })
        }};
    }
    let done = match array.data_type() {
        DataType::Int8 => numbers!(Int8Type, |v| T::of_i32(v.into())),
        DataType::Int16 => numbers!(Int16Type, |v| T::of_i32(v.into())),
        DataType::Int32 => numbers!(Int32Type, T::of_i32),
        DataType::Int64 => numbers!(Int64Type, T::of_i64),
        DataType::UInt8 => numbers!(UInt8Type, |v| T::of_i32(v.into())),
        DataType::UInt16 => numbers!(UInt16Type, |v| T::of_i32(v.into())),
        DataType::UInt32 => numbers!(UInt32Type, |v| T::of_i64(v.into())),
        DataType::UInt64 => numbers!(UInt64Type, T::of_u64),
        DataType::Float16 => numbers!(Float16Type, |v| T::of_f32(v.to_f32())),
        DataType::Float32 => numbers!(Float32Type, T::of_f32),
        DataType::Float64 => numbers!(Float64Type, T::of_f64),
        DataType::Decimal32(_, scale) => decimals!(Decimal32Type, scale, f64::from),
        DataType::Decimal64(_, scale) => decimals!(Decimal64Type, scale, |v: i64| v as f64),
        DataType::Decimal128(_, scale) => decimals!(Decimal128Type, scale, |v: i128| v as f64),
        DataType::Decimal256(_, scale) => {
            decimals!(Decimal256Type, scale, |v: arrow_buffer::i256| {
                let (low, high) = v.to_parts();
                high as f64 * 2f64.powi(128) + low as f64
            })
        }
        DataType::Boolean => array.as_boolean_opt().map(|flags| {
            plane.extend((from..to).map(|i| {
                if flags.is_valid(i) { T::of_i32(flags.value(i).into()) } else { T::of_f64(f64::NAN) }
            }));
        }),
        DataType::Dictionary(..) => return dictionary(array, from, to, plane),
        _ => None,
    };
    done.is_some()
}

fn primitive<P: ArrowPrimitiveType, T: Target>(
    numbers: &PrimitiveArray<P>,
    from: usize,
    to: usize,
    plane: &mut Vec<T>,
    of: impl Fn(P::Native) -> T,
) {
    let values = &numbers.values()[from..to];
    match numbers.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => plane.extend(values.iter().map(|value| of(*value))),
        Some(nulls) => plane.extend(
            values
                .iter()
                .enumerate()
                .map(|(i, value)| if nulls.is_valid(from + i) { of(*value) } else { T::of_f64(f64::NAN) }),
        ),
    }
}

/// Appends values that keys refer to.
fn dictionary<T: Target>(array: &dyn Array, from: usize, to: usize, plane: &mut Vec<T>) -> bool {
    let Some(any) = array.as_any_dictionary_opt() else { return false };
    let mut values: Vec<T> = Vec::new();
    if !append(any.values().as_ref(), 0, any.values().len(), &mut values) {
        return false;
    }
    let mut keys: Vec<f64> = Vec::with_capacity(to - from);
    if !append(any.keys(), from, to, &mut keys) {
        return false;
    }
    // Keys are below 2^53, because they are indices of an array in memory; a null is NaN.
    let missing = T::of_f64(f64::NAN);
    plane.extend(keys.into_iter().map(|key| {
        let index = if key.is_nan() { usize::MAX } else { key as usize };
        values.get(index).copied().unwrap_or(missing)
    }));
    true
}

/// Returns the integers of a column of times or integers; `None` for other types.
pub(super) fn integers(array: &dyn Array) -> Option<Vec<Option<i64>>> {
    macro_rules! of {
        ($type:ty, $of:expr) => {
            array.as_primitive_opt::<$type>().map(|all| all.iter().map(|v| v.map($of)).collect())
        };
    }
    use arrow_schema::TimeUnit::*;
    match array.data_type() {
        DataType::Int8 => of!(Int8Type, i64::from),
        DataType::Int16 => of!(Int16Type, i64::from),
        DataType::Int32 => of!(Int32Type, i64::from),
        DataType::Int64 => of!(Int64Type, |v| v),
        DataType::UInt8 => of!(UInt8Type, i64::from),
        DataType::UInt16 => of!(UInt16Type, i64::from),
        DataType::UInt32 => of!(UInt32Type, i64::from),
        // The differences of large ones fit again.
        DataType::UInt64 => of!(UInt64Type, |v| v as i64),
        DataType::Date32 => of!(Date32Type, i64::from),
        DataType::Date64 => of!(Date64Type, |v| v),
        DataType::Time32(Second) => of!(Time32SecondType, i64::from),
        DataType::Time32(_) => of!(Time32MillisecondType, i64::from),
        DataType::Time64(Microsecond) => of!(Time64MicrosecondType, |v| v),
        DataType::Time64(_) => of!(Time64NanosecondType, |v| v),
        DataType::Timestamp(Second, _) => of!(TimestampSecondType, |v| v),
        DataType::Timestamp(Millisecond, _) => of!(TimestampMillisecondType, |v| v),
        DataType::Timestamp(Microsecond, _) => of!(TimestampMicrosecondType, |v| v),
        DataType::Timestamp(Nanosecond, _) => of!(TimestampNanosecondType, |v| v),
        DataType::Duration(Second) => of!(DurationSecondType, |v| v),
        DataType::Duration(Millisecond) => of!(DurationMillisecondType, |v| v),
        DataType::Duration(Microsecond) => of!(DurationMicrosecondType, |v| v),
        DataType::Duration(Nanosecond) => of!(DurationNanosecondType, |v| v),
        _ => None,
    }
}
