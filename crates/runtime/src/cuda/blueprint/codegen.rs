//! Checks the generated machine code of every family without a GPU: registers, stack, and no sine.

use rlx_compile::builders::WelchPeaksShape;
use rlx_compile::params::{Average, Detrend, Layout, LocalPeaksSpec, SubBin, WelchPeaksSpec};
use rlx_dsp::mel::{LogMelParams, Preset};
use rlx_dsp::stft::{Framing, Padding};

use super::butterflies::tests::sample;
use super::butterflies::{After, Bins, Segments, butterflies};
use super::fft::{self, Direction};
use super::local_peaks::local_peaks;
use super::log_mel::log_mel;
use super::median::median;
use super::mixed::{MixedFrames, MixedValue, mixed};
use super::spectrogram::{SpectrumValue, spectrogram};
use super::welch_long::welch_long;
use super::welch_peaks::{Outputs, welch_peaks};
use super::{Blueprint, FrameSpec, Operand, Passes, SampleType, sources};
use crate::cuda::nvrtc::nvrtc;
use rlx_testkit::Noise;

/// Returns one specialisation of each family and of each option that changes its code considerably.
fn blueprints() -> Vec<Blueprint> {
    let welch = |n_fft, segments, k, change: fn(&mut WelchPeaksSpec), sample, psd| {
        let mut spec = WelchPeaksShape::new(8, n_fft, segments, k).spec();
        change(&mut spec);
        welch_peaks(&spec, segments, sample, Outputs { peaks: true, psd }).expect("a kernel").blueprint
    };
    let plain = |_: &mut WelchPeaksSpec| {};
    let mut all = vec![
        welch(64, 1, 33, plain, SampleType::F16, true),
        welch(256, 2, 16, plain, SampleType::F32, false),
        welch(256, 2, 16, |s| s.detrend = Detrend::Constant, SampleType::I16, true),
        welch(512, 8, 64, plain, SampleType::F32, false),
        welch(1024, 8, 64, plain, SampleType::F32, false),
        welch(2048, 5, 33, |s| s.detrend = Detrend::Constant, SampleType::F32, true),
        welch(2048, 3, 8, |s| s.average = Average::Max, SampleType::F16, false),
        welch(4096, 2, 64, plain, SampleType::F32, true),
        welch(4096, 8, 64, |s| s.average = Average::Min, SampleType::F32, false),
    ];
    let mut add = |passes: Result<Passes, String>| {
        all.extend(passes.expect("kernels").passes.into_iter().map(|pass| pass.blueprint));
    };
    let (two, one) = (Layout::Block, Layout::Interleaved);
    for (n, direction, from, to) in [
        (16, Direction::Forward, one, one),
        (256, Direction::Forward, one, two),
        (4096, Direction::Inverse, two, one),
        (131_072, Direction::Forward, two, one),
        (8192, Direction::Inverse, one, two),
    ] {
        add(fft::complex(n, direction, from, to, 1.0));
    }
    for n in [256, 512, 8192, 65_536] {
        add(fft::forward_real(n, SampleType::F32, two, 1.0));
        add(fft::inverse_real(n, one, 1.0));
    }
    let mut spec = WelchPeaksShape::new(1, 8192, 3, 5).spec();
    spec.detrend = Detrend::Constant;
    add(welch_long(&spec, 2 * 8192, 3, SampleType::I16, None));
    for preset in Preset::ALL {
        add(log_mel(&LogMelParams::preset(preset), 48_000, SampleType::F32));
    }
    for (n_fft, value) in [
        (400, SpectrumValue::Power { one_sided: true }),
        (1024, SpectrumValue::Complex(Layout::Block)),
        (2048, SpectrumValue::Magnitude),
    ] {
        let framing =
            Framing { frame_len: n_fft, hop: n_fft / 4, padding: Padding::Reflect, drop_last: false };
        let frames = FrameSpec {
            n_fft,
            framing,
            window: vec![1.0; n_fft],
            lead: 0,
            remove_dc: n_fft == 1024,
            signal_preemphasis: 0.0,
            frame_preemphasis: 0.0,
        };
        add(spectrogram(&frames, 48_000, SampleType::I16, value, 1.0));
    }
    for (n, count, general, k) in
        [(64, 1, true, 33), (256, 2, false, 16), (256, 2, true, 16), (1024, 8, true, 64)]
    {
        let segments = Segments { count, hop: n / 2, window: vec![1.0; n], stride: 9 * n };
        let bins = Bins { scale: 1.0, offset: 0.0, kept: vec![true; n / 2 + 1] };
        add(butterflies(&sample(n, general), &segments, &After::Peaks(bins, k), SampleType::F32));
    }
    for after in [
        After::Power(Bins { scale: 1.0, offset: 0.0, kept: vec![true; 2049] }),
        After::Spectrum(two),
        After::Spectrum(one),
    ] {
        let mut left = sample(4096, after != After::Spectrum(two));
        left.real = after == After::Spectrum(two);
        let segments = Segments { count: 3, hop: 100, window: vec![1.0; 4096], stride: 5000 };
        add(butterflies(&left, &segments, &after, SampleType::I16));
    }
    let spec = LocalPeaksSpec {
        max_peaks: 8,
        height: Some(0.5),
        threshold: Some(0.1),
        distance: Some(3.0),
        prominence: Some(0.25),
        width: Some(1.5),
        sub_bin: SubBin::Hann,
    };
    all.push(local_peaks(&spec, 129).expect("a kernel"));
    all.extend(of_any_length());
    all.extend([3, 64, 1000].map(|segments| {
        median(segments, 151, 1.0, Operand::Input, Operand::Output).expect("a kernel").blueprint
    }));
    let parabolic = LocalPeaksSpec { distance: None, sub_bin: SubBin::Parabolic, ..spec };
    all.push(local_peaks(&parabolic, 1025).expect("a kernel"));
    all
}

