//! NPY and NPZ, of every dtype and order.

mod common;

use common::{every_prefix, open_bytes, open_one, read_all, read_whole};
use rlx_io::Error;
use rlx_io::read::{OpenOptions, Precision};

fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    text.push_str(&" ".repeat(63 - (text.len() + 10) % 64));
    text.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    out.extend(text.as_bytes());
    out.extend(data);
    out
}

fn plain() -> OpenOptions {
    OpenOptions { rate: Some(10.0), ..Default::default() }
}

#[test]
fn every_dtype() {
    let one = |descr: &str, data: &[u8]| read_whole("a.npy", &npy(descr, false, "(2,)", data), &plain());
    assert_eq!(one("|b1", &[0, 1]), [[0.0, 1.0]]);
    assert_eq!(one("|u1", &[0, 255]), [[0.0, 255.0]]);
    assert_eq!(one("|i1", &[0, 255]), [[0.0, -1.0]]);
    assert_eq!(one("<u2", &[1, 0, 0xff, 0xff]), [[1.0, 65535.0]]);
    assert_eq!(one(">i2", &[0, 1, 0xff, 0xff]), [[1.0, -1.0]]);
    assert_eq!(one("<u4", &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), [[1.0, f64::from(u32::MAX)]]);
    assert_eq!(one(">i4", &[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]), [[1.0, -1.0]]);
    assert_eq!(one("<i8", &[7i64.to_le_bytes(), (-7i64).to_le_bytes()].concat()), [[7.0, -7.0]]);
    assert_eq!(one(">u8", &[7u64.to_be_bytes(), 8u64.to_be_bytes()].concat()), [[7.0, 8.0]]);
    assert_eq!(one("<f2", &[0, 0x3c, 0, 0xc0]), [[1.0, -2.0]]);
    assert_eq!(one(">f4", &[0.5f32.to_be_bytes(), 2.5f32.to_be_bytes()].concat()), [[0.5, 2.5]]);
    assert_eq!(one("<f8", &[0.1f64.to_le_bytes(), 0.2f64.to_le_bytes()].concat()), [[0.1, 0.2]]);
    let pairs: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(one("<c8", &pairs), [[1.0, 3.0], [2.0, 4.0]]);
    let pairs: Vec<u8> = [1.0f64, 2.0, 3.0, 4.0].iter().flat_map(|v| v.to_be_bytes()).collect();
    assert_eq!(one(">c16", &pairs), [[1.0, 3.0], [2.0, 4.0]]);
}

/// Value of channel c at time t.
fn value(c: usize, t: usize) -> f64 {
    (c * 1000 + t) as f64
}

#[test]
fn both_orders_and_axes() {
    let (channels, frames) = (3, 500);
    let by_channel: Vec<u8> =
        (0..channels).flat_map(|c| (0..frames).flat_map(move |t| value(c, t).to_le_bytes())).collect();
    let by_frame: Vec<u8> =
        (0..frames).flat_map(|t| (0..channels).flat_map(move |c| value(c, t).to_le_bytes())).collect();
    let expected: Vec<Vec<f64>> = (0..channels).map(|c| (0..frames).map(|t| value(c, t)).collect()).collect();
    let time_first = OpenOptions { axis: Some(0), ..plain() };
    for (fortran, shape, data, options) in [
        (false, "(3, 500)", &by_channel, plain()),
        (true, "(3, 500)", &by_frame, plain()),
        (false, "(500, 3)", &by_frame, time_first.clone()),
        (true, "(500, 3)", &by_channel, time_first),
    ] {
        assert_eq!(read_whole("a.npy", &npy("<f8", fortran, shape, data), &options), expected);
    }
    let reader = open_one("a", &npy("<f8", false, "(500, 3)", &by_frame), &plain());
    assert!(reader.info().notes[0].contains("axis"));
    assert_eq!((reader.info().channels.len(), reader.info().precision), (500, Precision::F64));
}

#[test]
fn complex_channels_side_by_side() {
    let data: Vec<u8> = (0..12u8).flat_map(|v| f32::from(v).to_le_bytes()).collect();
    let planes = read_whole("a", &npy("<c8", false, "(2, 3)", &data), &plain());
    assert_eq!(planes, [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0], [6.0, 8.0, 10.0], [7.0, 9.0, 11.0]]);
}

#[test]
fn cut_and_lying() {
    let good = npy("<f8", false, "(2, 3)", &[0; 48]);
    every_prefix("a.npy", &good, &plain());
    let text = |bytes: &[u8]| open_bytes("a.npy", bytes, &plain()).map(|_| ()).unwrap_err().to_string();
    assert!(text(&npy("<f8", false, "(2, 3)", &[0; 47])).contains("need 48 bytes, 47 are left"));
    assert!(
        text(&npy("<f8", false, "(99999999999, 99999999999)", &[0; 47]))
            .contains("exceed the largest possible size")
    );
    assert!(text(&npy("<f8", false, "(99999999999, 0)", &[])).contains("exceed the largest possible size"));
    assert!(text(&npy("<f8", false, "(2, 3, 4)", &[0; 192])).contains("3 dimensions"));
    assert!(text(&npy("<U8", false, "(2,)", &[0; 64])).contains("dtype '<U8'"));
    assert!(text(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").contains("claims 4294967295 bytes"));
    assert!(text(b"\x93NUMPY\x07\x00\xff\xff\xff\xff").contains("version 7"));

    let mut cut = open_one("a.npy", &npy("<f4", false, "(1000000000,)", &[0; 40]), &plain());
    assert_eq!(cut.info().frames, Some(10));
    let all = read_all(&mut cut, 1 << 30);
    assert_eq!(all.planes[0].len(), 10);
    assert!(matches!(all.error, Some(Error::Truncated { .. })));
}

#[test]
fn the_shipped_electrocardiogram() {
    let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/ecg.npy")).unwrap();
    let planes = read_whole("ecg.npy", &bytes, &plain());
    assert_eq!(planes[0].len(), 1024);
    every_prefix("ecg.npy", &bytes, &plain());
}

#[test]
fn archives() {
    for name in ["stored.npz", "deflated.npz"] {
        let bytes = std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let mut readers = open_bytes(name, &bytes, &plain()).unwrap();
        let parts: Vec<_> = readers.iter().map(|r| r.info().part.clone().unwrap()).collect();
        assert_eq!(parts, ["line", "grid", "iq"]);
        assert!(
            readers[0].info().notes.iter().any(|note| note.contains("labels")),
            "{:?}",
            readers[0].info().notes
        );
        let line = read_all(&mut readers[0], 64);
        assert_eq!(line.planes[0], (0..300).map(|t| f64::from(t) * 0.5).collect::<Vec<_>>());
        let grid = read_all(&mut readers[1], 33);
        assert_eq!(grid.planes[1], (0..100).map(|t| f64::from(100 + t)).collect::<Vec<_>>());
        let iq = read_all(&mut readers[2], 1000);
        assert_eq!((iq.planes[0][3], iq.planes[1][3]), (3.0, -3.0));
        every_prefix(name, &bytes, &plain());
    }
}

#[test]
fn a_flipped_bit_in_a_deflated_array_is_found() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/deflated.npz");
    let bytes = std::fs::read(path).unwrap();
    let mut found = 0;
    for at in (0..bytes.len()).step_by(7) {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        if let Ok(readers) = open_bytes("a.npz", &bad, &plain()) {
            found += readers.into_iter().filter_map(|mut r| read_all(&mut r, 50).error).count();
        }
    }
    assert!(found > 20);
}
