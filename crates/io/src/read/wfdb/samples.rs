//! Sample formats of signal files.

use crate::Result;
use crate::read::source::Source;

/// Coding of samples; the names contain the format numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// First differences of 8 bits.
    Differences,
    S16,
    S16Big,
    S24,
    S32,
    /// Offset binary of 8 and of 16 bits.
    Offset8,
    Offset16,
    /// Pairs of 12 bits in 3 bytes.
    Packed212,
    /// Triplets of 10 bits in 4 bytes, in two arrangements.
    Packed310,
    Packed311,
}

impl Coding {
    pub(super) fn of(number: u32) -> Option<Self> {
        Some(match number {
            8 => Self::Differences,
            16 => Self::S16,
            61 => Self::S16Big,
            24 => Self::S24,
            32 => Self::S32,
            80 => Self::Offset8,
            160 => Self::Offset16,
            212 => Self::Packed212,
            310 => Self::Packed310,
            311 => Self::Packed311,
            _ => return None,
        })
    }

    /// Returns the number of samples and bytes of one group.
    fn group(self) -> (usize, usize) {
        match self {
            Self::Differences | Self::Offset8 => (1, 1),
            Self::S16 | Self::S16Big | Self::Offset16 => (1, 2),
            Self::S24 => (1, 3),
            Self::S32 => (1, 4),
            Self::Packed212 => (2, 3),
            Self::Packed310 | Self::Packed311 => (3, 4),
        }
    }

    /// Returns the number of samples in `bytes` bytes; the last group may be incomplete.
    pub(super) fn samples_in(self, bytes: u64) -> u64 {
        let (samples, len) = self.group();
        let (samples, len) = (samples as u64, len as u64);
        let rest = match (self, bytes % len) {
            (Self::Packed212 | Self::Packed311, 2) | (Self::Packed311, 3) => 1,
            _ => 0,
        };
        bytes / len * samples + rest
    }

    /// Returns the value that marks a missing sample.
    pub(super) fn missing(self) -> i32 {
        match self {
            Self::Differences | Self::Offset8 => -128,
            Self::S16 | Self::S16Big | Self::Offset16 => -32_768,
            Self::S24 => -8_388_608,
            Self::S32 => i32::MIN,
            Self::Packed212 => -2048,
            Self::Packed310 | Self::Packed311 => -512,
        }
    }

    /// Appends the samples of one group.
    fn decode(self, bytes: &[u8], sum: &mut i32, out: &mut Vec<i32>) {
        let signed = |value: u32, bits: u32| (value << (32 - bits)).cast_signed() >> (32 - bits);
        match (self, bytes) {
            (Self::Differences, [a]) => {
                *sum = sum.wrapping_add(i32::from(a.cast_signed()));
                out.push(*sum);
            }
            (Self::Offset8, [a]) => out.push(i32::from(*a) - 128),
            (Self::S16, [a, b]) => out.push(i16::from_le_bytes([*a, *b]).into()),
            (Self::S16Big, [a, b]) => out.push(i16::from_be_bytes([*a, *b]).into()),
            (Self::Offset16, [a, b]) => out.push(i32::from(u16::from_le_bytes([*a, *b])) - 32_768),
            (Self::S24, [a, b, c]) => out.push(i32::from_le_bytes([0, *a, *b, *c]) >> 8),
            (Self::S32, [a, b, c, d]) => out.push(i32::from_le_bytes([*a, *b, *c, *d])),
            (Self::Packed212, [a, b, rest @ ..]) => {
                out.push(signed(u32::from(*a) | u32::from(b & 15) << 8, 12));
                out.extend(rest.first().map(|c| signed(u32::from(*c) | u32::from(b >> 4) << 8, 12)));
            }
            (Self::Packed310, [a, b, c, d]) => {
                let (first, second) =
                    (u32::from(u16::from_le_bytes([*a, *b])), u32::from(u16::from_le_bytes([*c, *d])));
                out.push(signed(first >> 1 & 0x3ff, 10));
                out.push(signed(second >> 1 & 0x3ff, 10));
                out.push(signed(first >> 11 | second >> 11 << 5, 10));
            }
            (Self::Packed311, [a, b, rest @ ..]) => {
                let word = [*a, *b, rest.first().copied().unwrap_or(0), rest.get(1).copied().unwrap_or(0)];
                let word = u32::from_le_bytes(word);
                out.push(signed(word & 0x3ff, 10));
                if rest.len() == 2 {
                    out.push(signed(word >> 10 & 0x3ff, 10));
                    out.push(signed(word >> 20 & 0x3ff, 10));
                }
            }
            _ => {}
        }
    }
}

