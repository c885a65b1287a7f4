//! Compiled kernels, kept in memory and on disk.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Nvrtc;
use crate::calibrate::cache_dir;
use crate::whole_file::write_whole;

/// Source to compile: everything that the machine code depends on, except the architecture and the compiler.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KernelSource<'a> {
    /// Name of the file, for messages.
    pub(crate) name: &'a str,
    /// Its text.
    pub(crate) source: &'a str,
    /// Names and texts of the files that it includes.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// Options other than that of the architecture: `-D…`, ….
    pub(crate) options: &'a [String],
}

/// The cubins of one directory.
pub(crate) struct CubinCache {
    directory: Option<PathBuf>,
    known: Mutex<HashMap<u128, Arc<[u8]>>>,
}

/// First line of a cache file; its number changes with the format.
const MAGIC: &str = "rlx-fft cubin 1";

impl CubinCache {
    /// Returns the user's cache; without a directory it is only in memory.
    pub(crate) fn of_user() -> &'static Self {
        static CACHE: std::sync::OnceLock<CubinCache> = std::sync::OnceLock::new();
        CACHE.get_or_init(|| Self::in_directory(cache_dir().map(|d| d.join("kernels"))))
    }

    fn in_directory(directory: Option<PathBuf>) -> Self {
        Self { directory, known: Mutex::new(HashMap::new()) }
    }

    /// Returns the machine code of a source for an architecture, and compiles it if it is not cached.
    ///
    /// # Errors
    /// The compiler's log. A cache file that is corrupt or cannot be written is not an error: the source is compiled.
    pub(crate) fn cubin(
        &self,
        nvrtc: &Nvrtc,
        arch: u32,
        source: &KernelSource<'_>,
    ) -> Result<Arc<[u8]>, String> {
        let mut options = vec![format!("--gpu-architecture=sm_{arch}")];
        options.extend_from_slice(source.options);
        let (major, minor) = nvrtc.version();
        let key = key(source, &options, (major, minor));
        self.get_or_make(key, || nvrtc.cubin(source.name, source.source, source.headers, &options))
    }

    fn get_or_make(
        &self,
        key: u128,
        make: impl FnOnce() -> Result<Vec<u8>, String>,
    ) -> Result<Arc<[u8]>, String> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(&key) {
            return Ok(found.clone());
        }
        let path = self.directory.as_ref().map(|d| d.join(format!("{key:032x}.cubin")));
        let cubin: Arc<[u8]> = match path.as_deref().and_then(|p| read(p, key)) {
            Some(found) => found.into(),
            None => {
                let made = make()?;
                if let Some(path) = &path {
                    // If the cache cannot be written, the next process compiles again; nothing else changes.
                    let _ = write_whole(path, &file(key, &made));
                }
                made.into()
            }
        };
        known().insert(key, cubin.clone());
        Ok(cubin)
    }
}

/// Returns 128 bits of FNV-1a; each string is preceded by its length, so that different lists differ.
fn key(source: &KernelSource<'_>, options: &[String], version: (i32, i32)) -> u128 {
    let mut hash = Fnv::default();
    let mut add = |text: &str| {
        hash.bytes(&(text.len() as u64).to_le_bytes());
        hash.bytes(text.as_bytes());
    };
    add(MAGIC);
    add(&format!("{version:?}"));
    add(source.name);
    add(source.source);
    for (name, text) in source.headers {
        add(name);
        add(text);
    }
    options.iter().for_each(|o| add(o));
    hash.0
}

struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = (self.0 ^ u128::from(b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}

fn header(key: u128, cubin: &[u8]) -> String {
    let mut sum = Fnv::default();
    sum.bytes(cubin);
    let mut text = String::new();
    let _ = writeln!(text, "{MAGIC}\n{key:032x}\n{:032x} {}", sum.0, cubin.len());
    text
}

fn file(key: u128, cubin: &[u8]) -> Vec<u8> {
    [header(key, cubin).as_bytes(), cubin].concat()
}

/// Returns the machine code of a file whose header has the same key, length and checksum; `None` for any other file.
fn read(path: &Path, key: u128) -> Option<Vec<u8>> {
    let bytes = fs::read(path).ok()?;
    let mut line_ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at);
    let body = line_ends.nth(2)? + 1;
    let cubin = &bytes[body..];
    (header(key, cubin).as_bytes() == &bytes[..body]).then(|| cubin.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_on_disk_and_never_trusted_blindly() {
        let directory = std::env::temp_dir().join(format!("rlx-cubins-{}", std::process::id()));
        let made = |cache: &CubinCache, key| {
            let mut calls = 0;
            let cubin = cache.get_or_make(key, || {
                calls += 1;
                Ok(b"\x7fELF machine\ncode\n".to_vec())
            });
            assert_eq!(&*cubin.unwrap(), b"\x7fELF machine\ncode\n");
            calls
        };
        let fresh = || CubinCache::in_directory(Some(directory.clone()));
        let cache = fresh();
        assert_eq!((made(&cache, 7), made(&cache, 7)), (1, 0));
        assert_eq!(made(&fresh(), 7), 0, "found on disk");
        let path = directory.join(format!("{:032x}.cubin", 7));
        let whole = fs::read(&path).unwrap();
        for broken in [&whole[..whole.len() - 1], b"", b"\n\n\n", &[&whole[..], b"x"].concat()] {
            fs::write(&path, broken).unwrap();
            assert_eq!(made(&fresh(), 7), 1, "compiled again");
            assert_eq!(fs::read(&path).unwrap(), whole, "and written again");
        }
        // The file of another kernel under this kernel's name.
        fs::write(directory.join(format!("{:032x}.cubin", 8)), &whole).unwrap();
        assert_eq!(made(&fresh(), 8), 1);
        assert_eq!(made(&CubinCache::in_directory(None), 7), 1, "no directory is no error");
        assert!(fresh().get_or_make(9, || Err("log".to_owned())).is_err());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 2, "no leftovers");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn the_key_depends_on_everything() {
        let base = KernelSource { name: "a.cu", source: "x", headers: &[("h", "t")], options: &[] };
        let options = |n: u32| vec![format!("--gpu-architecture=sm_{n}")];
        let keys = [
            key(&base, &options(90), (13, 0)),
            key(&base, &options(100), (13, 0)),
            key(&base, &options(90), (12, 8)),
            key(&KernelSource { source: "y", ..base }, &options(90), (13, 0)),
            key(&KernelSource { headers: &[("h", "u")], ..base }, &options(90), (13, 0)),
            key(&KernelSource { headers: &[("ht", "")], ..base }, &options(90), (13, 0)),
        ];
        for (i, a) in keys.iter().enumerate() {
            assert!(keys[i + 1..].iter().all(|b| a != b));
        }
    }
}
