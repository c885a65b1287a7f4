//! Unpacks pages and buffers. Memory grows with the data, never by a claim alone.

use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Largest unpacked piece: a page of Parquet, or the buffers of one record batch.
pub(super) const LARGEST: usize = 256 << 20;

/// Compression of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    None,
    Snappy,
    Gzip,
    Zstd,
    /// Blocks without a frame.
    Lz4Block,
    /// Blocks with lengths before them, as Hadoop writes them; some writers omit the lengths.
    Lz4Hadoop,
    Lz4Frame,
}

/// Unpacks `packed` to exactly `size` bytes.
pub(super) fn unpack(codec: Codec, packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    if size > LARGEST {
        return Err(format!(
            "{size} bytes in one piece; at most {LARGEST} are supported: write smaller pages or record batches"
        ));
    }
    let unpacked = match codec {
        Codec::None => packed.to_vec(),
        Codec::Snappy => snappy(packed, size)?,
        Codec::Gzip => grown(MultiGzDecoder::new(packed), size)?,
        Codec::Zstd => zstd(packed, size)?,
        Codec::Lz4Block => lz4_block(packed, size)?,
        Codec::Lz4Hadoop => hadoop(packed, size).or_else(|_| lz4_block(packed, size))?,
        Codec::Lz4Frame => grown(lz4_flex::frame::FrameDecoder::new(packed), size)?,
    };
    if unpacked.len() != size {
        return Err(format!("{size} bytes are promised, {} were unpacked", unpacked.len()));
    }
    Ok(unpacked)
}

/// Reads at most one byte more than `size`.
fn grown(stream: impl Read, size: usize) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    stream.take(size as u64 + 1).read_to_end(&mut unpacked).map_err(|e| e.to_string())?;
    Ok(unpacked)
}

/// Returns an error if `size` is more than a codec can make of the packed bytes.
fn plausible(packed: &[u8], size: usize, ratio: usize) -> Result<(), String> {
    if size / ratio > packed.len() {
        return Err(format!("{} bytes cannot be {size} bytes unpacked", packed.len()));
    }
    Ok(())
}

fn snappy(packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    // A copy of three bytes yields at most 64.
    plausible(packed, size, 24)?;
    let own = snap::raw::decompress_len(packed).map_err(|e| e.to_string())?;
    if own != size {
        return Err(format!("{size} bytes are promised, the page itself says {own}"));
    }
    snap::raw::Decoder::new().decompress_vec(packed).map_err(|e| e.to_string())
}

fn zstd(packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let mut rest = packed;
    let mut unpacked = Vec::new();
    while !rest.is_empty() && unpacked.len() <= size {
        let decoder = ruzstd::decoding::StreamingDecoder::new(&mut rest).map_err(|e| e.to_string())?;
        let left = (size - unpacked.len()) as u64 + 1;
        decoder.take(left).read_to_end(&mut unpacked).map_err(|e| e.to_string())?;
    }
    Ok(unpacked)
}

fn lz4_block(packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    plausible(packed, size, 256)?;
    let mut unpacked = vec![0; size];
    let got = lz4_flex::block::decompress_into(packed, &mut unpacked).map_err(|e| e.to_string())?;
    unpacked.truncate(got);
    Ok(unpacked)
}

fn hadoop(mut packed: &[u8], size: usize) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    while let Some((head, rest)) = packed.split_first_chunk::<8>() {
        let [a, b, c, d, e, f, g, h] = *head;
        let own = u32::from_be_bytes([a, b, c, d]) as usize;
        let block = rest.get(..u32::from_be_bytes([e, f, g, h]) as usize).ok_or("a block that is cut")?;
        if own > size - unpacked.len() {
            return Err("blocks of more bytes than promised".into());
        }
        unpacked.extend(lz4_block(block, own)?);
        packed = &rest[block.len()..];
    }
    if packed.is_empty() { Ok(unpacked) } else { Err("bytes after the last block".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_checked_before_memory_is_taken() {
        for codec in [
            Codec::None,
            Codec::Snappy,
            Codec::Gzip,
            Codec::Zstd,
            Codec::Lz4Block,
            Codec::Lz4Hadoop,
            Codec::Lz4Frame,
        ] {
            for size in [1, LARGEST, LARGEST + 1, usize::MAX] {
                assert!(unpack(codec, b"\x01\x02\x03", size).is_err(), "{codec:?} {size}");
            }
        }
        assert_eq!(unpack(Codec::None, b"abc", 3).unwrap(), b"abc");
    }

    #[test]
    fn hadoop_blocks_follow_each_other() {
        let mut packed = Vec::new();
        for text in [&b"abcdabcdabcdabcdabcdabc"[..], b"xyzwxyzwxyzwxyzwxyzwxyz"] {
            let block = lz4_flex::block::compress(text);
            packed.extend((text.len() as u32).to_be_bytes());
            packed.extend((block.len() as u32).to_be_bytes());
            packed.extend(block);
        }
        let all = b"abcdabcdabcdabcdabcdabcxyzwxyzwxyzwxyzwxyzwxyz";
        assert_eq!(unpack(Codec::Lz4Hadoop, &packed, all.len()).unwrap(), all);
        let bare = lz4_flex::block::compress(all);
        assert_eq!(unpack(Codec::Lz4Hadoop, &bare, all.len()).unwrap(), all);
    }
}
