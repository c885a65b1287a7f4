//! The entries of the formats that are decoded here.

use crate::read::format::{Certainty, Descriptor, Head};
use crate::read::{Format, fuzz};

/// Free lossless audio codec.
pub(in crate::read) static FLAC: Descriptor = Descriptor {
    name: "flac",
    aliases: &[],
    title: "FLAC",
    extensions: &["flac"],
    named_extensions: &[],
    detect: |head| Certainty::signature(behind_id3(head).starts_with(b"fLaC")),
    open: |source, options| Ok(vec![super::open(source, Format::Flac, options)?]),
    fuzz: fuzz::plain,
};

/// MPEG audio, layer III.
pub(in crate::read) static MP3: Descriptor = Descriptor {
    name: "mp3",
    aliases: &[],
    title: "MP3",
    extensions: &["mp3"],
    named_extensions: &[],
    detect: |head| match head.bytes {
        [b'I', b'D', b'3', ..] if head.extension != "flac" => Certainty::Signature,
        bytes if is_mp3_frame(bytes) => Certainty::Possible,
        _ => Certainty::No,
    },
    open: |source, options| Ok(vec![super::open(source, Format::Mp3, options)?]),
    fuzz: fuzz::plain,
};

/// Ogg with Vorbis or FLAC inside.
#[cfg(not(target_arch = "wasm32"))]
pub(in crate::read) static OGG: Descriptor = Descriptor {
    name: "ogg",
    aliases: &["vorbis"],
    title: "Ogg Vorbis",
    extensions: &["ogg", "oga"],
    named_extensions: &[],
    detect: |head| Certainty::signature(head.has(0, b"OggS")),
    open: |source, options| Ok(vec![super::open(source, Format::Ogg, options)?]),
    fuzz: fuzz::plain,
};

/// Returns the bytes after an ID3 tag, which some programs write before other formats than MP3.
pub(in crate::read) fn behind_id3<'a>(head: &Head<'a>) -> &'a [u8] {
    let [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] = *head.bytes else { return head.bytes };
    let len = [a, b, c, d].iter().fold(0usize, |len, byte| len << 7 | usize::from(byte & 0x7f));
    head.bytes.get(10 + len..).unwrap_or_default()
}

/// Sync word of MPEG audio, layer III, with a possible bit rate and sample rate.
fn is_mp3_frame(head: &[u8]) -> bool {
    matches!(head, [0xff, b1, b2, ..] if b1 & 0xe6 == 0xe2 && b1 & 0x18 != 0x08
        && b2 >> 4 != 15 && b2 >> 4 != 0 && (b2 >> 2) & 3 != 3)
}