/// Returns specialisations of the kernel of any length for several lengths, options and results. Odd lengths above
/// 10,000 are omitted: more than 512 threads with up to 25 points each spill up to 232 bytes. `RLX_TEST_FULL=1` adds
/// many lengths.
fn of_any_length() -> Vec<Blueprint> {
    let mut lengths = vec![
        16, 30, 100, 225, 255, 384, 400, 551, 1000, 1009, 2048, 4096, 5000, 8192, 10_000, 12_000, 16_384,
    ];
    if std::env::var_os("RLX_TEST_FULL").is_some() {
        lengths.extend((17..16_384).step_by(97).filter(|n| n % 2 == 0 || *n < 10_000));
    }
    let mut noise = Noise::new(5);
    let mut all = Vec::new();
    for (index, n_fft) in lengths.into_iter().enumerate() {
        let win = if index % 4 == 1 { n_fft - n_fft / 5 } else { n_fft };
        let complex = index % 5 == 2 && n_fft <= 8192;
        let frames = MixedFrames {
            n_fft,
            len: 40_000,
            frames: 3,
            hop: win / 2,
            offset: if index % 3 == 1 { -((win / 2) as i64) } else { 0 },
            padding: [Padding::None, Padding::Reflect, Padding::None][index % 3],
            preemphasis: 0.0,
            window: vec![1.0; win],
            detrend: [Detrend::Constant, Detrend::Linear, Detrend::None][noise.below(3)],
            complex,
            bins: if complex { n_fft } else { n_fft / 2 + 1 },
            doubled: !complex,
            keep: None,
        };
        let value = match index % 6 {
            0 | 3 => MixedValue::Group(Average::Mean, 3),
            1 => MixedValue::Power,
            2 => MixedValue::Complex(Layout::Block),
            4 => MixedValue::Group(Average::Max, 2),
            _ => MixedValue::Complex(Layout::Interleaved),
        };
        let sample = if complex || index % 2 == 0 { SampleType::F32 } else { SampleType::I16 };
        let passes = mixed(&frames, sample, &value, 1.0).unwrap_or_else(|reason| panic!("{n_fft}: {reason}"));
        all.extend(passes.passes.into_iter().map(|pass| pass.blueprint));
    }
    let whisper = LogMelParams::preset(Preset::Whisper);
    let mel = whisper.n_fft(551).win_length(551);
    all.extend(
        log_mel(&mel, 48_000, SampleType::F32).expect("kernels").passes.into_iter().map(|p| p.blueprint),
    );
    all
}

