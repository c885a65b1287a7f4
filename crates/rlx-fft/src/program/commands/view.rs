//! `view`: a page in the browser for recordings of any length.

use crate::app::{Failure, Outcome};
use crate::console::Console;
use crate::flags::{ViewArgs, ViewFlags};
use crate::interrupt;
use crate::view::{Server, StdinSpool, open_browser};
use anyhow::Context;
use rlx_io::read::{OpenOptions, Source, expand_inputs, open, open_source};
use rlx_view::{Engine, EngineOptions, FileFailure, Opener, Recording};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Bytes of standard input for detecting its format.
const FIRST_BYTES: u64 = 1 << 16;

/// Runs the command until an interrupt.
pub(crate) fn run(flags: Box<ViewFlags>, console: &Console) -> Result<Outcome, Failure> {
    let args = ViewArgs::try_from(*flags)?;
    interrupt::install();
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let found = expand_inputs(&args.source.inputs);
    let failure = |name: &Path, error: String| FileFailure { name: name.display().to_string(), error };
    let mut failures: Vec<FileFailure> =
        found.errors.iter().map(|error| failure(Path::new("input"), error.to_string())).collect();
    let mut recordings = Vec::new();
    let mut following = args.follow;
    for path in &found.files {
        let stdin = path.as_os_str() == "-";
        following |= stdin;
        let opener = opener(path, &args.source.open)?;
        match Recording::open(opener) {
            Ok(all) => recordings.extend(all),
            Err(error) => failures.push(failure(path, error.to_string())),
        }
    }
    for failure in &failures {
        console.error(&anyhow::anyhow!("{}: {}", failure.name, failure.error));
    }
    let options = EngineOptions {
        cache_bytes: args.cache_bytes,
        may_write: !args.read_only,
        open_flags: open_flags(&args.source.open),
        failures,
        following,
    };
    let server = Server::bind(args.port, Engine::new(recordings, options))
        .with_context(|| format!("cannot listen on 127.0.0.1, port {}", args.port))?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", server.address())?;
        out.flush()?;
    }
    console.note("open this address in a browser; it works on this machine only. Ctrl-C ends.");
    if args.open {
        open_browser(server.address());
    }
    if following {
        server.follow();
    }
    server.run()
}

/// Returns a function that opens a file repeatedly; standard input is copied to a temporary file for this.
fn opener(path: &Path, options: &OpenOptions) -> anyhow::Result<Opener> {
    let options = options.clone();
    if path.as_os_str() != "-" {
        let path = path.to_owned();
        return Ok(Arc::new(move || open(&path, &options)));
    }
    let spool = StdinSpool::start()?;
    spool.wait_for(FIRST_BYTES);
    Ok(Arc::new(move || open_source(Source::from_seek("-", spool.reader())?, &options)))
}

/// Returns the flags for opening files, for command lines that repeat a result.
fn open_flags(open: &OpenOptions) -> Vec<String> {
    let mut flags = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            flags.extend([format!("--{name}"), value]);
        }
    };
    add("rate", open.rate.map(|rate| rate.to_string()));
    add("raw", open.raw.map(|raw| raw.to_string()));
    add("channels", open.channels.map(|count| count.to_string()));
    add("input-format", open.format.map(|format| format.to_string()));
    add("axis", open.axis.map(|axis| axis.to_string()));
    add("time", open.csv.time.clone());
    add("by", open.csv.by.clone());
    add("column", (!open.csv.columns.is_empty()).then(|| open.csv.columns.join(",")));
    add(
        "delimiter",
        open.csv.delimiter.map(|byte| match byte {
            b'\t' => "tab".into(),
            b' ' => "space".into(),
            other => char::from(other).to_string(),
        }),
    );
    add("header", open.csv.header.map(|header| header.to_string()));
    if open.counts {
        flags.push("--counts".into());
    }
    flags
}
