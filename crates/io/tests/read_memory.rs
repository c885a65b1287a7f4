//! Headers that claim gigabytes allocate no more than the small files that they stand in.

mod common;

use common::open_bytes;
use rlx_io::read::{Chunk, Format, OpenOptions};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator with the largest total that was held at once.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that opening and reading held at once, beyond what was held before.
fn peak(name: &str, bytes: &[u8], options: &OpenOptions) -> usize {
    let before = HELD.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    if let Ok(readers) = open_bytes(name, bytes, options) {
        for mut reader in readers {
            let mut planes = vec![Vec::new(); reader.info().planes()];
            while matches!(reader.read_f64(&mut planes, usize::MAX), Ok(Chunk::Data(_) | Chunk::Gap { .. })) {
            }
        }
    }
    MOST.load(Ordering::Relaxed) - before
}

/// One test, for the counters are the process's.
#[test]
fn claims_allocate_nothing() {
    const LIMIT: usize = 8 << 20;
    let big = u32::MAX.to_le_bytes();
    let mut lies: Vec<(&str, Vec<u8>)> = Vec::new();

    let mut wav =
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\xff\xff\x80\xbb\0\0\0\0\0\0\0\0\x20\0data".to_vec();
    wav.extend(0xffff_fff0u32.to_le_bytes());
    wav.extend([0; 100]);
    lies.push(("a.wav", wav.clone()));
    wav[16..20].copy_from_slice(&big);
    lies.push(("a.wav", wav));
    lies.push((
        "a.aiff",
        b"FORM\xff\xff\xff\xffAIFFCOMM\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\0\x20".to_vec(),
    ));

    for shape in ["(4000000000000,)", "(65536, 65536)", "(4000000000, 0)", "(0, 4000000000)", "(1000000, 1)"]
    {
        for (order, descr) in [("False", "<c16"), ("True", "<f4")] {
            let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
            let mut npy = b"\x93NUMPY\x02\x00".to_vec();
            npy.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            npy.extend(text.bytes());
            npy.extend([0; 64]);
            lies.push(("a.npy", npy));
        }
    }
    lies.push(("a.npy", [b"\x93NUMPY\x02\x00".as_slice(), &big].concat()));

    let data =
        |name: &str| std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut edf = data("plain.edf");
    edf[236..244].copy_from_slice(b"99999999");
    edf[252..256].copy_from_slice(b"9999");
    lies.push(("a.edf", edf.clone()));
    edf[252..256].copy_from_slice(b"4   ");
    let samples = 256 + 4 * (16 + 80 + 8 * 5 + 80);
    edf[samples..samples + 8].copy_from_slice(b"99999999");
    lies.push(("a.edf", edf));

    // The count of entries and the sizes of an archive.
    for at in 0..22 {
        let mut npz = data("stored.npz");
        let end = npz.len() - 22 + at;
        npz[end] = 0xff;
        lies.push(("a.npz", npz));
    }
    for name in ["pcm16.flac", "vorbis.ogg", "lame.mp3", "ima.wav"] {
        let whole = data(name);
        for at in 0..200.min(whole.len()) {
            let mut bytes = whole.clone();
            bytes[at] = 0xff;
            lies.push((name, bytes));
        }
    }

    for (name, bytes) in &lies {
        let held = peak(name, bytes, &OpenOptions::default());
        assert!(
            held < LIMIT,
            "{name} of {} bytes held {held}: {:?}",
            bytes.len(),
            &bytes[..bytes.len().min(80)]
        );
    }
    // A stream has no length to compare a claim with.
    let options = OpenOptions { format: Some(Format::Npy), ..Default::default() };
    for (_, bytes) in lies.iter().filter(|(name, _)| *name == "a.npy") {
        let before = HELD.load(Ordering::Relaxed);
        MOST.store(before, Ordering::Relaxed);
        let source = rlx_io::read::Source::from_read("-", std::io::Cursor::new(bytes.clone()));
        if let Ok(readers) = rlx_io::read::open_source(source, &options) {
            for mut reader in readers {
                let mut planes = vec![Vec::new(); reader.info().planes()];
                while matches!(reader.read_f32(&mut planes, 1 << 20), Ok(Chunk::Data(_) | Chunk::Gap { .. }))
                {
                }
            }
        }
        let held = MOST.load(Ordering::Relaxed) - before;
        assert!(held < 4 * LIMIT, "{held}");
    }
}