#[test]
fn no_kernel_computes_a_sine() {
    for (name, text) in sources::all() {
        for call in ["sin(", "cos(", "sinf(", "cosf(", "sincos", "sinpi", "cospi", "sin.approx", "cos.approx"]
        {
            // The compiler evaluates the series of the constants, so it has no such call either.
            assert!(!text.contains(call), "{name} has {call}");
        }
    }
}

#[test]
#[ignore = "needs NVRTC, the CUDA compiler; no GPU"]
fn every_family_keeps_to_its_registers_and_has_no_stack() {
    let nvrtc = nvrtc().unwrap();
    for arch in [80, 90, 100] {
        for blueprint in blueprints() {
            let mut options = blueprint.options();
            options.push(format!("--gpu-architecture=sm_{arch}"));
            let cubin = nvrtc
                .cubin(blueprint.source, blueprint.text(), Blueprint::headers(), &options)
                .unwrap_or_else(|error| panic!("sm_{arch}: {error}"));
            let used = resources(&cubin).expect("a cubin");
            let what = format!("{} {:?} on sm_{arch}: {used:?}", blueprint.entry, blueprint.defines);
            assert!(used.registers > 0 && used.registers <= blueprint.register_ceiling, "{what}");
            assert_eq!(used.stack, 0, "{what}");
        }
    }
}

#[derive(Debug)]
struct Resources {
    registers: u32,
    /// Bytes of local memory: spills, and arrays indexed at run time.
    stack: u32,
}

/// Reads the `.nv.info` section of a cubin (64-bit ELF): attribute 0x2f contains the registers, 0x11 the stack frame
/// of each function.
fn resources(cubin: &[u8]) -> Option<Resources> {
    let at = |offset: usize, len: usize| cubin.get(offset..offset.checked_add(len)?);
    let u16_at = |offset: usize| Some(usize::from(u16::from_le_bytes(at(offset, 2)?.try_into().ok()?)));
    let u32_at = |offset: usize| Some(u32::from_le_bytes(at(offset, 4)?.try_into().ok()?));
    let u64_at = |offset: usize| usize::try_from(u64::from_le_bytes(at(offset, 8)?.try_into().ok()?)).ok();
    let (table, size, count, names) = (u64_at(0x28)?, u16_at(0x3a)?, u16_at(0x3c)?, u16_at(0x3e)?);
    let header = |index: usize| table + index * size;
    let strings = u64_at(header(names) + 0x18)?;
    let mut used = Resources { registers: 0, stack: 0 };
    for section in (0..count).map(header) {
        let name = cubin.get(strings + u32_at(section)? as usize..)?.split(|&b| b == 0).next()?;
        if name != b".nv.info" {
            continue;
        }
        let (mut offset, len) = (u64_at(section + 0x18)?, u64_at(section + 0x20)?);
        let end = offset + len;
        while offset + 4 <= end {
            let (format, attribute, value) = (cubin[offset], cubin[offset + 1], u16_at(offset + 2)?);
            // Format 4 is followed by `value` bytes: here a symbol and a number.
            match (format, attribute) {
                (4, 0x11) => used.stack = used.stack.max(u32_at(offset + 8)?),
                (4, 0x2f) => used.registers = used.registers.max(u32_at(offset + 8)?),
                _ => {}
            }
            offset += 4 + if format == 4 { value } else { 0 };
        }
    }
    Some(used)
}
