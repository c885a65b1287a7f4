//! The table of formats: one [`Descriptor`] per format, from which detection, opening, names, help texts, error
//! hints and fuzz targets derive. A new format is one folder with its descriptor and one entry here.

#[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
use super::columnar;
#[cfg(not(target_arch = "wasm32"))]
use super::npz;
use super::reader::SignalReader;
use super::source::Source;
use super::{OpenOptions, aiff, au, audio, brainvision, compressed, csv, edf, npy, raw, sigmf, wav, wfdb};
use crate::{Error, Result};
use serde::{Serialize, Serializer};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// Bytes that suffice to distinguish the formats.
pub(super) const PEEK: usize = 4096;

/// The readers of one file.
pub(super) type Readers = Vec<Box<dyn SignalReader>>;

/// All properties of one format.
pub(super) struct Descriptor {
    /// Name in results and for `--input-format`.
    pub(super) name: &'static str,
    /// Other names that are accepted.
    pub(super) aliases: &'static [&'static str],
    /// Title in help texts and messages.
    pub(super) title: &'static str,
    /// Extensions that directories are searched for.
    pub(super) extensions: &'static [&'static str],
    /// Extensions that suffice where the user names the file.
    pub(super) named_extensions: &'static [&'static str],
    /// Whether the content (or the name, where it alone decides) is of this format.
    pub(super) detect: fn(&Head<'_>) -> Certainty,
    /// Opens a source that stands at its first byte.
    pub(super) open: fn(Source, &OpenOptions) -> Result<Readers>,
    /// Reads arbitrary bytes as this format to the end.
    pub(super) fuzz: fn(Format, &[u8]),
}

/// Input of the detection.
pub(super) struct Head<'a> {
    /// Its first bytes, at most [`PEEK`].
    pub(super) bytes: &'a [u8],
    pub(super) path: &'a Path,
    /// The extension in lower case.
    pub(super) extension: &'a str,
}

impl Head<'_> {
    /// Returns whether `tag` stands at byte `at`.
    pub(super) fn has(&self, at: usize, tag: &[u8]) -> bool {
        self.bytes.get(at..at + tag.len()) == Some(tag)
    }
}

/// How certain a detection is; the most certain format wins, the first one of equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// The content is something else.
    No,
    /// The content does not contradict the format. An extension counts more.
    Possible,
    /// The content has the format's signature.
    Signature,
    /// The name alone decides, whatever the content.
    Name,
}

impl Certainty {
    /// [`Certainty::Signature`] if `found`.
    pub(super) fn signature(found: bool) -> Self {
        if found { Self::Signature } else { Self::No }
    }
}

