//! Arrow IPC: record batches in a file or in a stream. Both are read message by message; the footer of a file is not
//! needed for that.
//!
//! A record batch is held in memory while its rows are read, so that a file's writer decides on the memory.

mod body;
mod messages;

pub(super) use messages::{MAGIC, is_stream};

use super::table::{Scan, Table, library, refused};
use crate::read::quiet;
use crate::read::source::Source;
use crate::{Error, Place, Result};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{self as ipc, MessageHeader, root_as_message};
use arrow_schema::{Schema, SchemaRef};
use messages::Messages;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// An opened file or stream.
pub(super) struct IpcTable {
    name: PathBuf,
    schema: SchemaRef,
    rows: Option<u64>,
    source: Mutex<Bytes>,
}

/// Where batches are read from.
enum Bytes {
    /// From the start, any number of times.
    Seekable(Source),
    /// Once, from the first message after the schema.
    Stream(Option<Box<Messages>>),
}

impl IpcTable {
    /// Reads the schema, and the headers of all batches if the source can be sought.
    pub(super) fn open(source: Source) -> Result<Self> {
        let name = source.name().to_owned();
        let fork = source.fork();
        let mut messages = Messages::new(source)?;
        let schema = schema(&mut messages)?;
        let rows = match fork {
            Some(_) => count(&mut messages)?,
            None => None,
        };
        let bytes = match fork {
            Some(fork) => Bytes::Seekable(fork),
            None => Bytes::Stream(Some(Box::new(messages))),
        };
        Ok(Self { name, schema: Arc::new(schema), rows, source: Mutex::new(bytes) })
    }
}

/// Reads the message of the schema.
fn schema(messages: &mut Messages) -> Result<Schema> {
    let name = messages.source.name().to_owned();
    let bad = |reason: &str| Error::malformed(&name, Place::File, reason);
    if !messages.advance()? {
        return Err(bad("the stream has no schema"));
    }
    let message = messages.message()?;
    let Some(schema) = message.header_as_schema() else {
        return Err(bad("the first message is not a schema"));
    };
    if schema.endianness() == ipc::Endianness::Big {
        return Err(Error::unsupported(&name, Place::File, "big-endian Arrow is not supported"));
    }
    if schema.fields().is_none() {
        return Err(bad("the schema has no columns"));
    }
    quiet::run(|| ipc::convert::fb_to_schema(schema)).ok_or_else(|| refused(&name))
}

/// Adds up the rows of all batches; `None` if the file is cut.
fn count(messages: &mut Messages) -> Result<Option<u64>> {
    let mut rows = 0u64;
    loop {
        match messages.advance() {
            Ok(true) => {}
            Ok(false) => return Ok(Some(rows)),
            // Reading delivers what is there, and then this error.
            Err(Error::Truncated { .. }) => return Ok(None),
            Err(other) => return Err(other),
        }
        rows = match messages.message()?.header_as_record_batch() {
            Some(batch) => rows.saturating_add(u64::try_from(batch.length()).unwrap_or(0)),
            None => rows,
        };
    }
}

impl Table for IpcTable {
    fn name(&self) -> &Path {
        &self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        self.rows
    }

    fn scan(self: Arc<Self>, columns: &[usize], from: u64) -> Result<Box<dyn Scan>> {
        let messages = match &mut *self.source.lock().unwrap_or_else(PoisonError::into_inner) {
            Bytes::Seekable(source) => {
                let fork = source.fork().ok_or_else(|| refused(&self.name))?;
                let mut messages = Messages::new(fork)?;
                schema(&mut messages)?;
                messages
            }
            Bytes::Stream(messages) => *messages.take().ok_or_else(|| {
                Error::unsupported(
                    &self.name,
                    Place::File,
                    "a stream can be read once: save it to a file first",
                )
            })?,
        };
        let columns = columns.to_vec();
        let table = Arc::clone(&self);
        Ok(Box::new(IpcScan { table, messages, columns, dictionaries: HashMap::new(), skip: from }))
    }
}

struct IpcScan {
    table: Arc<IpcTable>,
    messages: Messages,
    columns: Vec<usize>,
    dictionaries: HashMap<i64, ArrayRef>,
    /// Rows to skip.
    skip: u64,
}

impl Scan for IpcScan {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        while self.messages.advance()? {
            let message = self.messages.message()?;
            if let Some(batch) = message.header_as_record_batch() {
                let rows = u64::try_from(batch.length()).unwrap_or(0);
                if rows <= self.skip {
                    self.skip -= rows;
                    continue;
                }
            }
            if let Some(batch) = self.decode()? {
                let skip = usize::try_from(std::mem::take(&mut self.skip)).unwrap_or(usize::MAX);
                return Ok(Some(batch.slice(skip, batch.num_rows() - skip)));
            }
        }
        Ok(None)
    }
}

impl IpcScan {
    /// Decodes the current message; `None` if it is not a record batch.
    fn decode(&mut self) -> Result<Option<RecordBatch>> {
        let place = Place::Byte(self.messages.source.position());
        let body = self.messages.body()?;
        let message = self.messages.message()?;
        let (name, schema) = (&self.table.name, &self.table.schema);
        let wrong = |reason: String| Error::malformed(name, place.clone(), reason);
        let version = message.version();
        match message.header_type() {
            MessageHeader::RecordBatch => {
                let batch = message.header_as_record_batch().ok_or_else(|| refused(name))?;
                let plain = body::unpacked(batch, &body).map_err(wrong)?;
                let rows = batch.length();
                let read = |batch, body| {
                    let (dictionaries, columns) = (&self.dictionaries, Some(self.columns.as_slice()));
                    quiet::run(|| {
                        read_record_batch(body, batch, Arc::clone(schema), dictionaries, columns, &version)
                    })
                };
                let decoded = match &plain {
                    Some(plain) => {
                        let own = plain.message(None);
                        let batch = root_as_message(&own).ok().and_then(|m| m.header_as_record_batch());
                        read(batch.ok_or_else(|| refused(name))?, &plain.body)
                    }
                    None => read(batch, &body),
                };
                let decoded = decoded.ok_or_else(|| refused(name))?.map_err(|e| library(name, &e))?;
                if decoded.num_rows() as i64 != rows {
                    return Err(wrong(format!("a record batch of {rows} rows has {}", decoded.num_rows())));
                }
                Ok(Some(decoded))
            }
            MessageHeader::DictionaryBatch => {
                let dictionary = message.header_as_dictionary_batch().ok_or_else(|| refused(name))?;
                let data = dictionary.data().ok_or_else(|| wrong("a dictionary without values".into()))?;
                let plain = body::unpacked(data, &body).map_err(wrong)?;
                let known = &mut self.dictionaries;
                let mut read = |dictionary, body| {
                    quiet::run(|| read_dictionary(body, dictionary, schema, known, &version))
                };
                let decoded = match &plain {
                    Some(plain) => {
                        let own = plain.message(Some((dictionary.id(), dictionary.isDelta())));
                        let batch = root_as_message(&own).ok().and_then(|m| m.header_as_dictionary_batch());
                        read(batch.ok_or_else(|| refused(name))?, &plain.body)
                    }
                    None => read(dictionary, &body),
                };
                decoded.ok_or_else(|| refused(name))?.map_err(|e| library(name, &e))?;
                Ok(None)
            }
            MessageHeader::Schema => Err(wrong("a second schema".into())),
            _ => Ok(None),
        }
    }
}
