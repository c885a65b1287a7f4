//! Formats that are recognised but not supported, with hints for the user.

use std::path::Path;

/// A format: its first bytes, its extensions if it has no signature, and a hint.
struct Unread {
    title: &'static str,
    signature: fn(&[u8]) -> bool,
    /// Used only for formats without a signature.
    extensions: &'static [&'static str],
    hint: &'static str,
}

fn tag(head: &[u8], at: usize, tag: &[u8]) -> bool {
    head.get(at..at + tag.len()) == Some(tag)
}

fn never(_: &[u8]) -> bool {
    false
}

const FFMPEG: &str = "convert it, for example with `ffmpeg -i FILE out.wav`";
const MNE: &str = "convert it to EDF or BrainVision, for example with MNE's `raw.export`";

const UNREAD: &[Unread] = &[
    Unread {
        title: "Opus",
        signature: |head| tag(head, 0, b"OggS") && head.windows(8).any(|w| w == b"OpusHead"),
        extensions: &["opus"],
        hint: FFMPEG,
    },
    Unread {
        title: "Speex",
        signature: |head| tag(head, 0, b"OggS") && head.windows(8).any(|w| w == b"Speex   "),
        extensions: &["spx"],
        hint: FFMPEG,
    },
    Unread {
        title: "MATLAB (MAT-file 5)",
        signature: |head| tag(head, 0, b"MATLAB 5.0 MAT-file"),
        extensions: &[],
        hint: "save the arrays as NPY or NPZ: `numpy.savez(out, **scipy.io.loadmat(file))`, or as CSV with MATLAB's `writematrix`",
    },
    Unread {
        title: "HDF5 (MATLAB 7.3, NetCDF 4, NWB, …)",
        signature: |head| tag(head, 0, b"\x89HDF\r\n\x1a\n") || tag(head, 512, b"\x89HDF\r\n\x1a\n"),
        extensions: &["h5", "hdf5", "nwb"],
        hint: "save the arrays as NPY or NPZ, for example with h5py and `numpy.save`",
    },
    Unread {
        title: "MATLAB",
        signature: |head| tag(head, 0, b"MATLAB 7.3 MAT-file"),
        extensions: &["mat"],
        hint: "save the arrays as NPY or NPZ, for example with h5py or scipy.io and `numpy.savez`",
    },
    Unread {
        title: "MP4, M4A or QuickTime",
        signature: |head| tag(head, 4, b"ftyp"),
        extensions: &["m4a", "mp4", "mov"],
        hint: FFMPEG,
    },
    Unread {
        title: "Matroska or WebM",
        signature: |head| tag(head, 0, b"\x1a\x45\xdf\xa3"),
        extensions: &["mkv", "webm", "mka"],
        hint: FFMPEG,
    },
    Unread {
        title: "Windows Media (ASF)",
        signature: |head| tag(head, 0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
        extensions: &["wma", "wmv"],
        hint: FFMPEG,
    },
    Unread {
        title: "Core Audio (CAF)",
        signature: |head| tag(head, 0, b"caff"),
        extensions: &["caf"],
        hint: FFMPEG,
    },
    Unread { title: "WavPack", signature: |head| tag(head, 0, b"wvpk"), extensions: &["wv"], hint: FFMPEG },
    Unread {
        title: "Monkey's Audio",
        signature: |head| tag(head, 0, b"MAC "),
        extensions: &["ape"],
        hint: FFMPEG,
    },
    Unread {
        title: "AAC (ADTS)",
        signature: |head| matches!(head, [0xff, b1, ..] if b1 & 0xf6 == 0xf0),
        extensions: &["aac"],
        hint: FFMPEG,
    },
    Unread {
        title: "Excel workbook",
        signature: |head| {
            (tag(head, 0, b"PK\x03\x04") && head.windows(19).any(|w| w == b"[Content_Types].xml"))
                || tag(head, 0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
        },
        extensions: &["xlsx", "xls", "ods"],
        hint: "save the sheet as CSV",
    },
    #[cfg(not(all(feature = "columnar", not(target_arch = "wasm32"))))]
    Unread {
        title: "Apache Parquet",
        signature: |head| tag(head, 0, b"PAR1"),
        extensions: &["parquet"],
        hint: "this build is without the feature `columnar`; save the columns as CSV or NPY",
    },
    #[cfg(not(all(feature = "columnar", not(target_arch = "wasm32"))))]
    Unread {
        title: "Arrow IPC",
        signature: |head| tag(head, 0, b"ARROW1"),
        extensions: &["arrow", "feather"],
        hint: "this build is without the feature `columnar`; save the columns as CSV or NPY",
    },
    Unread {
        title: "Feather, version 1",
        signature: |head| tag(head, 0, b"FEA1"),
        extensions: &[],
        hint: "write version 2, for example with pyarrow's `write_feather`",
    },
    Unread {
        title: "TDMS (LabVIEW)",
        signature: |head| tag(head, 0, b"TDSm"),
        extensions: &["tdms"],
        hint: "save the channels as CSV or NPY, for example with npTDMS",
    },
    Unread { title: "GDF", signature: |head| tag(head, 0, b"GDF "), extensions: &["gdf"], hint: MNE },
    Unread { title: "Elekta/MEGIN FIF", signature: never, extensions: &["fif"], hint: MNE },
    Unread { title: "EEGLAB", signature: never, extensions: &["set", "fdt"], hint: MNE },
    Unread {
        title: "Neuroscan CNT",
        signature: |head| tag(head, 0, b"Version 3.0"),
        extensions: &["cnt"],
        hint: MNE,
    },
    Unread {
        title: "bzip2",
        signature: |head| tag(head, 0, b"BZh") && tag(head, 4, b"1AY&SY"),
        extensions: &["bz2"],
        hint: "unpack it first: `bzip2 -dc FILE | rlx-fft … -`",
    },
    Unread {
        title: "xz",
        signature: |head| tag(head, 0, b"\xfd7zXZ\0"),
        extensions: &["xz"],
        hint: "unpack it first: `xz -dc FILE | rlx-fft … -`",
    },
    Unread {
        title: "PDF",
        signature: |head| tag(head, 0, b"%PDF-"),
        extensions: &["pdf"],
        hint: "it holds no samples",
    },
    Unread {
        title: "a picture",
        signature: |head| {
            tag(head, 0, b"\x89PNG\r\n") || tag(head, 0, b"\xff\xd8\xff") || tag(head, 0, b"GIF8")
        },
        extensions: &[],
        hint: "it holds no samples",
    },
    Unread {
        title: "HTML",
        signature: |head| {
            let start = head.trim_ascii_start();
            let start = &start[..start.len().min(15)];
            start.to_ascii_lowercase().starts_with(b"<!doctype html")
                || start.to_ascii_lowercase().starts_with(b"<html")
        },
        extensions: &[],
        hint: "perhaps the page of a failed download",
    },
];

/// Returns the hint for unsupported content; `None` for other content.
pub(super) fn by_content(head: &[u8]) -> Option<String> {
    UNREAD.iter().find(|format| (format.signature)(head)).map(Unread::text)
}

/// Returns the hint for the name of an unsupported format; `None` for other names.
pub(super) fn by_name(path: &Path) -> Option<String> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    UNREAD.iter().find(|format| format.extensions.contains(&extension.as_str())).map(Unread::text)
}

impl Unread {
    fn text(&self) -> String {
        format!("{} is not supported: {}", self.title, self.hint)
    }
}

#[cfg(test)]
mod tests {
    use super::{by_content, by_name};
    use std::path::Path;

    #[test]
    fn formats_are_named_by_content_and_by_extension() {
        let of = |bytes: &[u8]| by_content(bytes).unwrap_or_default();
        assert!(of(b"MATLAB 5.0 MAT-file, Platform").starts_with("MATLAB"));
        assert!(of(b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead").starts_with("Opus"));
        assert!(of(b"\0\0\0\x20ftypM4A ").contains("ffmpeg"));
        assert!(of(b"  <!DOCTYPE html><html>").contains("download"));
        assert!(by_name(Path::new("x.FIF")).unwrap_or_default().contains("EDF"));
        for bytes in [&b"RIFF....WAVE"[..], b"1,2\n3,4\n", b"\xff\xfb\x90\0"] {
            assert_eq!(by_content(bytes), None);
        }
        assert_eq!(by_name(Path::new("a.csv")), None);
    }
}
