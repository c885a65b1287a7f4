//! Recordings of the page's files, behind the viewer's engine.

use crate::arrays::{self, Array};
use crate::error::Failure;
use crate::reader::HostReader;
use crate::request::{HostFile, Open};
use rlx_io::read::{OpenOptions, Siblings, Source, open_source};
use rlx_view::{Engine, EngineOptions, Opener, Recording, Session};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Bytes of tiles that are kept.
const CACHE: usize = 48 << 20;

thread_local! {
    static ENGINES: RefCell<HashMap<u32, (Engine, Session)>> = RefCell::default();
}

/// The files that were opened together: a recording may consist of several.
struct Together(Vec<HostFile>);

impl Siblings for Together {
    fn open(&self, path: &Path) -> rlx_io::Result<Source> {
        let name = path.to_string_lossy();
        match self.0.iter().find(|file| file.name == name) {
            Some(file) => Source::from_seek(path, HostReader::new(file.file, file.size)),
            None => {
                let reason = "it belongs to the recording and is not there: open both files together";
                Err(rlx_io::Error::io(path, io::Error::new(io::ErrorKind::NotFound, reason)))
            }
        }
    }
}

pub(crate) fn open(query: Open) -> Result<Value, Failure> {
    let options = OpenOptions {
        rate: query.rate,
        raw: query.raw.as_deref().map(str::parse).transpose()?,
        channels: query.channels,
        format: query.format.as_deref().map(str::parse).transpose()?,
        iq: query.iq,
        ..OpenOptions::default()
    };
    let first = query.files.first().cloned().ok_or_else(|| Failure::new("files: none"))?;
    let together: Arc<dyn Siblings> = Arc::new(Together(query.files));
    let opener: Opener = Arc::new(move || {
        let source = Source::from_seek(&first.name, HostReader::new(first.file, first.size))?;
        open_source(source.with_siblings(Arc::clone(&together)), &options)
    });
    let recordings = Recording::open(opener)?;
    let engine = Engine::new(recordings, EngineOptions { cache_bytes: CACHE, ..EngineOptions::default() });
    let id = arrays::put(Array::default());
    ENGINES.with_borrow_mut(|all| all.insert(id, (engine, Session::default())));
    Ok(json!(id))
}

/// Answers a request of the viewer; JSON comes as it is, other replies as an array.
pub(crate) fn answer(id: u32, request: &str) -> Result<Value, Failure> {
    ENGINES.with_borrow(|all| {
        let (engine, session) = all.get(&id).ok_or_else(|| Failure::new("the recording is closed"))?;
        let (kind, bytes) = engine.handle(request.as_bytes(), session)?.into_bytes();
        Ok(json!({ "json": kind == "application/json", "bytes": arrays::result(bytes.as_slice()) }))
    })
}

pub(crate) fn close(id: u32) -> Result<Value, Failure> {
    drop(arrays::take(id));
    ENGINES.with_borrow_mut(|all| all.remove(&id));
    Ok(Value::Null)
}
