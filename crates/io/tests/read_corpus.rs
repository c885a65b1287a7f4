//! Replays the fuzzers' corpora through the entry that the fuzz targets use.

use rlx_io::read::fuzz::{drive, targets};
use std::path::Path;

#[test]
fn every_corpus_file_is_read_without_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    if !corpus.exists() {
        // A published crate has no corpus.
        return;
    }
    let targets = targets();
    for target in &targets {
        let mut count = 0;
        for entry in std::fs::read_dir(corpus.join(target)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            drive(target, &bytes);
            // Other formats' bytes too.
            drive(&targets[bytes.len() % targets.len()], &bytes);
            count += 1;
        }
        assert!(count > 0, "no corpus of {target}");
    }
}

/// The list of targets is the table of formats; cargo-fuzz needs a file and an entry for each.
#[test]
fn every_format_has_a_fuzz_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let Ok(manifest) = std::fs::read_to_string(fuzz.join("Cargo.toml")) else { return };
    for target in targets() {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "fuzz/Cargo.toml has no target {target}");
        let text = std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{target}.rs"))).unwrap();
        assert!(text.contains(&format!("drive(\"{target}\"")), "{target}");
    }
}
