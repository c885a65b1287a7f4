//! Samples of different types.

use std::borrow::Cow;

/// Sample type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SampleFormat {
    /// 32-bit floats.
    F32,
    /// 16-bit integers, converted to their value.
    I16,
    /// IEEE half precision, as its bits.
    F16,
}

impl SampleFormat {
    /// Returns the bytes of one sample.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::I16 | Self::F16 => 2,
        }
    }
}

/// Rows of samples. A device with kernels for 16-bit types receives half the bytes over the bus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Samples<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 16-bit integers, converted to their value.
    I16(&'a [i16]),
    /// IEEE half precision, as its bits.
    F16(&'a [u16]),
}

impl<'a> Samples<'a> {
    /// Returns the number of samples.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(v) => v.len(),
            Self::I16(v) => v.len(),
            Self::F16(v) => v.len(),
        }
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns their type.
    pub fn format(&self) -> SampleFormat {
        match self {
            Self::F32(_) => SampleFormat::F32,
            Self::I16(_) => SampleFormat::I16,
            Self::F16(_) => SampleFormat::F16,
        }
    }

    /// Returns a range of the samples.
    ///
    /// # Panics
    /// If the range exceeds the length.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        match self {
            Self::F32(v) => Self::F32(&v[range]),
            Self::I16(v) => Self::I16(&v[range]),
            Self::F16(v) => Self::F16(&v[range]),
        }
    }

    /// Returns one sample as `f32`; `None` beyond the end.
    pub fn get(&self, at: usize) -> Option<f32> {
        match self {
            Self::F32(v) => v.get(at).copied(),
            Self::I16(v) => v.get(at).map(|&x| f32::from(x)),
            Self::F16(v) => v.get(at).map(|&x| half(x)),
        }
    }

    /// Returns all samples as `f32`.
    pub fn to_f32(&self) -> Cow<'a, [f32]> {
        match self {
            Self::F32(v) => Cow::Borrowed(v),
            Self::I16(v) => v.iter().map(|&x| f32::from(x)).collect::<Vec<_>>().into(),
            Self::F16(v) => v.iter().map(|&x| half(x)).collect::<Vec<_>>().into(),
        }
    }
}

/// Returns the exact value of a half-precision number.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    match exponent {
        // Steps of 2⁻²⁴, which f32 represents as normal numbers.
        0 => f32::from_bits(sign | (fraction as f32 * (1.0 / (1 << 24) as f32)).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        let cases = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x8400, -6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan() && half(0x8000).is_sign_negative());
        assert_eq!(Samples::F16(&[0x3c00, 0xc000]).to_f32(), vec![1.0, -2.0]);
        assert_eq!(Samples::I16(&[-3, 7]).get(1), Some(7.0));
    }
}
