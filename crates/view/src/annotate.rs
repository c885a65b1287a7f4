//! Writes SigMF annotations next to a recording.

use crate::recording::Recording;
use crate::{AnnotateQuery, Error, Result};
use rlx_io::read::Format;
use rlx_io::write::OutputFile;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Largest length of a label.
const MAX_LABEL: usize = 1000;
/// Largest size of a description that is changed.
const MAX_META: u64 = 64 << 20;

/// Adds an annotation to the recording's SigMF description. For a file of another format, writes `NAME.sigmf-meta`
/// next to it, with its name in `core:dataset`.
pub(crate) fn annotate(recording: &Recording, query: &AnnotateQuery) -> Result<PathBuf> {
    let signal = recording.signal();
    if query.label.len() > MAX_LABEL {
        return Err(Error::request(format!("label: longer than {MAX_LABEL} bytes")));
    }
    if query.start.saturating_add(query.count) > recording.frames() {
        return Err(Error::request("the annotation reaches beyond the recording's end"));
    }
    if signal.part.is_some() {
        return Err(Error::request("a file with several parts has no common clock for annotations"));
    }
    let target = match signal.format {
        Format::SigMf if signal.path.extension().is_some_and(|e| e == "sigmf-meta") => signal.path.clone(),
        Format::SigMf => return Err(Error::request("a SigMF archive cannot be changed")),
        _ if signal.path.as_os_str() == "-" => {
            return Err(Error::request("standard input has no place for annotations"));
        }
        _ => beside(&signal.path),
    };
    let mut meta = match std::fs::metadata(&target) {
        Ok(about) if about.len() > MAX_META => {
            return Err(Error::request(format!("{} is too large to be changed", target.display())));
        }
        Ok(_) => {
            let text = std::fs::read(&target).map_err(|e| rlx_io::Error::io(&target, e))?;
            serde_json::from_slice::<Value>(&text)
                .map_err(|e| Error::request(format!("{}: {e}", target.display())))?
        }
        Err(_) => json!({
            "global": {
                "core:version": "1.2.0",
                "core:datatype": if signal.complex { "cf32_le" } else { "rf32_le" },
                "core:sample_rate": recording.rate(),
                "core:num_channels": signal.channels.len(),
                "core:dataset": signal.path.file_name().map(|name| name.to_string_lossy()),
                "core:recorder": "rlx-fft",
            },
            "captures": [{ "core:sample_start": 0 }],
            "annotations": [],
        }),
    };
    add(&mut meta, query)
        .ok_or_else(|| Error::request(format!("{}: 'annotations' is not an array", target.display())))?;
    let mut file = OutputFile::create(&target)?;
    let failed = |e: std::io::Error| rlx_io::Error::io(&target, e);
    serde_json::to_writer_pretty(&mut file, &meta).map_err(|e| failed(e.into()))?;
    file.write_all(b"\n").map_err(failed)?;
    file.commit()?;
    Ok(target)
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sigmf-meta");
    name.into()
}

/// Inserts the annotation in SigMF's order, by first sample.
fn add(meta: &mut Value, query: &AnnotateQuery) -> Option<()> {
    let all = meta.as_object_mut()?.entry("annotations").or_insert_with(|| json!([])).as_array_mut()?;
    let mut new = Map::new();
    new.insert("core:sample_start".into(), query.start.into());
    new.insert("core:sample_count".into(), query.count.into());
    if let Some([lo, hi]) = query.band.filter(|band| band.iter().all(|f| f.is_finite())) {
        new.insert("core:freq_lower_edge".into(), lo.into());
        new.insert("core:freq_upper_edge".into(), hi.into());
    }
    new.insert("core:label".into(), query.label.clone().into());
    new.insert("core:generator".into(), "rlx-fft view".into());
    let start = |value: &Value| value.get("core:sample_start").and_then(Value::as_u64).unwrap_or(0);
    let at = all.iter().position(|other| start(other) > query.start).unwrap_or(all.len());
    all.insert(at, Value::Object(new));
    Some(())
}