/// Samples of one file, in order.
pub(super) struct Samples {
    source: Source,
    coding: Coding,
    /// Sum of the differences so far.
    sum: i32,
    /// Decoded samples that are not consumed yet.
    ahead: Vec<i32>,
    buffer: Vec<u8>,
}

impl Samples {
    /// Creates a reader; the source is positioned at the first sample.
    pub(super) fn new(source: Source, coding: Coding) -> Self {
        Self { source, coding, sum: 0, ahead: Vec::new(), buffer: Vec::new() }
    }

    pub(super) fn position(&self) -> u64 {
        self.source.position()
    }

    /// Appends the next `count` samples, or fewer at the end.
    pub(super) fn take(&mut self, count: usize, out: &mut Vec<i32>) -> Result<()> {
        let (samples, bytes) = self.coding.group();
        let ready = self.ahead.len().min(count);
        out.extend(self.ahead.drain(..ready));
        let missing = count - ready;
        if missing == 0 {
            return Ok(());
        }
        let groups = missing.div_ceil(samples);
        self.buffer.resize(groups * bytes, 0);
        let got = self.source.fill(&mut self.buffer)?;
        let end = out.len() + missing;
        for group in self.buffer[..got].chunks(bytes) {
            self.coding.decode(group, &mut self.sum, out);
        }
        if out.len() > end {
            self.ahead.extend(out.drain(end..));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(number: u32, bytes: &[u8]) -> Vec<i32> {
        let coding = Coding::of(number).unwrap();
        let mut samples = Samples::new(Source::from_bytes("a", bytes), coding);
        let mut out = Vec::new();
        for _ in 0..20 {
            samples.take(1, &mut out).unwrap();
        }
        assert_eq!(out.len() as u64, coding.samples_in(bytes.len() as u64), "{number}");
        out
    }

    #[test]
    fn formats() {
        assert_eq!(all(8, &[5, 0xff, 2]), [5, 4, 6]);
        assert_eq!(all(16, &[1, 0x80, 2]), [-32_767]);
        assert_eq!(all(61, &[0x80, 1]), [-32_767]);
        assert_eq!(all(24, &[1, 0, 0x80]), [-8_388_607]);
        assert_eq!(all(32, &[1, 0, 0, 0x80]), [-2_147_483_647]);
        assert_eq!(all(80, &[0, 128, 255]), [-128, 0, 127]);
        assert_eq!(all(160, &[0, 0, 0xff, 0xff]), [-32_768, 32_767]);
        // 0x801 is −2047, 0x7ff is 2047.
        assert_eq!(all(212, &[0x01, 0x78, 0xff]), [-2047, 2047]);
        assert_eq!(all(212, &[0x01, 0x78, 0xff, 5, 0]), [-2047, 2047, 5]);
        // Samples 1, −1, −512: bits 0…9, 10…19, 20…29.
        assert_eq!(all(311, &(1u32 | 0x3ff << 10 | 0x200 << 20).to_le_bytes()), [1, -1, -512]);
        let (first, second) = (1u16 << 1 | 0b00101 << 11, 0x3ffu16 << 1 | 0b10000 << 11);
        assert_eq!(all(310, &[first.to_le_bytes(), second.to_le_bytes()].concat()), [1, -1, -507]);
    }
}
