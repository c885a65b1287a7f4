//! Replays the fuzzers' corpora through the entry that the fuzz targets use.

use rlx_io::read::fuzz::{TARGETS, drive};
use std::path::Path;

#[test]
fn every_corpus_file_is_read_without_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    if !corpus.exists() {
        // A published crate has no corpus.
        return;
    }
    for target in TARGETS {
        let mut count = 0;
        for entry in std::fs::read_dir(corpus.join(target)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            drive(target, &bytes);
            // Other formats' bytes too.
            drive(TARGETS[bytes.len() % TARGETS.len()], &bytes);
            count += 1;
        }
        assert!(count > 0, "no corpus of {target}");
    }
}