macro_rules! formats {
    ($($(#[doc = $doc:literal])* $(#[cfg($cfg:meta)])? $variant:ident => $descriptor:path,)*) => {
        /// A format that can be read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[doc = $doc])* $(#[cfg($cfg)])? $variant,)*
        }

        impl Format {
            const ALL: &'static [Self] = &[$($(#[cfg($cfg)])? Self::$variant),*];

            fn descriptor(self) -> &'static Descriptor {
                match self {
                    $($(#[cfg($cfg)])? Self::$variant => &$descriptor,)*
                }
            }
        }
    };
}

// A page's readers are downloaded before they can read: what is rare there and large is left out.
formats! {
    /// Headerless samples.
    Raw => raw::FORMAT,
    /// RIFF, RIFX, RF64 and BW64.
    Wav => wav::FORMAT,
    /// Sony Wave64.
    W64 => wav::W64,
    /// AIFF and AIFF-C.
    Aiff => aiff::FORMAT,
    /// Sun's and NeXT's audio files.
    Au => au::FORMAT,
    /// Free lossless audio codec.
    Flac => audio::FLAC,
    /// MPEG audio, layer III.
    Mp3 => audio::MP3,
    /// Ogg with Vorbis or FLAC inside.
    #[cfg(not(target_arch = "wasm32"))]
    Ogg => audio::OGG,
    /// One NumPy array.
    Npy => npy::FORMAT,
    /// A ZIP archive of NumPy arrays.
    #[cfg(not(target_arch = "wasm32"))]
    Npz => npz::FORMAT,
    /// Tables of text.
    Csv => csv::FORMAT,
    /// Apache Parquet.
    #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
    Parquet => columnar::PARQUET,
    /// Arrow IPC, as a file or a stream.
    #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
    Arrow => columnar::ARROW,
    /// European data format, 16 bits.
    Edf => edf::EDF,
    /// BioSemi data format, 24 bits.
    Bdf => edf::BDF,
    /// Header, binary samples and markers of EEG recordings.
    BrainVision => brainvision::FORMAT,
    /// PhysioNet's headers and files of samples.
    Wfdb => wfdb::FORMAT,
    /// Signal metadata format, with its samples.
    SigMf => sigmf::FORMAT,
}

impl Format {
    /// Returns every format.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// Returns the title, such as `Ogg Vorbis`.
    pub fn title(self) -> &'static str {
        self.descriptor().title
    }

    /// Extensions that directories are searched for.
    pub fn extensions(self) -> &'static [&'static str] {
        self.descriptor().extensions
    }

    /// Returns the format of a named file's extension. A directory is searched for [`Format::extensions`] only.
    pub fn from_extension(path: &Path) -> Option<Self> {
        let extension = compressed::inner_name(path).extension()?.to_str()?.to_ascii_lowercase();
        let has = |list: &[&str]| list.contains(&extension.as_str());
        Self::all().find(|f| has(f.descriptor().extensions) || has(f.descriptor().named_extensions))
    }

    /// Returns whether the search of a directory includes this file.
    pub(super) fn is_listed(path: &Path) -> bool {
        let inner = compressed::inner_name(path);
        let Some(extension) = inner.extension().and_then(|e| e.to_str()) else { return false };
        let extension = extension.to_ascii_lowercase();
        Self::all().any(|f| f.extensions().contains(&extension.as_str()))
    }

    /// Returns the format of the first bytes, with the name as a second opinion.
    pub(super) fn detect(bytes: &[u8], path: &Path) -> Option<Self> {
        let inner = compressed::inner_name(path);
        let extension = inner.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        let head = Head { bytes, path, extension: &extension };
        let mut best = (Certainty::No, None);
        for format in Self::all() {
            let certainty = (format.descriptor().detect)(&head);
            if certainty > best.0 {
                best = (certainty, Some(format));
            }
        }
        match best.0 {
            Certainty::Signature | Certainty::Name => best.1,
            Certainty::Possible | Certainty::No => Self::from_extension(path).or(best.1),
        }
    }

    /// Returns whether it is a table, whose sample rate may be in a column of times.
    pub fn is_table(self) -> bool {
        self == Self::Csv || self.has_groups()
    }

    /// Returns whether rows of the format can be grouped by a column ([`super::CsvOptions::by`]).
    pub(super) fn has_groups(self) -> bool {
        match self {
            #[cfg(all(feature = "columnar", not(target_arch = "wasm32")))]
            Self::Parquet | Self::Arrow => true,
            _ => false,
        }
    }

    /// Opens a source as this format.
    pub(super) fn open(self, source: Source, options: &OpenOptions) -> Result<Readers> {
        (self.descriptor().open)(source, options)
    }

    /// Reads arbitrary bytes as this format to the end.
    pub(super) fn fuzz(self, bytes: &[u8]) {
        (self.descriptor().fuzz)(self, bytes);
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.descriptor().name)
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let lower = text.to_ascii_lowercase();
        let named =
            |f: &Self| f.descriptor().name == lower || f.descriptor().aliases.contains(&lower.as_str());
        Self::all()
            .find(named)
            .ok_or_else(|| Error::argument("format", format!("unknown format '{text}', known: {}", names())))
    }
}

/// Returns the names of all formats, for help texts and messages: `raw, wav, …`.
pub fn names() -> String {
    Format::all().map(|f| f.to_string()).collect::<Vec<_>>().join(", ")
}

/// Returns the titles of all formats, for help texts and documents: `WAV, AIFF, … and SigMF`.
pub fn titles() -> String {
    let all: Vec<_> = Format::all().map(Format::title).collect();
    match all.split_last() {
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_extensions_belong_to_one_format_each() {
        let mut seen = BTreeSet::new();
        for format in Format::all() {
            let d = format.descriptor();
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
            for name in [d.name].iter().chain(d.aliases) {
                assert!(seen.insert(format!("name {name}")), "{name}");
            }
            for extension in d.extensions.iter().chain(d.named_extensions) {
                assert!(seen.insert((*extension).to_owned()), "{extension}");
                let path = format!("a.{}", extension.to_uppercase());
                assert_eq!(Format::from_extension(Path::new(&path)), Some(format));
            }
        }
    }
}
