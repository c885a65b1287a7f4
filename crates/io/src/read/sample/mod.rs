//! Storage formats of samples and their names.

mod convert;

pub(super) use convert::{Scale, Target, decode};

use super::Precision;
use crate::Error;
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Number type of a stored sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "u = unsigned, s = signed integer, f = IEEE float, then the number of bits")]
pub enum SampleKind {
    U8,
    S8,
    U16,
    S16,
    U24,
    S24,
    U32,
    S32,
    U64,
    S64,
    F16,
    F32,
    F64,
    /// Logarithmic, 8 bits (ITU-T G.711).
    ALaw,
    MuLaw,
}

const KINDS: [(SampleKind, &str, usize); 15] = [
    (SampleKind::U8, "u8", 1),
    (SampleKind::S8, "s8", 1),
    (SampleKind::U16, "u16", 2),
    (SampleKind::S16, "s16", 2),
    (SampleKind::U24, "u24", 3),
    (SampleKind::S24, "s24", 3),
    (SampleKind::U32, "u32", 4),
    (SampleKind::S32, "s32", 4),
    (SampleKind::U64, "u64", 8),
    (SampleKind::S64, "s64", 8),
    (SampleKind::F16, "f16", 2),
    (SampleKind::F32, "f32", 4),
    (SampleKind::F64, "f64", 8),
    (SampleKind::ALaw, "alaw", 1),
    (SampleKind::MuLaw, "mulaw", 1),
];

impl SampleKind {
    fn row(self) -> (Self, &'static str, usize) {
        KINDS[self as usize]
    }

    /// Returns the bytes of one sample.
    pub fn bytes(self) -> usize {
        self.row().2
    }

    /// Returns whether samples are floats, which may be of any magnitude.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F16 | Self::F32 | Self::F64)
    }

    /// Returns the float type that represents every value exactly (for 64-bit integers: most values).
    pub fn precision(self) -> Precision {
        match self {
            Self::U32 | Self::S32 | Self::U64 | Self::S64 | Self::F64 => Precision::F64,
            _ => Precision::F32,
        }
    }
}

/// Number type and byte order of a stored sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SampleType {
    /// The number type.
    pub kind: SampleKind,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

impl SampleType {
    /// Little-endian samples of a kind.
    pub const fn le(kind: SampleKind) -> Self {
        Self { kind, big_endian: false }
    }

    /// Big-endian samples of a kind.
    pub const fn be(kind: SampleKind) -> Self {
        Self { kind, big_endian: true }
    }
}

impl fmt::Display for SampleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match (self.kind.bytes(), self.big_endian) {
            (1, _) => "",
            (_, true) => "be",
            (_, false) => "le",
        };
        write!(f, "{}{order}", self.kind.row().1)
    }
}

/// Headerless samples: `[iq-]KIND[le|be]`.
///
/// KIND is `u8 s8 u16 s16 u24 s24 u32 s32 f32 f64 alaw mulaw`; without an order, little-endian. With `iq-` each
/// sample is a pair (in phase, quadrature). `i16` is accepted for `s16`, and `cu8`, `cs16le`, `cf32` for `iq-u8`,
/// `iq-s16le`, `iq-f32le`. Integers are scaled to full scale ±1 (`u8` is centred on 128) unless
/// [`super::OpenOptions::counts`] keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RawFormat {
    /// Format of one number.
    pub sample: SampleType,
    /// Whether samples are pairs (I, Q).
    pub complex: bool,
}

impl fmt::Display for RawFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.complex { "iq-" } else { "" }, self.sample)
    }
}

impl FromStr for RawFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lower = text.to_ascii_lowercase();
        let (complex, rest) = match lower.strip_prefix("iq-").or_else(|| lower.strip_prefix('c')) {
            Some(rest) => (true, rest),
            None => (false, lower.as_str()),
        };
        let (big_endian, rest) = match (rest.strip_suffix("le"), rest.strip_suffix("be")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => (false, rest),
        };
        let name = rest.strip_prefix('i').map_or_else(|| rest.to_owned(), |bits| format!("s{bits}"));
        KINDS
            .iter()
            .filter(|(kind, _, _)| !matches!(kind, SampleKind::F16 | SampleKind::U64 | SampleKind::S64))
            .find(|(_, own, _)| *own == name)
            .map(|(kind, _, _)| Self { sample: SampleType { kind: *kind, big_endian }, complex })
            .ok_or_else(|| {
                let expected =
                    "[iq-]KIND[le|be] with KIND u8 s8 u16 s16 u24 s24 u32 s32 f32 f64 alaw mulaw, such as s16le";
                Error::argument("raw", format!("unknown format '{text}', expected {expected}"))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (index, (kind, _, _)) in KINDS.iter().enumerate() {
            assert_eq!(*kind as usize, index);
        }
    }

    #[test]
    fn names_come_back() {
        for name in
            ["u8", "s8", "s16le", "s16be", "u24le", "s24be", "s32le", "f32be", "f64le", "iq-u8", "iq-s16be"]
        {
            assert_eq!(name.parse::<RawFormat>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn other_spellings() {
        for (text, canonical) in
            [("cu8", "iq-u8"), ("CI16", "iq-s16le"), ("i16be", "s16be"), ("cf32", "iq-f32le")]
        {
            assert_eq!(text.parse::<RawFormat>().unwrap().to_string(), canonical);
        }
        for text in ["", "s", "le", "iq-", "s12", "f16", "x16le", "s16lele"] {
            assert!(text.parse::<RawFormat>().is_err(), "{text}");
        }
    }
}
