//! Readers that can move to a sample read there what a reader from the start finds there.

use rlx_io::read::{Chunk, OpenOptions, RawFormat, SignalReader, Source, open_source};

/// Everything from the reader's position on, plane by plane.
fn rest(reader: &mut dyn SignalReader) -> Vec<Vec<f64>> {
    let mut planes = vec![Vec::new(); reader.info().planes()];
    let mut all = planes.clone();
    loop {
        match reader.read_f64(&mut planes, 37).unwrap() {
            Chunk::Data(_) => all.iter_mut().zip(&planes).for_each(|(all, new)| all.extend_from_slice(new)),
            Chunk::Gap { .. } => {}
            Chunk::End => return all,
        }
    }
}

fn check(name: &str, bytes: &[u8], options: &OpenOptions) {
    let open = || open_source(Source::from_bytes(name, bytes), options).unwrap().remove(0);
    let whole = rest(open().as_mut());
    let len = whole[0].len() as u64;
    assert!(len > 100, "{name}: {len}");
    let mut reader = open();
    for at in [len - 1, 0, 1, 36, 37, 64, len / 2, len, len + 5, 3] {
        assert!(reader.seek(at).unwrap(), "{name}");
        let expected: Vec<&[f64]> = whole.iter().map(|plane| &plane[at.min(len) as usize..]).collect();
        assert_eq!(rest(reader.as_mut()), expected, "{name} at {at}");
    }
}

fn wav() -> Vec<u8> {
    let data: Vec<u8> = (0..600u32).flat_map(|i| ((i * 37) as i16).to_le_bytes()).collect();
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0".to_vec();
    bytes.extend(8000u32.to_le_bytes());
    bytes.extend(32_000u32.to_le_bytes());
    bytes.extend([4, 0, 16, 0]);
    bytes.extend(b"data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

fn npy(order: &str) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': {order}, 'shape': (2, 150), }}");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend((0..300u16).flat_map(|i| f32::from(i).to_le_bytes()));
    bytes
}

fn edf() -> Vec<u8> {
    let mut bytes = vec![b' '; 256 * 3];
    let mut put = |at: usize, text: &str| bytes[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, "0");
    put(184, "768");
    for (at, text) in [(236, "5"), (244, "1"), (252, "2")] {
        put(at, text);
    }
    for i in 0..2 {
        put(256 + 16 * i, "EEG");
        let base = 256 + 2 * (16 + 80 + 8);
        for (field, text) in ["-100", "100", "-2000", "2000"].into_iter().enumerate() {
            put(base + 16 * field + 8 * i, text);
        }
        put(256 + 2 * (16 + 80 + 8 * 5 + 80) + 8 * i, "30");
    }
    bytes.extend((0..300u16).flat_map(|i| (i as i16 * 3 - 400).to_le_bytes()));
    bytes
}

#[test]
fn what_is_read_after_a_seek_is_what_lies_there() {
    let none = OpenOptions::default();
    check("a.wav", &wav(), &none);
    check("a.edf", &edf(), &none);
    check("a.npy", &npy("False"), &OpenOptions { rate: Some(1.0), ..none.clone() });
    check("b.npy", &npy("True"), &OpenOptions { rate: Some(1.0), ..none.clone() });
    let raw = OpenOptions { raw: Some("iq-s16le".parse::<RawFormat>().unwrap()), ..none };
    check("a.raw", &wav(), &raw);
}

#[test]
fn sigmf_runs_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let data: Vec<u8> = (0..500u16).flat_map(|i| i.to_le_bytes()).collect();
    std::fs::write(dir.path().join("a.sigmf-data"), data).unwrap();
    let meta = r#"{"global":{"core:datatype":"ri16_le","core:sample_rate":10,"core:version":"1.0.0"},
        "captures":[{"core:sample_start":0,"core:global_index":0},{"core:sample_start":200,"core:global_index":900}],
        "annotations":[]}"#;
    let path = dir.path().join("a.sigmf-meta");
    std::fs::write(&path, meta).unwrap();
    let options = OpenOptions { counts: true, ..OpenOptions::default() };
    let mut reader = rlx_io::read::open(&path, &options).unwrap().remove(0);
    for at in [0u64, 199, 200, 201, 499, 500] {
        assert!(reader.seek(at).unwrap());
        let expected: Vec<f64> = (at..500).map(|i| i as f64).collect();
        assert_eq!(rest(reader.as_mut()), [expected], "at {at}");
    }
}

#[test]
fn a_pipe_and_a_table_are_read_in_order() {
    let pipe = Source::from_read("a.wav", std::io::Cursor::new(wav()));
    assert!(!open_source(pipe, &OpenOptions::default()).unwrap()[0].seek(3).unwrap());
    let options = OpenOptions { rate: Some(1.0), ..OpenOptions::default() };
    let table = Source::from_bytes("a.csv", "1\n2\n3\n");
    assert!(!open_source(table, &options).unwrap()[0].seek(1).unwrap());
}
