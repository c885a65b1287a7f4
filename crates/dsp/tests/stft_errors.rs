//! Requests that the spectrogram refuses.

use rlx_dsp::Error;
use rlx_dsp::stft::{Padding, Spectrogram, SpectrogramParams, SpectrogramScaling, StftStream};
use rlx_dsp::window::{Symmetry, Window};

fn refused(change: impl Fn(&mut SpectrogramParams)) -> &'static str {
    let mut params = SpectrogramParams::scipy(100.0, 16);
    change(&mut params);
    match (Spectrogram::<f32>::new(params.clone()).err(), StftStream::<f64>::new(params).err()) {
        (Some(Error::Argument { name, .. }), Some(Error::Argument { name: same, .. })) if name == same => {
            name
        }
        other => panic!("unexpected {other:?}"),
    }
}

#[test]
fn bad_parameters_are_named() {
    assert_eq!(refused(|p| p.segments.hop = 0), "hop");
    assert_eq!(refused(|p| p.segments.segment_len = 0), "segment_len");
    assert_eq!(refused(|p| p.segments.n_fft = 15), "n_fft");
    assert_eq!(refused(|p| (p.segments.segment_len, p.segments.n_fft) = (1, 1)), "n_fft");
    assert_eq!(refused(|p| p.sample_rate = 0.0), "sample_rate");
    assert_eq!(refused(|p| p.sample_rate = f64::NAN), "sample_rate");
    assert_eq!(refused(|p| p.segments.window = Window::Kaiser { beta: -1.0 }), "window");
    // A symmetric Hann of two points is all zeros: nothing could be scaled by it.
    let empty = |p: &mut SpectrogramParams| {
        (p.segments.window, p.segments.segment_len, p.segments.symmetry) =
            (Window::Hann, 2, Symmetry::Symmetric);
    };
    assert_eq!(refused(empty), "window");
    assert_eq!(refused(|p| (p.segments.hop, p.scaling) = (0, SpectrogramScaling::Power)), "hop");
    assert_eq!(refused(|p| *p = SpectrogramParams::scipy(1.0, 0)), "segment_len");
}

#[test]
fn signals_that_are_too_short() {
    let plan = Spectrogram::new(SpectrogramParams::scipy(100.0, 16)).expect("valid");
    assert_eq!(plan.run(&[0.0_f32; 15]), Err(Error::TooShort { len: 15, segment: 16 }));
    assert_eq!(plan.run(&[]), Err(Error::TooShort { len: 0, segment: 16 }));
    assert_eq!(plan.n_frames(15), 0);
    let plan = Spectrogram::new(SpectrogramParams::torch(100.0, 16, 4)).expect("valid");
    assert!(matches!(plan.run(&[0.0_f32; 8]), Err(Error::Argument { name: "padding", .. })));
    assert!(plan.run(&[0.0_f32; 9]).is_ok());
    let constant = SpectrogramParams::scipy(100.0, 16).padding(Padding::Constant);
    let plan = Spectrogram::new(constant).expect("valid");
    assert!(plan.run(&[]).is_err());
    assert_eq!(plan.run(&[1.0_f32]).map(|out| out.n_frames), Ok(1));
}

#[test]
fn non_finite_samples_are_found() {
    let mut x = vec![0.0_f32; 60];
    x[41] = f32::NEG_INFINITY;
    let plan = Spectrogram::new(SpectrogramParams::scipy(100.0, 16)).expect("valid");
    let at = |row, index| Error::NonFinite { row, index, value: f64::NEG_INFINITY };
    assert_eq!(plan.run(&x), Err(at(0, 41)));
    assert_eq!(plan.run_batch(&x, 3), Err(at(2, 1)));
    assert!(matches!(plan.run_batch(&x, 7), Err(Error::Argument { name: "rows", .. })));
    assert!(matches!(plan.run_batch(&x, 0), Err(Error::Argument { name: "rows", .. })));
    let short = plan.run_into(&[0.0; 16], &mut plan.scratch(), &mut [0.0; 8]);
    assert!(matches!(short, Err(Error::Length { expected: 9, .. })));
    let other = Spectrogram::new(SpectrogramParams::scipy(100.0, 8)).expect("valid");
    let foreign = plan.run_into(&[0.0; 16], &mut other.scratch(), &mut [0.0; 9]);
    assert!(matches!(foreign, Err(Error::Argument { name: "scratch", .. })));
    let mut stream = StftStream::new(plan.params().clone()).expect("valid");
    stream.push(&x[..30], |_, _| ()).expect("finite");
    assert_eq!(stream.push(&x[30..], |_, _| ()), Err(at(0, 41)));
}
