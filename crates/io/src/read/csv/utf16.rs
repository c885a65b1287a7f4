//! Converts UTF-16 to UTF-8 as it arrives.

use crate::Result;
use crate::read::source::Source;
use std::io::{self, Read};

/// Returns the source as UTF-8 if its first bytes are UTF-16, with or without a byte order mark.
pub(super) fn decoded(mut source: Source) -> Result<Source> {
    let head = source.peek_some(4)?;
    let big_endian = match *head {
        [0xff, 0xfe, ..] => false,
        [0xfe, 0xff, ..] => true,
        // Tables begin with a character of ASCII.
        [0, a, 0, b, ..] if a != 0 && b != 0 => true,
        [a, 0, b, 0, ..] if a != 0 && b != 0 => false,
        _ => return Ok(source),
    };
    let name = source.name().to_owned();
    Ok(Source::from_read(
        name,
        Decoder { source, big_endian, unit: None, high: None, ready: Vec::new(), at: 0 },
    ))
}

struct Decoder {
    source: Source,
    big_endian: bool,
    /// The first byte of an incomplete code unit.
    unit: Option<u8>,
    /// The first half of a pair of surrogates.
    high: Option<u16>,
    ready: Vec<u8>,
    at: usize,
}

impl Decoder {
    fn take(&mut self, unit: u16) {
        let text = match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                char::decode_utf16([high, unit]).next().and_then(std::result::Result::ok)
            }
            (_, 0xd800..=0xdbff) => {
                self.high = Some(unit);
                return;
            }
            // A byte order mark is not part of the text.
            (_, 0xfeff) => return,
            _ => char::from_u32(unit.into()),
        };
        let text = text.unwrap_or(char::REPLACEMENT_CHARACTER);
        self.ready.extend_from_slice(text.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            self.ready.clear();
            self.at = 0;
            let mut block = [0; 8192];
            let got = self.source.read(&mut block)?;
            if got == 0 {
                return Ok(0);
            }
            for &byte in &block[..got] {
                let Some(first) = self.unit.take() else {
                    self.unit = Some(byte);
                    continue;
                };
                let pair = [first, byte];
                self.take(if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
            }
        }
        let count = buffer.len().min(self.ready.len() - self.at);
        buffer[..count].copy_from_slice(&self.ready[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
