//! Recordings that pause: times are the file's own, and nothing continues over a pause.

mod common;

use common::edf::{annotations, file, signal, tone};
use common::{every_prefix, open_bytes, read_all};
use rlx_io::read::{Chunk, OpenOptions, Source, open_sigmf, open_source};

/// Records of one second at these times.
fn recording(bdf: bool, onsets: &[f64]) -> Vec<u8> {
    let mut texts: Vec<String> = onsets.iter().map(|at| format!("+{at}\u{14}\u{14}\0")).collect();
    texts[1].push_str(&format!("+{}\u{15}0.5\u{14}Blink\u{14}\0", onsets[1] + 0.25));
    let signals = [
        signal("EEG Fp1", 100, tone(10.0, 100 * onsets.len())),
        signal("Resp", 25, tone(1.0, 25 * onsets.len())),
        annotations(bdf, &texts),
    ];
    file(bdf, if bdf { "BDF+D" } else { "EDF+D" }, &signals, onsets.len(), &onsets.len().to_string())
}

/// The chunks as (samples) or (pause in samples, rounded).
fn stretches(reader: &mut common::Reader, block: usize) -> (Vec<usize>, Vec<f64>) {
    let mut planes = vec![Vec::new(); reader.info().planes()];
    let (mut lengths, mut pauses) = (vec![0], Vec::new());
    loop {
        match reader.read_f64(&mut planes, block).unwrap() {
            Chunk::Data(frames) => *lengths.last_mut().unwrap() += frames,
            Chunk::Gap { frames } => {
                lengths.push(0);
                pauses.push((frames * 1e6).round() / 1e6);
            }
            Chunk::End => return (lengths, pauses),
        }
    }
}

#[test]
fn edf_and_bdf_tell_start_pauses_and_both_lengths() {
    for bdf in [false, true] {
        for (onsets, start, expected) in [
            (vec![0.0, 1.0, 2.0, 7.0, 8.0], 0.0, vec![(300, 3.0, 7.0)]),
            (vec![3.5, 4.5, 6.25, 7.25, 20.0], 3.5, vec![(200, 5.5, 6.25), (400, 8.25, 20.0)]),
            (vec![0.0, 1.0, 2.0], 0.0, vec![]),
            (vec![10.0, 12.0], 10.0, vec![(100, 11.0, 12.0)]),
        ] {
            let bytes = recording(bdf, &onsets);
            for stream in [false, true] {
                let source = if stream {
                    Source::from_read("-", std::io::Cursor::new(bytes.clone()))
                } else {
                    Source::from_bytes("a", bytes.clone())
                };
                let mut readers = open_source(source, &OpenOptions::default()).unwrap();
                let info = readers[0].info().clone();
                assert_eq!(info.start_s, start);
                let pauses: Vec<_> = info.pauses.iter().map(|p| (p.sample, p.start_s, p.end_s)).collect();
                assert_eq!(pauses, expected);
                let last = onsets.last().unwrap() + 1.0;
                assert!((info.end_s().unwrap() - last).abs() < 1e-9, "{:?}", info.end_s());
                assert_eq!(
                    info.notes.iter().any(|note| note.contains("pauses")),
                    !expected.is_empty(),
                    "{:?}",
                    info.notes
                );
                for (reader, per_second) in readers.iter_mut().zip([100.0, 25.0]) {
                    for block in [1 << 16, 100, 33] {
                        let (lengths, gaps) = match block {
                            1 => continue,
                            _ => {
                                let mut fresh = open_bytes("a.edf", &bytes, &OpenOptions::default()).unwrap();
                                let index = usize::from(per_second == 25.0);
                                stretches(&mut fresh[index], block)
                            }
                        };
                        let of: Vec<f64> =
                            expected.iter().map(|(_, from, to)| (to - from) * per_second).collect();
                        assert_eq!(gaps, of);
                        assert_eq!(lengths.iter().sum::<usize>(), onsets.len() * per_second as usize);
                        if let Some((sample, _, _)) = expected.first() {
                            assert_eq!(lengths[0], (*sample as f64 / 100.0 * per_second) as usize);
                        }
                    }
                    let all = reader.annotations().unwrap();
                    assert_eq!((all.len(), all[0].text.as_str()), (1, "Blink"));
                    assert_eq!((all[0].start_s, all[0].duration_s), (onsets[1] + 0.25, Some(0.5)));
                    // Annotations do not disturb the samples.
                    assert!(read_all(reader, 64).error.is_none());
                }
            }
        }
    }
    let bytes = recording(false, &[0.0, 2.0]);
    every_prefix("a.edf", &bytes[..1200], &OpenOptions::default());
}

