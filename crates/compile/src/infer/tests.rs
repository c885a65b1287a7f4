use super::*;
use crate::params::*;
use crate::shape::ValueKind;

/// Infers `input → ops…` and returns the last type.
fn infer(input: Op, ops: Vec<Op>) -> Result<ValueType> {
    let mut g = Graph::new();
    let x = g.push(input, &[])?;
    g.chain(x, ops)?;
    Ok(g.infer()?.pop().expect("the input is there"))
}

fn rows(batch: usize, len: usize) -> Op {
    Op::Input { batch, len, complex: false }
}

fn segment(len: usize, hop: usize) -> Op {
    Op::Segment { len, hop, pad: Padding::None, drop_last: 0 }
}

fn fft(n_fft: usize, sides: Sides) -> Op {
    Op::Fft { n_fft, sides, layout: Layout::Interleaved, keep: None }
}

fn power() -> Op {
    Op::Power { one_sided: true }
}

#[test]
fn shapes_of_the_welch_chain() {
    let ops = [
        segment(256, 128),
        Op::Detrend { kind: Detrend::Constant },
        Op::Window { window: Window::Hann, symmetry: Symmetry::Periodic },
        fft(256, Sides::Auto),
        power(),
        Op::Average { average: Average::Median },
        Op::TopK { k: 16 },
    ];
    let dims: [&[usize]; 7] =
        [&[5, 2, 256], &[5, 2, 256], &[5, 2, 256], &[5, 2, 129], &[5, 2, 129], &[5, 129], &[5, 16, 2]];
    for (n, expected) in dims.iter().enumerate() {
        let ty = infer(rows(5, 384), ops[..=n].to_vec()).unwrap();
        assert_eq!(ty.dims, *expected, "after {}", ops[n].kind());
    }
}

#[test]
fn padding_adds_segments_and_k_is_clipped() {
    let seg = Op::Segment { len: 400, hop: 160, pad: Padding::Reflect, drop_last: 1 };
    // 30 s of Whisper input give 3000 frames.
    assert_eq!(infer(rows(1, 480_000), vec![seg]).unwrap().dims, [1, 3000, 400]);
    let ops = vec![segment(8, 8), fft(8, Sides::Two), power(), Op::TopK { k: 99 }];
    assert_eq!(infer(rows(1, 8), ops).unwrap().dims, [1, 1, 5, 2]);
}

#[test]
fn zero_batch_has_an_empty_shape() {
    let ty = infer(rows(0, 384), vec![segment(256, 128), fft(256, Sides::Auto)]).unwrap();
    assert_eq!((ty.dims.as_slice(), ty.bytes()), ([0, 2, 129].as_slice(), 0));
}

#[test]
fn errors_name_the_op_and_the_shapes() {
    let short = infer(rows(2, 100), vec![segment(256, 128)]).unwrap_err().to_string();
    assert_eq!(
        short,
        "%1 (segment): rows of 100 samples are shorter than one segment of 256; operand: samples f32[2, 100]"
    );
    let kind = infer(rows(2, 384), vec![Op::TopK { k: 3 }]).unwrap_err().to_string();
    assert_eq!(kind, "%1 (top_k): expects power […, bins], got samples f32[2, 384]");
    let nfft = infer(rows(2, 384), vec![segment(256, 128), fft(128, Sides::Auto)]).unwrap_err().to_string();
    assert!(nfft.contains("fft") && nfft.contains("[2, 2, 256]"), "{nfft}");
}

#[test]
fn absurd_shapes_overflow_as_an_error() {
    for op in [rows(usize::MAX, 2), rows(usize::MAX / 4, 4), rows(0, usize::MAX)] {
        assert!(matches!(infer(op, vec![]), Err(Error::Overflow { .. })));
    }
    // The input fits, the overlapping frames do not.
    let ops = vec![segment(1 << 30, 1)];
    assert!(matches!(infer(rows(1 << 20, 1 << 36), ops), Err(Error::Overflow { .. })));
    let wide = vec![segment(4, 1), fft(usize::MAX, Sides::Two)];
    assert!(matches!(infer(rows(1, 8), wide), Err(Error::Overflow { .. })));
    let padded = Op::Segment { len: usize::MAX, hop: 1, pad: Padding::Constant, drop_last: 0 };
    assert!(infer(rows(1, 8), vec![padded]).is_err());
}

