//! Unpacks compressed bodies: each buffer is compressed by itself, behind its length.

use super::super::codec::{self, Codec};
use arrow_buffer::Buffer;
use arrow_ipc as ipc;
use flatbuffers::FlatBufferBuilder;

/// The description of a record batch whose buffers are not compressed, and these buffers.
pub(super) struct Plain {
    length: i64,
    nodes: Vec<ipc::FieldNode>,
    places: Vec<ipc::Buffer>,
    counts: Option<Vec<i64>>,
    pub(super) body: Buffer,
}

/// Returns the record batch with its buffers unpacked; `None` if they are not compressed.
///
/// Errors: buffers outside the body, unpacked lengths that the data do not have, more than [`codec::LARGEST`] bytes.
pub(super) fn unpacked(batch: ipc::RecordBatch<'_>, body: &Buffer) -> Result<Option<Plain>, String> {
    let buffers = batch.buffers().ok_or("a record batch without buffers")?;
    for buffer in buffers {
        piece(buffer, body)?;
    }
    let Some(compression) = batch.compression() else { return Ok(None) };
    let codec = match compression.codec() {
        ipc::CompressionType::LZ4_FRAME => Codec::Lz4Frame,
        ipc::CompressionType::ZSTD => Codec::Zstd,
        other => return Err(format!("compression {} is not supported", other.0)),
    };
    let mut plain: Vec<u8> = Vec::new();
    let mut places = Vec::new();
    for buffer in buffers {
        let packed = piece(buffer, body)?;
        let start = plain.len();
        if let Some((length, data)) = packed.split_first_chunk::<8>() {
            match i64::from_le_bytes(*length) {
                -1 => plain.extend(data),
                length => {
                    let size = usize::try_from(length).map_err(|_| format!("a buffer of {length} bytes"))?;
                    if size > codec::LARGEST - start.min(codec::LARGEST) {
                        return Err(format!(
                            "a record batch of more than {} bytes unpacked: write smaller record batches, or uncompressed ones",
                            codec::LARGEST
                        ));
                    }
                    plain.extend(codec::unpack(codec, data, size)?);
                }
            }
        } else if !packed.is_empty() {
            return Err("a compressed buffer without its length".into());
        }
        places.push(ipc::Buffer::new(start as i64, (plain.len() - start) as i64));
        plain.resize(plain.len().next_multiple_of(64), 0);
    }
    Ok(Some(Plain {
        length: batch.length(),
        nodes: batch.nodes().into_iter().flatten().copied().collect(),
        places,
        counts: batch.variadicBufferCounts().map(|counts| counts.iter().collect()),
        body: Buffer::from_vec(plain),
    }))
}

/// Returns the bytes of a buffer.
fn piece<'a>(buffer: &ipc::Buffer, body: &'a Buffer) -> Result<&'a [u8], String> {
    let range = usize::try_from(buffer.offset())
        .ok()
        .zip(usize::try_from(buffer.length()).ok())
        .and_then(|(offset, length)| body.as_slice().get(offset..offset.checked_add(length)?));
    range.ok_or_else(|| {
        format!(
            "a buffer of {} bytes at {} in a body of {} bytes",
            buffer.length(),
            buffer.offset(),
            body.len()
        )
    })
}

impl Plain {
    /// Returns a message with this record batch, or with the dictionary of this number that it contains.
    pub(super) fn message(&self, dictionary: Option<(i64, bool)>) -> Vec<u8> {
        let mut out = FlatBufferBuilder::new();
        let args = ipc::RecordBatchArgs {
            length: self.length,
            nodes: Some(out.create_vector(&self.nodes)),
            buffers: Some(out.create_vector(&self.places)),
            compression: None,
            variadicBufferCounts: self.counts.as_ref().map(|counts| out.create_vector(counts)),
        };
        let batch = ipc::RecordBatch::create(&mut out, &args);
        let (header_type, header) = match dictionary {
            None => (ipc::MessageHeader::RecordBatch, batch.as_union_value()),
            Some((id, is_delta)) => {
                let args = ipc::DictionaryBatchArgs { id, data: Some(batch), isDelta: is_delta };
                let dictionary = ipc::DictionaryBatch::create(&mut out, &args);
                (ipc::MessageHeader::DictionaryBatch, dictionary.as_union_value())
            }
        };
        let args = ipc::MessageArgs {
            version: ipc::MetadataVersion::V5,
            header_type,
            header: Some(header),
            bodyLength: 0,
            custom_metadata: None,
        };
        let message = ipc::Message::create(&mut out, &args);
        out.finish(message, None);
        out.finished_data().to_vec()
    }
}
