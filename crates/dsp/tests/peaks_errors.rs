//! Requests that the peak finders refuse, and degenerate rows that they answer.

use rlx_dsp::peaks::{
    Bounds, LocalPeakParams, Prominences, find_peaks, find_peaks_axis, find_peaks_rows, peak_prominences,
    peak_widths, top_k_axis, top_k_bins, top_k_packed, top_k_packed_into, top_k_rows,
};
use rlx_dsp::{Error, Result};

/// The name of the argument that an error is about.
fn refused<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    match result.expect_err("must be refused") {
        Error::Argument { name, .. } | Error::Length { name, .. } => name,
        other => panic!("unexpected {other}"),
    }
}

#[test]
fn bad_conditions_are_named() {
    let with = |change: fn(&mut LocalPeakParams)| {
        let mut params = LocalPeakParams::default();
        change(&mut params);
        refused(find_peaks(&[0.0, 1.0, 0.0], &params))
    };
    assert_eq!(with(|p| p.distance = Some(0.5)), "distance");
    assert_eq!(with(|p| p.distance = Some(f64::NAN)), "distance");
    assert_eq!(with(|p| p.wlen = Some(1)), "wlen");
    assert_eq!(with(|p| p.rel_height = -0.1), "rel_height");
    assert_eq!(with(|p| p.rel_height = f64::NAN), "rel_height");
    assert_eq!(with(|p| p.height = Some(Bounds::at_least(f64::NAN))), "height");
    assert_eq!(with(|p| p.width = Some(Bounds::at_most(f64::NAN))), "width");
}

#[test]
fn bad_shapes_are_named() {
    let params = LocalPeakParams::default();
    assert_eq!(refused(find_peaks_rows(&[0.0_f32; 10], 0, &params)), "row_len");
    assert_eq!(refused(find_peaks_rows(&[0.0_f32; 10], 3, &params)), "x");
    assert_eq!(refused(find_peaks_axis(&[0.0_f32; 10], &[2, 5], 2, &params)), "axis");
    assert_eq!(refused(find_peaks_axis(&[0.0_f32; 10], &[2, 4], 1, &params)), "x");
    assert_eq!(refused(find_peaks_axis(&[0.0_f32; 10], &[usize::MAX, 4], 1, &params)), "x");
    assert_eq!(refused(top_k_rows(&[0.0_f32; 10], 0, 1)), "row_len");
    assert_eq!(refused(top_k_rows(&[0.0_f32; 10], 4, 1)), "x");
    assert_eq!(refused(top_k_axis(&[0.0_f32; 10], &[10], 1, 1)), "axis");
}

#[test]
fn zero_peaks_are_refused_and_too_many_clipped() {
    let row = [3.0_f32, 1.0, 2.0];
    assert_eq!(refused(top_k_bins(&row, 0)), "k");
    assert_eq!(refused(top_k_rows(&row, 3, 0)), "k");
    assert_eq!(refused(top_k_axis(&row, &[3], 0, 0)), "k");
    assert_eq!(refused(top_k_packed(&row, 3, 0)), "k");
    assert_eq!(refused(top_k_packed_into(&row, 3, 2, &mut [0.0; 5])), "out");
    assert_eq!(top_k_packed(&row, 3, usize::MAX).expect("clips"), [0.0, 3.0, 2.0, 2.0, 1.0, 1.0]);
}

#[test]
fn foreign_peaks_are_refused() {
    let x = [0.0, 1.0, 0.0];
    assert_eq!(refused(peak_prominences(&x, &[3], None)), "peaks");
    assert_eq!(refused(peak_prominences(&x, &[1], Some(1))), "wlen");
    let fine = peak_prominences(&x, &[1], None).expect("valid");
    assert_eq!(refused(peak_widths(&x, &[1], -1.0, &fine)), "rel_height");
    assert_eq!(refused(peak_widths(&x, &[1, 2], 0.5, &fine)), "prominences");
    let wrong = Prominences { values: vec![1.0], left_bases: vec![2], right_bases: vec![2] };
    assert_eq!(refused(peak_widths(&x, &[1], 0.5, &wrong)), "prominences");
    let outside = Prominences { values: vec![1.0], left_bases: vec![0], right_bases: vec![3] };
    assert_eq!(refused(peak_widths(&x, &[1], 0.5, &outside)), "prominences");
}

#[test]
fn empty_and_constant_rows_have_no_local_peaks() {
    let params = LocalPeakParams::default().width(Bounds::ANY).height(Bounds::ANY);
    for row in [&[][..], &[1.0], &[2.0; 50], &[f64::NAN; 50], &[f64::INFINITY; 3]] {
        let found = find_peaks(row, &params).expect("valid");
        assert!(found.positions.is_empty());
        assert_eq!(found.heights.as_deref(), Some(&[][..]));
        assert!(found.widths.is_some() && found.prominences.is_some() && found.plateaus.is_none());
    }
    let none = find_peaks_rows::<f32>(&[], 5, &params).expect("no rows are fine");
    assert_eq!((none.rows(), none.row(0), none.positions(0).len()), (0, None, 0));
    assert!(none.peaks.widths.is_some());
    assert_eq!(find_peaks_axis::<f32>(&[], &[0, 4], 1, &params).expect("fine").rows(), 0);
    assert_eq!(find_peaks_axis::<f32>(&[], &[4, 0], 1, &params).expect("fine").rows(), 4);
    assert_eq!(top_k_axis::<f32>(&[], &[4, 0], 1, 3).expect("fine"), []);
}
