//! SigMF recordings, from either file and with several captures.

mod common;

use common::{Reader, read_all};
use rlx_io::Result;
use rlx_io::read::{OpenOptions, Source, open, open_sigmf, open_source};
use serde_json::{Value, json};

fn pair(meta: &Value, data: &[u8]) -> Result<Vec<Reader>> {
    let meta = Source::from_bytes("a.sigmf-meta", meta.to_string().into_bytes());
    open_sigmf(meta, Source::from_bytes("a.sigmf-data", data), &OpenOptions::default())
}

fn global(datatype: &str) -> Value {
    json!({"core:datatype": datatype, "core:sample_rate": 1e6, "core:version": "1.0.0"})
}

#[test]
fn either_file_opens_the_recording() {
    let directory = tempfile::tempdir().unwrap();
    let (meta, data) = (directory.path().join("x.sigmf-meta"), directory.path().join("x.sigmf-data"));
    let text = json!({"global": global("ci16_le"), "captures": [{"core:sample_start": 0, "core:frequency": 98.1e6}]});
    std::fs::write(&meta, text.to_string()).unwrap();
    std::fs::write(&data, [0, 0x40, 0, 0xc0, 0, 0x20, 0, 0xe0]).unwrap();
    for path in [&meta, &data] {
        let mut readers = open(path, &OpenOptions::default()).unwrap();
        let info = readers[0].info();
        assert!(info.complex && info.planes() == 2);
        assert_eq!((info.sample_rate, info.center_freq, info.frames), (Some(1e6), Some(98.1e6), Some(2)));
        assert_eq!(read_all(&mut readers[0], 10).planes, [[0.5, 0.25], [-0.5, -0.25]]);
    }
    std::fs::remove_file(&data).unwrap();
    assert!(
        open(&meta, &OpenOptions::default()).map(|_| ()).unwrap_err().to_string().contains("x.sigmf-data")
    );
}

#[test]
fn captures_gaps_and_frequencies() {
    let data: Vec<u8> = (0..40).collect();
    let captures = json!([
        {"core:sample_start": 0, "core:frequency": 1e8, "core:global_index": 0},
        {"core:sample_start": 10, "core:frequency": 1e8, "core:global_index": 10},
        {"core:sample_start": 20, "core:frequency": 1e8, "core:global_index": 500},
        {"core:sample_start": 30, "core:frequency": 2e8},
    ]);
    let mut readers = pair(&json!({"global": global("ru8"), "captures": captures}), &data).unwrap();
    assert_eq!(readers.len(), 2);
    assert_eq!(readers[1].info().part.as_deref(), Some("200000000 Hz"));
    let first = read_all(&mut readers[0], 7);
    assert_eq!((first.gaps, first.planes[0].len()), (vec![20], 30));
    assert_eq!(read_all(&mut readers[1], 7).planes[0].len(), 10);
}

#[test]
fn channels_headers_and_trailing_bytes() {
    let mut global = global("ri8");
    global["core:num_channels"] = json!(2);
    global["core:trailing_bytes"] = json!(3);
    let meta = json!({"global": global, "captures": [{"core:sample_start": 0, "core:header_bytes": 2}]});
    let mut readers = pair(&meta, &[9, 9, 64, 192, 32, 224, 7, 7, 7]).unwrap();
    assert_eq!(read_all(&mut readers[0], 100).planes, [[0.5, 0.25], [-0.5, -0.25]]);
}

#[test]
fn what_is_wrong_is_said() {
    let text = |meta: Value| pair(&meta, &[0; 8]).map(|_| ()).unwrap_err().to_string();
    assert!(text(json!({})).contains("missing field `global`"));
    assert!(text(json!({"global": global("cf16_le")})).contains("'cf16_le' is not supported"));
    let captures = json!([{"core:sample_start": 0}, {"core:sample_start": 1e12}]);
    assert!(
        text(json!({"global": global("ru8"), "captures": captures}))
            .contains("capture 1 has 1000000000000 frames")
    );
    let captures = json!([{"core:sample_start": 5}, {"core:sample_start": 1}]);
    assert!(text(json!({"global": global("ru8"), "captures": captures})).contains("starts before"));
    let captures = json!([{"core:sample_start": -1.5}]);
    assert!(text(json!({"global": global("ru8"), "captures": captures})).contains("sample_start is -1.5"));
    let mut many = global("ru8");
    many["core:num_channels"] = json!(1e12);
    assert!(text(json!({"global": many})).contains("num_channels"));

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.sigmf-meta");
    let mut elsewhere = global("ru8");
    elsewhere["core:dataset"] = json!("../../etc/passwd");
    std::fs::write(&path, json!({"global": elsewhere}).to_string()).unwrap();
    let error = open(&path, &OpenOptions::default()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("not a file of the same directory"), "{error}");
    std::fs::write(&path, "{\"global\": {\"core:datatype\": }").unwrap();
    assert!(
        open(&path, &OpenOptions::default())
            .map(|_| ())
            .unwrap_err()
            .to_string()
            .contains("line 1: character")
    );
}

/// One member of a tar file.
fn member(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[156] = b'0';
    header[257..262].copy_from_slice(b"ustar");
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header, content.to_vec(), padding].concat()
}

#[test]
fn an_archive_has_its_recordings() {
    let meta = |rate: f64| {
        let mut global = global("ru8");
        global["core:sample_rate"] = json!(rate);
        json!({"global": global, "captures": [{"core:sample_start": 0}]}).to_string()
    };
    let (first, second) = (meta(100.0), meta(200.0));
    let tar = [
        member("a/a.sigmf-data", &[0, 128, 255]),
        member("a/a.sigmf-meta", first.as_bytes()),
        member("b/b.sigmf-meta", second.as_bytes()),
        member("b/b.sigmf-data", &[255]),
        vec![0; 1024],
    ]
    .concat();
    let open_bytes =
        |bytes: &[u8]| open_source(Source::from_bytes("two.sigmf", bytes), &OpenOptions::default());
    let mut readers = open_bytes(&tar).unwrap();
    assert_eq!(readers.len(), 2);
    assert_eq!(readers[0].info().sample_rate, Some(100.0));
    assert!(readers[1].info().path.ends_with("two.sigmf:b/b.sigmf-meta"), "{:?}", readers[1].info().path);
    assert_eq!(read_all(&mut readers[0], 100).planes[0].len(), 3);
    // From a pipe too, and cut anywhere.
    let piped = Source::from_read("two.sigmf", std::io::Cursor::new(tar.clone()));
    assert_eq!(open_source(piped, &OpenOptions::default()).unwrap().len(), 2);
    for len in (1..tar.len() - 1024).step_by(97) {
        let _ = open_bytes(&tar[..len]);
    }
    let error = open_bytes(&tar[..600]).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("two.sigmf"), "{error}");
    let mut lying = tar.clone();
    lying[124..135].copy_from_slice(b"77777777777");
    let error = open_bytes(&lying).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("claims 8589934591 bytes"), "{error}");
    let lone = [member("a.sigmf-meta", first.as_bytes()), vec![0; 1024]].concat();
    let error = open_bytes(&lone).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("no a.sigmf-data"), "{error}");
}
