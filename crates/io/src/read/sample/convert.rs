//! Bulk conversion of stored samples to floats, from interleaved bytes to planes.

use super::{SampleKind, SampleType};

/// A float that samples are converted to.
///
/// Integers of more bits than the float has are rounded once, to the nearest.
pub(in crate::read) trait Target: Copy + Send + Default + 'static {
    fn of_i32(value: i32) -> Self;
    fn of_i64(value: i64) -> Self;
    fn of_u64(value: u64) -> Self;
    fn of_f32(value: f32) -> Self;
    fn of_f64(value: f64) -> Self;
    fn times(self, factor: Self) -> Self;
}

macro_rules! target {
    ($float:ty) => {
        #[expect(clippy::allow_attributes, reason = "which casts lose depends on the float")]
        #[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "one body for both floats")]
        impl Target for $float {
            #[inline(always)]
            fn of_i32(value: i32) -> Self {
                value as $float
            }
            #[inline(always)]
            fn of_i64(value: i64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn of_u64(value: u64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn of_f32(value: f32) -> Self {
                value as $float
            }
            #[inline(always)]
            fn of_f64(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn times(self, factor: Self) -> Self {
                self * factor
            }
        }
    };
}
target!(f32);
target!(f64);

/// Scaling of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::read) enum Scale {
    /// Full scale is ±1 and unsigned types are centred, as in audio programs.
    Full,
    /// Integers keep their values.
    Counts,
}

/// Appends interleaved samples to the planes. `bytes` holds whole frames of `planes.len()` samples.
pub(in crate::read) fn decode<T: Target>(
    bytes: &[u8],
    sample: SampleType,
    scale: Scale,
    planes: &mut [Vec<T>],
) {
    /// The integer with its bytes in either order, moved by `$zero`, times `$gain`.
    macro_rules! int {
        ($width:literal, $gain:expr, $zero:expr, $le:expr, $be:expr, $of:path) => {{
            let (gain, zero) = match scale {
                Scale::Full => (T::of_f64($gain), $zero),
                Scale::Counts => (T::of_f64(1.0), 0),
            };
            if sample.big_endian {
                spread(bytes, planes, |b: [u8; $width]| $of($be(b).wrapping_sub(zero).into()).times(gain))
            } else {
                spread(bytes, planes, |b: [u8; $width]| $of($le(b).wrapping_sub(zero).into()).times(gain))
            }
        }};
    }
    macro_rules! float {
        ($width:literal, $le:expr, $be:expr, $of:path) => {
            if sample.big_endian {
                spread(bytes, planes, |b: [u8; $width]| $of($be(b)))
            } else {
                spread(bytes, planes, |b: [u8; $width]| $of($le(b)))
            }
        };
    }
    const BITS7: f64 = 1.0 / 128.0;
    const BITS15: f64 = 1.0 / 32768.0;
    const BITS23: f64 = 1.0 / 8_388_608.0;
    const BITS31: f64 = 1.0 / 2_147_483_648.0;
    const BITS63: f64 = 1.0 / 9_223_372_036_854_775_808.0;
    match sample.kind {
        SampleKind::U8 => {
            int!(1, BITS7, 128, |b: [u8; 1]| i32::from(b[0]), |b: [u8; 1]| i32::from(b[0]), T::of_i32)
        }
        SampleKind::S8 => int!(1, BITS7, 0, i8::from_le_bytes, i8::from_be_bytes, T::of_i32),
        SampleKind::ALaw => int!(1, BITS15, 0, |b: [u8; 1]| a_law(b[0]), |b: [u8; 1]| a_law(b[0]), T::of_i32),
        SampleKind::MuLaw => {
            int!(1, BITS15, 0, |b: [u8; 1]| mu_law(b[0]), |b: [u8; 1]| mu_law(b[0]), T::of_i32)
        }
        SampleKind::U16 => int!(2, BITS15, 32768, u16_le, u16_be, T::of_i32),
        SampleKind::S16 => int!(2, BITS15, 0, i16::from_le_bytes, i16::from_be_bytes, T::of_i32),
        SampleKind::U24 => int!(3, BITS23, 1 << 23, u24_le, u24_be, T::of_i32),
        SampleKind::S24 => int!(3, BITS23, 0, s24_le, s24_be, T::of_i32),
        SampleKind::U32 => int!(4, BITS31, 1 << 31, u32_le, u32_be, T::of_i64),
        SampleKind::S32 => int!(4, BITS31, 0, i32::from_le_bytes, i32::from_be_bytes, T::of_i32),
        SampleKind::S64 => int!(8, BITS63, 0, i64::from_le_bytes, i64::from_be_bytes, T::of_i64),
        SampleKind::U64 => float!(8, u64::from_le_bytes, u64::from_be_bytes, T::of_u64),
        SampleKind::F16 => {
            float!(2, |b| half(u16::from_le_bytes(b)), |b| half(u16::from_be_bytes(b)), T::of_f32)
        }
        SampleKind::F32 => float!(4, f32::from_le_bytes, f32::from_be_bytes, T::of_f32),
        SampleKind::F64 => float!(8, f64::from_le_bytes, f64::from_be_bytes, T::of_f64),
    }
}

/// ITU-T G.711, A-law, as 16 bits.
fn a_law(code: u8) -> i32 {
    let code = code ^ 0x55;
    let (exponent, mantissa) = (i32::from(code >> 4 & 7), i32::from(code & 15));
    let magnitude = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

/// ITU-T G.711, µ-law, as 16 bits.
fn mu_law(code: u8) -> i32 {
    let code = !code;
    let (exponent, mantissa) = (i32::from(code >> 4 & 7), i32::from(code & 15));
    let magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84;
    if code & 0x80 != 0 { -magnitude } else { magnitude }
}

fn u16_le(b: [u8; 2]) -> i32 {
    u16::from_le_bytes(b).into()
}

fn u16_be(b: [u8; 2]) -> i32 {
    u16::from_be_bytes(b).into()
}

fn u24_le(b: [u8; 3]) -> i32 {
    i32::from_le_bytes([b[0], b[1], b[2], 0])
}

fn u24_be(b: [u8; 3]) -> i32 {
    i32::from_be_bytes([0, b[0], b[1], b[2]])
}

fn s24_le(b: [u8; 3]) -> i32 {
    i32::from_le_bytes([0, b[0], b[1], b[2]]) >> 8
}

fn s24_be(b: [u8; 3]) -> i32 {
    i32::from_be_bytes([b[0], b[1], b[2], 0]) >> 8
}

fn u32_le(b: [u8; 4]) -> i64 {
    u32::from_le_bytes(b).into()
}

fn u32_be(b: [u8; 4]) -> i64 {
    u32::from_be_bytes(b).into()
}

/// IEEE half precision; every value is an `f32`.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits & 0x3ff);
    let magnitude = match (exponent, fraction) {
        // The step of subnormal halves is 2^-24.
        (0, _) => (fraction as f32 / 16_777_216.0).to_bits(),
        (31, _) => 0x7f80_0000 | (fraction << 13),
        _ => ((exponent + 112) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | magnitude)
}

/// Returns one and two planes in one pass, which the compiler vectorises; more in passes over blocks that stay in L1.
#[inline(always)]
fn spread<const N: usize, T: Copy>(bytes: &[u8], planes: &mut [Vec<T>], of: impl Fn([u8; N]) -> T) {
    const BLOCK: usize = 16 * 1024;
    match planes {
        [] => {}
        [mono] => mono.extend(bytes.as_chunks::<N>().0.iter().map(|b| of(*b))),
        _ => {
            let count = planes.len();
            let frame = count * N;
            for block in bytes.chunks((BLOCK / frame).max(1) * frame) {
                for (index, plane) in planes.iter_mut().enumerate() {
                    plane.extend(block.chunks_exact(frame).map(|whole| {
                        // A frame is `count` chunks of N bytes, so the index is always in range.
                        of(whole.as_chunks::<N>().0[index])
                    }));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(kind: SampleKind, big_endian: bool, bytes: &[u8], scale: Scale) -> f64 {
        let mut planes = [Vec::new()];
        decode::<f64>(bytes, SampleType { kind, big_endian }, scale, &mut planes);
        assert_eq!(planes[0].len(), 1);
        planes[0][0]
    }

    #[test]
    fn integers_in_both_orders_and_scales() {
        for (kind, le, counts, full) in [
            (SampleKind::U8, vec![0u8], 0.0, -1.0),
            (SampleKind::S8, vec![0x80], -128.0, -1.0),
            (SampleKind::U16, vec![0xff, 0xff], 65535.0, 32767.0 / 32768.0),
            (SampleKind::S16, vec![0x00, 0x80], -32768.0, -1.0),
            (SampleKind::U24, vec![0, 0, 0xc0], 12_582_912.0, 0.5),
            (SampleKind::S24, vec![0, 0, 0x80], -8_388_608.0, -1.0),
            (SampleKind::S24, vec![1, 0, 0], 1.0, 1.0 / 8_388_608.0),
            (SampleKind::U32, vec![0, 0, 0, 0], 0.0, -1.0),
            (SampleKind::S32, vec![0, 0, 0, 0x40], 1_073_741_824.0, 0.5),
            (SampleKind::S64, vec![0, 0, 0, 0, 0, 0, 0, 0x40], 4_611_686_018_427_387_904.0, 0.5),
        ] {
            let be: Vec<u8> = le.iter().rev().copied().collect();
            assert_eq!(one(kind, false, &le, Scale::Counts), counts, "{kind:?}");
            assert_eq!(one(kind, true, &be, Scale::Counts), counts, "{kind:?}");
            assert_eq!(one(kind, false, &le, Scale::Full), full, "{kind:?}");
            assert_eq!(one(kind, true, &be, Scale::Full), full, "{kind:?}");
        }
        assert_eq!(one(SampleKind::U64, false, &[0xff; 8], Scale::Counts), u64::MAX as f64);
    }

    #[test]
    fn halves() {
        for (bits, value) in [
            (0x3c00u16, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x0400, 6.103_515_625e-5),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(one(SampleKind::F16, false, &bits.to_le_bytes(), Scale::Full), value);
        }
        assert!(one(SampleKind::F16, true, &[0x7e, 0], Scale::Full).is_nan());
    }

    #[test]
    fn planes_keep_their_order() {
        for count in 1..40usize {
            let frames = 2000;
            let bytes: Vec<u8> =
                (0..frames * count).flat_map(|i| i16::try_from(i % 30011).unwrap().to_be_bytes()).collect();
            let mut planes = vec![Vec::new(); count];
            decode::<f32>(&bytes, SampleType::be(SampleKind::S16), Scale::Counts, &mut planes);
            for (c, plane) in planes.iter().enumerate() {
                assert_eq!(plane.len(), frames);
                assert!(plane.iter().enumerate().all(|(i, v)| *v == ((i * count + c) % 30011) as f32));
            }
        }
    }
}
