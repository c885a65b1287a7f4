//! NumPy's NPY format, version 1.0 (2.0 for long headers): little-endian, C order.

use std::borrow::Cow;

/// Values of a [`NamedArray`].
#[derive(Debug, Clone, PartialEq)]
pub enum Values<'a> {
    /// `<f8`.
    F64(Cow<'a, [f64]>),
    /// `<i8`.
    I64(Vec<i64>),
    /// `<U…`, one element or many, padded with zeros to the longest.
    Text(Vec<String>),
}

/// An array with its name in an NPZ and its shape (C order).
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray<'a> {
    /// Name of the array.
    pub name: String,
    /// Lengths of the axes; empty for a scalar.
    pub shape: Vec<usize>,
    /// The values; their number is the product of `shape`.
    pub values: Values<'a>,
}

impl<'a> NamedArray<'a> {
    /// Creates an array of numbers; `values.len()` is the product of `shape`.
    pub fn real(name: &str, shape: &[usize], values: impl Into<Cow<'a, [f64]>>) -> Self {
        let values = values.into();
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        Self { name: name.into(), shape: shape.to_vec(), values: Values::F64(values) }
    }

    /// Whole numbers on one axis.
    pub fn int(name: &str, values: Vec<i64>) -> Self {
        Self { name: name.into(), shape: vec![values.len()], values: Values::I64(values) }
    }

    /// Texts on one axis.
    pub fn text(name: &str, values: Vec<String>) -> Self {
        Self { name: name.into(), shape: vec![values.len()], values: Values::Text(values) }
    }

    /// One text, as a 0-dimensional array (`array.item()` in Python).
    pub fn scalar_text(name: &str, value: String) -> Self {
        Self { name: name.into(), shape: Vec::new(), values: Values::Text(vec![value]) }
    }
}

/// Returns the bytes of an NPY file.
pub fn npy_bytes(array: &NamedArray<'_>) -> Vec<u8> {
    let width = match &array.values {
        Values::Text(texts) => texts.iter().map(|t| t.chars().count()).max().unwrap_or(0).max(1),
        _ => 0,
    };
    let dtype = match &array.values {
        Values::F64(_) => "<f8".to_string(),
        Values::I64(_) => "<i8".to_string(),
        Values::Text(_) => format!("<U{width}"),
    };
    let mut bytes = npy_header(&dtype, &array.shape);
    match &array.values {
        Values::F64(values) => bytes.extend(values.iter().flat_map(|v| v.to_le_bytes())),
        Values::I64(values) => bytes.extend(values.iter().flat_map(|v| v.to_le_bytes())),
        Values::Text(texts) => {
            for text in texts {
                let mut left = width;
                for c in text.chars() {
                    bytes.extend(u32::from(c).to_le_bytes());
                    left -= 1;
                }
                bytes.resize(bytes.len() + 4 * left, 0);
            }
        }
    }
    bytes
}

pub(super) fn npy_header(dtype: &str, shape: &[usize]) -> Vec<u8> {
    let axes: String = match shape {
        [one] => format!("{one},"),
        many => many.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
    };
    let dict = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}");
    // Magic (6), version (2), length (2 or 4), text, line end: a multiple of 64 bytes in all.
    let long = dict.len() + 64 > usize::from(u16::MAX);
    let fixed = if long { 12 } else { 10 };
    let text_len = (fixed + dict.len() + 1).next_multiple_of(64) - fixed;
    let mut bytes = b"\x93NUMPY".to_vec();
    if long {
        bytes.extend([2, 0]);
        bytes.extend(u32::try_from(text_len).unwrap_or(u32::MAX).to_le_bytes());
    } else {
        bytes.extend([1, 0]);
        bytes.extend(u16::try_from(text_len).unwrap_or(u16::MAX).to_le_bytes());
    }
    bytes.extend(dict.as_bytes());
    bytes.resize(fixed + text_len - 1, b' ');
    bytes.push(b'\n');
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_padded_to_64_bytes() {
        let bytes = npy_bytes(&NamedArray::real("a", &[2, 3], vec![1.0; 6]));
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
        let len = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        assert_eq!((10 + len) % 64, 0);
        assert_eq!(bytes[10 + len - 1], b'\n');
        assert_eq!(bytes.len(), 10 + len + 48);
        let text = std::str::from_utf8(&bytes[10..10 + len]).unwrap();
        assert!(text.contains("'descr': '<f8'") && text.contains("'shape': (2, 3)"), "{text}");
    }

    #[test]
    fn one_axis_and_scalars_have_pythons_tuples() {
        let one = npy_bytes(&NamedArray::int("i", vec![1, 2]));
        assert!(String::from_utf8_lossy(&one).contains("'shape': (2,)"));
        let scalar = npy_bytes(&NamedArray::scalar_text("s", "hé".into()));
        let text = String::from_utf8_lossy(&scalar).into_owned();
        assert!(text.contains("'descr': '<U2'") && text.contains("'shape': ()"), "{text}");
        assert_eq!(&scalar[scalar.len() - 8..], &[b'h', 0, 0, 0, 0xe9, 0, 0, 0]);
    }
}
