//! Pages of a column chunk. Headers are checked before memory is taken for what they claim, and checksums are
//! verified.

use super::super::codec::{self, Codec};
use super::thrift::{Compact, Problem};
use crate::read::source::Source;
use crate::{Error, Place};
use flate2::Crc;
use parquet::basic::{CompressionCodec, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// First and largest number of bytes in which a header is looked for; statistics make them long.
const HEADER: usize = 256;
const LONGEST_HEADER: usize = 16 << 20;
/// Largest number of values of a list column that one read may unpack: a few bytes can claim any number.
pub(super) const LIST_VALUES: u64 = 1 << 25;

/// Page types.
const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_V2: i64 = 3;

/// The part of a page's header that matters.
#[derive(Debug, Clone, Default)]
struct Header {
    kind: i64,
    unpacked: usize,
    packed: usize,
    crc: Option<u32>,
    values: u32,
    nulls: u32,
    rows: u32,
    encoding: i64,
    def_encoding: i64,
    rep_encoding: i64,
    def_len: u32,
    rep_len: u32,
    is_compressed: bool,
    is_sorted: bool,
    /// Bytes of the header itself.
    len: usize,
}

/// Reads the pages of one column chunk.
pub(super) struct Pages {
    source: Source,
    column: String,
    codec: Codec,
    end: u64,
    values_left: u64,
    header: Option<Header>,
    /// Values of a list column that were unpacked since the counter was reset.
    unpacked_values: Option<Arc<AtomicU64>>,
}

impl Pages {
    /// Creates a reader of the chunk. `unpacked_values` limits list columns.
    pub(super) fn new(
        mut source: Source,
        column: String,
        chunk: &ColumnChunkMetaData,
        unpacked_values: Option<Arc<AtomicU64>>,
    ) -> Result<Self> {
        let refuse = |reason: String| external(&source, &column, reason);
        let codec = match chunk.compression_codec() {
            CompressionCodec::UNCOMPRESSED => Codec::None,
            CompressionCodec::SNAPPY => Codec::Snappy,
            CompressionCodec::GZIP => Codec::Gzip,
            CompressionCodec::ZSTD => Codec::Zstd,
            CompressionCodec::LZ4_RAW => Codec::Lz4Block,
            CompressionCodec::LZ4 => Codec::Lz4Hadoop,
            other => {
                let reason = format!(
                    "compression {other:?} is not supported; supported are Snappy, Zstandard, LZ4 and gzip: write the \
                     file with one of them"
                );
                return Err(unsupported(&source, &column, reason));
            }
        };
        // Some writers state a dictionary at offset 0, where the file's signature is.
        let dictionary = chunk.dictionary_page_offset().filter(|at| *at > 0);
        let start = dictionary.map_or(chunk.data_page_offset(), |at| at.min(chunk.data_page_offset()));
        let (Ok(start), Ok(len), Ok(values)) =
            (u64::try_from(start), u64::try_from(chunk.compressed_size()), u64::try_from(chunk.num_values()))
        else {
            return Err(refuse("a negative offset, size or number of values".into()));
        };
        let end = start.saturating_add(len);
        if source.len().is_none_or(|all| end > all) {
            return Err(truncated(&source, &column, format!("its pages end at byte {end}")));
        }
        source.seek_to(start);
        Ok(Self { source, column, codec, end, values_left: values, header: None, unpacked_values })
    }

    fn fail(&self, reason: impl Into<String>) -> ParquetError {
        external(&self.source, &self.column, reason.into())
    }

    /// Reads the next header, unless it was already read. `None` at the end.
    fn peek(&mut self) -> Result<Option<Header>> {
        if self.header.is_none() {
            if self.values_left == 0 || self.source.position() >= self.end {
                return Ok(None);
            }
            self.header = Some(self.read_header()?);
        }
        Ok(self.header.clone())
    }

    fn read_header(&mut self) -> Result<Header> {
        let mut size = HEADER;
        let header = loop {
            let left = usize::try_from(self.end - self.source.position()).unwrap_or(usize::MAX);
            let bytes = self.source.peek(size.min(left)).map_err(wrapped)?;
            let all = bytes.len() < size;
            match parse(bytes) {
                Ok(header) => break header,
                Err(Problem::Short) if !all && size < LONGEST_HEADER => size *= 4,
                Err(Problem::Short) => return Err(self.fail("a page header that is cut")),
                Err(Problem::Bad(reason)) => return Err(self.fail(format!("a page header with {reason}"))),
            }
        };
        let there = (self.end - self.source.position()).saturating_sub(header.len as u64);
        if header.packed as u64 > there {
            return Err(self.fail(format!("a page of {} bytes, {there} are left", header.packed)));
        }
        if header.unpacked > codec::LARGEST {
            return Err(unsupported(
                &self.source,
                &self.column,
                format!(
                    "a page of {} bytes; at most {} are supported: write smaller pages",
                    header.unpacked,
                    codec::LARGEST
                ),
            ));
        }
        self.check_values(&header)?;
        Ok(header)
    }

    /// Checks the number of values against what libraries take memory for.
    fn check_values(&self, header: &Header) -> Result<()> {
        let values = u64::from(header.values);
        if header.kind == DICTIONARY {
            // A value has at least one byte, or four of its length.
            if values > header.unpacked as u64 {
                return Err(
                    self.fail(format!("a dictionary of {values} values in {} bytes", header.unpacked))
                );
            }
        } else if header.kind == DATA || header.kind == DATA_V2 {
            if values > self.values_left {
                return Err(self.fail(format!("a page of {values} values, {} are left", self.values_left)));
            }
            // Lengths of texts are unpacked at once.
            if matches!(header.encoding, 6 | 7) && values > 64 * header.unpacked as u64 + 1024 {
                return Err(self.fail(format!("a page of {values} texts in {} bytes", header.unpacked)));
            }
        }
        Ok(())
    }

    fn page(&mut self, header: &Header) -> Result<Option<Page>> {
        // The claim was checked against the bytes of the chunk, which are in the file.
        let mut packed = vec![0; header.packed];
        let got = self.source.fill(&mut packed).map_err(wrapped)?;
        if got < packed.len() {
            return Err(truncated(&self.source, &self.column, format!("a page of {} bytes", packed.len())));
        }
        if let Some(expected) = header.crc {
            let mut crc = Crc::new();
            crc.update(&packed);
            if crc.sum() != expected {
                return Err(self.fail("the checksum of a page does not match its data"));
            }
        }
        if !matches!(header.kind, DATA | DATA_V2 | DICTIONARY) {
            // Index pages have no values.
            return Ok(None);
        }
        let encoding = encoding(header.encoding)
            .ok_or_else(|| self.fail(format!("encoding {} is unknown", header.encoding)))?;
        let level =
            |code: i64| encoding_of_levels(code).ok_or_else(|| self.fail("an unknown encoding of levels"));
        match header.kind {
            DATA => {
                let (def, rep) = (level(header.def_encoding)?, level(header.rep_encoding)?);
                let buf = self.unpack(packed, header.unpacked)?;
                self.count(header.values)?;
                Ok(Some(Page::DataPage {
                    buf: buf.into(),
                    num_values: header.values,
                    encoding,
                    def_level_encoding: def,
                    rep_level_encoding: rep,
                    statistics: None,
                }))
            }
            DATA_V2 => {
                let levels = (header.def_len as usize).saturating_add(header.rep_len as usize);
                if levels > packed.len().min(header.unpacked) {
                    return Err(self.fail(format!("levels of {levels} bytes in a page of {}", packed.len())));
                }
                let buf = if header.is_compressed && self.codec != Codec::None {
                    let values = self.unpack(packed[levels..].to_vec(), header.unpacked - levels)?;
                    packed.truncate(levels);
                    packed.extend(values);
                    packed
                } else {
                    packed
                };
                self.count(header.values)?;
                Ok(Some(Page::DataPageV2 {
                    buf: buf.into(),
                    num_values: header.values,
                    encoding,
                    num_nulls: header.nulls,
                    num_rows: header.rows,
                    def_levels_byte_len: header.def_len,
                    rep_levels_byte_len: header.rep_len,
                    is_compressed: false,
                    statistics: None,
                }))
            }
            _ => Ok(Some(Page::DictionaryPage {
                buf: self.unpack(packed, header.unpacked)?.into(),
                num_values: header.values,
                encoding,
                is_sorted: header.is_sorted,
            })),
        }
    }

    fn unpack(&self, packed: Vec<u8>, size: usize) -> Result<Vec<u8>> {
        if self.codec == Codec::None {
            return if packed.len() == size {
                Ok(packed)
            } else {
                Err(self.fail(format!("a page of {} bytes that promises {size}", packed.len())))
            };
        }
        // A page of nulls only has no values, and may have no bytes.
        if size == 0 {
            return Ok(Vec::new());
        }
        codec::unpack(self.codec, &packed, size)
            .map_err(|reason| self.fail(format!("a damaged page: {reason}")))
    }

    /// Counts values that are handed over.
    fn count(&mut self, values: u32) -> Result<()> {
        self.values_left = self.values_left.saturating_sub(values.into());
        let Some(counter) = &self.unpacked_values else { return Ok(()) };
        if counter.fetch_add(values.into(), Ordering::Relaxed) + u64::from(values) > LIST_VALUES {
            let reason = format!(
                "more than {LIST_VALUES} samples in one row or page; write a signal as a column of numbers, with a row per \
                 sample"
            );
            return Err(unsupported(&self.source, &self.column, reason));
        }
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        while let Some(header) = self.peek()? {
            self.header = None;
            self.source.skip(header.len as u64).map_err(wrapped)?;
            if let Some(page) = self.page(&header)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        Ok(self.peek()?.map(|header| PageMetadata {
            num_rows: (header.kind == DATA_V2).then_some(header.rows as usize),
            num_levels: matches!(header.kind, DATA | DATA_V2).then_some(header.values as usize),
            is_dict: header.kind == DICTIONARY,
        }))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        if let Some(header) = self.peek()? {
            self.header = None;
            if matches!(header.kind, DATA | DATA_V2) {
                self.values_left = self.values_left.saturating_sub(header.values.into());
            }
            self.source.skip((header.len + header.packed) as u64).map_err(wrapped)?;
        }
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> std::result::Result<Header, Problem> {
    let size = |value: i64| usize::try_from(value).map_err(|_| Problem::Bad("a negative size"));
    let count = |value: i64| u32::try_from(value).map_err(|_| Problem::Bad("a negative number"));
    let mut header = Header { kind: -1, encoding: -1, def_encoding: 3, rep_encoding: 3, ..Header::default() };
    header.is_compressed = true;
    let mut cursor = Compact::new(bytes);
    cursor.fields(0, &mut |cursor, id, kind| {
        let own = &mut header;
        match id {
            1 => own.kind = cursor.number(kind)?,
            2 => own.unpacked = size(cursor.number(kind)?)?,
            3 => own.packed = size(cursor.number(kind)?)?,
            4 => own.crc = Some(cursor.number(kind)? as u32),
            // A data page.
            5 => cursor.nested(kind, &mut |cursor, id, kind| {
                match id {
                    1 => own.values = count(cursor.number(kind)?)?,
                    2 => own.encoding = cursor.number(kind)?,
                    3 => own.def_encoding = cursor.number(kind)?,
                    4 => own.rep_encoding = cursor.number(kind)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            // A dictionary.
            7 => cursor.nested(kind, &mut |cursor, id, kind| {
                match id {
                    1 => own.values = count(cursor.number(kind)?)?,
                    2 => own.encoding = cursor.number(kind)?,
                    3 => own.is_sorted = Compact::boolean(kind)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            // A data page of the second version.
            8 => cursor.nested(kind, &mut |cursor, id, kind| {
                match id {
                    1 => own.values = count(cursor.number(kind)?)?,
                    2 => own.nulls = count(cursor.number(kind)?)?,
                    3 => own.rows = count(cursor.number(kind)?)?,
                    4 => own.encoding = cursor.number(kind)?,
                    5 => own.def_len = count(cursor.number(kind)?)?,
                    6 => own.rep_len = count(cursor.number(kind)?)?,
                    7 => own.is_compressed = Compact::boolean(kind)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    header.len = cursor.position();
    Ok(header)
}

fn encoding(code: i64) -> Option<Encoding> {
    Some(match code {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return None,
    })
}

fn encoding_of_levels(code: i64) -> Option<Encoding> {
    match code {
        3 => Some(Encoding::RLE),
        // The deprecated one of the oldest writers.
        #[expect(deprecated, reason = "old files have it")]
        4 => Some(Encoding::BIT_PACKED),
        // Writers state any encoding if there are no levels.
        _ => Some(Encoding::RLE),
    }
}

fn external(source: &Source, column: &str, reason: String) -> ParquetError {
    let place = Place::Byte(source.position());
    wrapped(Error::malformed(source.name(), place, format!("column '{column}': {reason}")))
}

fn unsupported(source: &Source, column: &str, reason: String) -> ParquetError {
    let place = Place::Byte(source.position());
    wrapped(Error::unsupported(source.name(), place, format!("column '{column}': {reason}")))
}

fn truncated(source: &Source, column: &str, reason: String) -> ParquetError {
    let len = source.len().unwrap_or(0);
    let reason = format!("column '{column}': {reason}, the file has {len} bytes");
    wrapped(Error::truncated(source.name(), source.position(), reason))
}

fn wrapped(error: Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
