//! Damaged and hostile Parquet and Arrow: errors, no panics, no memory for claims.

#[path = "common/columnar.rs"]
mod columnar;
mod common;

use arrow_array::builder::{Float32Builder, ListBuilder};
use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch, StringArray};
use columnar::{FORMS, batch, written};
use common::{every_prefix, open_bytes, read_all};
use rlx_io::Error;
use rlx_io::read::OpenOptions;
use rlx_io::read::fuzz::drive;
use std::sync::Arc;

fn table() -> RecordBatch {
    let mut lists = ListBuilder::new(Float32Builder::new());
    (0..40).for_each(|row| lists.append_value((0..row % 5).map(|i| Some(i as f32))));
    batch(vec![
        ("device", Arc::new(StringArray::from_iter_values((0..40).map(|i| format!("d{}", i / 7))))),
        ("t", Arc::new(Int32Array::from_iter_values(0..40))),
        ("x", Arc::new(Float64Array::from_iter_values((0..40).map(|i| f64::from(i).sin())))),
        ("v", Arc::new(lists.finish())),
    ])
}

/// The scalar half, which has other paths.
fn numbers() -> RecordBatch {
    table().project(&[0, 1, 2]).unwrap()
}

#[test]
fn every_prefix_is_an_error_or_a_shorter_signal() {
    for form in FORMS {
        for table in [table(), numbers()] {
            let bytes = written(form, &[table.slice(0, 30), table.slice(30, 10)]);
            every_prefix(form, &bytes, &OpenOptions::default());
        }
    }
}

#[test]
fn a_cut_arrow_file_gives_its_whole_batches_and_says_so() {
    let table = numbers();
    for form in ["a.arrow", "a.arrows"] {
        let bytes = written(form, &[table.slice(0, 30), table.slice(30, 10)]);
        let cut = &bytes[..bytes.len() - if form == "a.arrow" { 700 } else { 150 }];
        let mut readers = open_bytes(form, cut, &OpenOptions::default()).unwrap();
        let got = read_all(&mut readers[0], 100);
        assert_eq!(got.planes[0].len(), 30, "{form}");
        assert!(matches!(got.error, Some(Error::Truncated { .. })), "{form}: {:?}", got.error);
    }
    // Parquet has its metadata at the end.
    let bytes = written("a.parquet", &[table]);
    let error = open_bytes("a.parquet", &bytes[..bytes.len() - 1], &OpenOptions::default()).err().unwrap();
    assert!(error.to_string().contains("incomplete or still being written"), "{error}");
}

#[test]
fn mutations_are_read_without_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for form in FORMS {
        let target = if form.starts_with("a.arrow") { "arrow" } else { "parquet" };
        for table in [table(), numbers()] {
            let whole = written(form, &[table.slice(0, 25), table.slice(25, 15)]);
            for _ in 0..250 {
                let mut bytes = whole.clone();
                for _ in 0..=random(4) {
                    let at = random(bytes.len());
                    match random(4) {
                        0 => bytes[at] ^= 1 << random(8),
                        1 => bytes[at] = [0, 0xff, 0x7f, 0x80][random(4)],
                        // A length that claims a lot.
                        2 => bytes[at..].iter_mut().take(4).for_each(|b| *b = 0x7f),
                        _ => {
                            let len = random(9).min(bytes.len() - at);
                            bytes.drain(at..at + len);
                        }
                    }
                }
                drive(target, &bytes);
            }
        }
    }
}

#[test]
fn changed_bytes_of_pages_are_read_without_panic() {
    let bytes = written("a.parquet", &[numbers()]);
    for at in 4..bytes.len() - 8 {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        drive("parquet", &damaged);
    }
}

#[test]
fn many_columns_are_read() {
    let count = 65_535;
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let names: Vec<String> = (0..count).map(|i| format!("c{i}")).collect();
    let table = batch(names.iter().map(|name| (name.as_str(), Arc::clone(&values))).collect());
    for form in ["a.arrow", "a.parquet"] {
        let bytes = written(form, std::slice::from_ref(&table));
        let mut readers = open_bytes(form, &bytes, &OpenOptions::default()).unwrap();
        assert_eq!(readers[0].info().channels.len(), count);
        let got = read_all(&mut readers[0], 100);
        assert!(got.error.is_none(), "{form}: {:?}", got.error);
        assert!(got.planes.iter().all(|plane| *plane == [1.0, 2.0]), "{form}");
    }
}