#[test]
fn onsets_that_are_rounded_are_no_pauses() {
    let onsets: Vec<f64> = (0..50).map(|i| f64::from(i) + if i % 3 == 0 { 0.0 } else { 0.002 }).collect();
    let readers = open_bytes("a.edf", &recording(false, &onsets), &OpenOptions::default()).unwrap();
    assert!(readers[0].info().pauses.is_empty());
}

#[test]
fn a_record_without_a_start_time_is_an_error_there() {
    let mut bytes = recording(false, &[0.0, 1.0, 2.0]);
    let at = bytes.windows(2).rposition(|w| w == b"+2").unwrap();
    bytes[at] = b'x';
    let mut readers = open_bytes("a.edf", &bytes, &OpenOptions::default()).unwrap();
    let all = read_all(&mut readers[0], 1000);
    assert_eq!(all.planes[0].len(), 200);
    assert!(all.error.unwrap().to_string().contains("record 3 has no start time"));
}

fn sigmf(captures: &str, frames: usize) -> Vec<common::Reader> {
    let meta = format!(
        "{{\"global\":{{\"core:datatype\":\"ru8\",\"core:sample_rate\":100,\"core:version\":\"1.0.0\"}},\
         \"captures\":{captures},\"annotations\":[{{\"core:sample_start\":250,\"core:sample_count\":50,\
         \"core:label\":\"chirp\",\"core:freq_lower_edge\":1,\"core:freq_upper_edge\":2}}]}}"
    );
    let data = vec![128u8; frames];
    open_sigmf(
        Source::from_bytes("a.sigmf-meta", meta),
        Source::from_bytes("a", data),
        &OpenOptions::default(),
    )
    .unwrap()
}

#[test]
fn sigmf_global_indices_are_times() {
    let mut readers = sigmf(
        "[{\"core:sample_start\":0,\"core:global_index\":1000,\"core:datetime\":\"2020-01-01T00:00:00Z\"},\
          {\"core:sample_start\":200,\"core:global_index\":1700}]",
        400,
    );
    let info = readers[0].info().clone();
    assert_eq!((info.pauses[0].sample, info.pauses[0].start_s, info.pauses[0].end_s), (200, 2.0, 7.0));
    assert_eq!((info.captures.len(), info.captures[1].start_s), (2, Some(7.0)));
    assert_eq!(info.captures[0].datetime.as_deref(), Some("2020-01-01T00:00:00Z"));
    let remark = readers[0].annotations().unwrap().remove(0);
    assert_eq!((remark.start_s, remark.duration_s, remark.text.as_str()), (7.5, Some(0.5), "chirp"));
    assert_eq!(remark.band_hz, Some((1.0, 2.0)));
    assert_eq!(stretches(&mut readers[0], 77), (vec![200, 200], vec![500.0]));
}

#[test]
fn captures_at_another_frequency_are_pauses_of_this_one() {
    let mut readers = sigmf(
        "[{\"core:sample_start\":0,\"core:frequency\":1e8},{\"core:sample_start\":100,\"core:frequency\":2e8},\
          {\"core:sample_start\":150,\"core:frequency\":1e8}]",
        300,
    );
    assert_eq!(readers.len(), 2);
    assert_eq!(readers[1].info().start_s, 1.0);
    assert_eq!(stretches(&mut readers[0], 1 << 16), (vec![100, 150], vec![50.0]));
    assert_eq!(stretches(&mut readers[1], 1 << 16), (vec![50], vec![]));
}

#[test]
fn captures_that_follow_each_other_are_no_pause() {
    let mut readers = sigmf("[{\"core:sample_start\":0},{\"core:sample_start\":100}]", 300);
    assert_eq!(stretches(&mut readers[0], 1 << 16), (vec![300], vec![]));
}