#[test]
fn parameters_outside_their_domain_are_refused() {
    let spectrum = || vec![segment(8, 4), fft(8, Sides::Auto)];
    let cases: Vec<Vec<Op>> = vec![
        vec![segment(0, 1)],
        vec![segment(8, 0)],
        vec![Op::Segment { len: 8, hop: 8, pad: Padding::None, drop_last: 9 }],
        [
            vec![segment(8, 4)],
            vec![Op::Window { window: Window::Kaiser { beta: -1.0 }, symmetry: Symmetry::Periodic }],
        ]
        .concat(),
        [spectrum(), vec![power(), Op::TopK { k: 0 }]].concat(),
        [spectrum(), vec![power(), Op::Psd { sample_rate: f64::NAN, scaling: Scaling::Density }]].concat(),
        [spectrum(), vec![power(), Op::Log { base: LogBase::Ln, floor: 0.0, add: 0.0 }]].concat(),
        [spectrum(), vec![Op::SpectralMask { mask: Mask::Band(Band { lo: 3, hi: 6 }) }]].concat(),
        [spectrum(), vec![Op::SpectralMask { mask: Mask::Bins(vec![]) }]].concat(),
        [spectrum(), vec![Op::SpectralMask { mask: Mask::Bins(vec![2, 2]) }]].concat(),
        [spectrum(), vec![Op::Affine { scale: 1.0, offset: 0.0 }]].concat(),
        [spectrum(), vec![power(), Op::Affine { scale: f64::INFINITY, offset: 0.0 }]].concat(),
    ];
    for ops in cases {
        assert!(infer(rows(1, 64), ops.clone()).is_err(), "{ops:?}");
    }
}

#[test]
fn units_are_part_of_the_type() {
    let psd = || Op::Psd { sample_rate: 1.0, scaling: Scaling::Density };
    let log = || Op::Log { base: LogBase::Db, floor: 1e-10, add: 0.0 };
    let chain = |tail: Vec<Op>| {
        infer(rows(1, 64), [vec![segment(8, 4), fft(8, Sides::Auto), power()], tail].concat())
    };
    assert!(chain(vec![psd(), log()]).is_ok());
    assert!(chain(vec![psd(), psd()]).is_err());
    assert!(chain(vec![log(), log()]).is_err());
    assert!(chain(vec![log(), Op::Average { average: Average::Mean }]).is_err());
    let complex = Op::Input { batch: 1, len: 64, complex: true };
    assert!(infer(complex.clone(), vec![segment(8, 4), fft(8, Sides::One)]).is_err());
    assert!(infer(complex.clone(), vec![segment(8, 4), fft(8, Sides::Auto), power()]).is_err());
    let two =
        infer(complex, vec![segment(8, 4), fft(8, Sides::Auto), Op::Power { one_sided: false }]).unwrap();
    assert_eq!(two.dims, [1, 15, 8]);
}

#[test]
fn an_inverse_gives_segments_one_after_the_other() {
    let inverse = |n_fft, real| Op::InverseFft { n_fft, real };
    let samples = |complex| ValueKind::Samples { complex };
    let back = infer(rows(3, 40), vec![segment(8, 8), fft(8, Sides::One), inverse(8, true)]).unwrap();
    assert_eq!(back, ValueType::new(samples(false), [3, 40]));
    let back = infer(rows(3, 40), vec![segment(8, 8), fft(8, Sides::Two), inverse(8, false)]).unwrap();
    assert_eq!(back, ValueType::new(samples(true), [3, 40]));
    let bins = Op::Input { batch: 2, len: 10, complex: true };
    assert_eq!(infer(bins.clone(), vec![inverse(8, true)]).unwrap(), ValueType::new(samples(false), [2, 16]));
    for (input, ops) in [
        (bins.clone(), vec![inverse(8, false)]),
        (bins, vec![inverse(0, false)]),
        (rows(2, 10), vec![inverse(8, true)]),
        (rows(3, 40), vec![segment(8, 8), fft(8, Sides::One), inverse(8, false)]),
        (rows(3, 40), vec![segment(8, 8), fft(16, Sides::One), inverse(8, true)]),
    ] {
        assert!(infer(input, ops).is_err());
    }
}
