//! Helpers of the reader tests.
#![allow(dead_code, unreachable_pub, reason = "every test uses some of them")]
#![allow(clippy::allow_attributes, reason = "dead code depends on the test")]

pub mod edf;

use rlx_io::read::{Chunk, OpenOptions, SignalReader, Source, open_source};
use rlx_io::{Error, Result};

pub type Reader = Box<dyn SignalReader>;

/// Opens bytes under a name that gives the extension.
pub fn open_bytes(name: &str, bytes: &[u8], options: &OpenOptions) -> Result<Vec<Reader>> {
    open_source(Source::from_bytes(name, bytes), options)
}

/// The only signal of bytes that hold one.
pub fn open_one(name: &str, bytes: &[u8], options: &OpenOptions) -> Reader {
    let mut all = open_bytes(name, bytes, options).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// Everything a reader gives before its end or its first error; gaps by the position they came at.
pub struct Everything {
    pub planes: Vec<Vec<f64>>,
    pub gaps: Vec<usize>,
    pub error: Option<Error>,
}

pub fn read_all(reader: &mut Reader, block: usize) -> Everything {
    let count = reader.info().planes();
    let mut block_planes = vec![Vec::new(); count];
    let mut all = Everything { planes: vec![Vec::new(); count], gaps: Vec::new(), error: None };
    loop {
        match reader.read_f64(&mut block_planes, block) {
            Ok(Chunk::Data(frames)) => {
                assert!(frames > 0 && frames <= block);
                for (plane, new) in all.planes.iter_mut().zip(&block_planes) {
                    assert_eq!(new.len(), frames);
                    plane.extend(new);
                }
            }
            Ok(Chunk::Gap { .. }) => all.gaps.push(all.planes.first().map_or(0, Vec::len)),
            Ok(Chunk::End) => break,
            Err(error) => {
                all.error = Some(error);
                assert_eq!(reader.read_f64(&mut block_planes, block).unwrap(), Chunk::End);
                break;
            }
        }
    }
    assert_eq!(reader.read_f64(&mut block_planes, block).unwrap(), Chunk::End);
    all
}

/// Everything of the only signal, which must be whole; the same in single precision and in other blocks.
pub fn read_whole(name: &str, bytes: &[u8], options: &OpenOptions) -> Vec<Vec<f64>> {
    let mut reader = open_one(name, bytes, options);
    let all = read_all(&mut reader, 1 << 16);
    assert!(all.error.is_none(), "{:?}", all.error);
    if let Some(frames) = reader.info().frames {
        assert_eq!(frames, all.planes[0].len() as u64);
    }
    let small = read_all(&mut open_one(name, bytes, options), 7);
    assert_eq!(bits(&small.planes), bits(&all.planes));
    let mut single = open_one(name, bytes, options);
    let mut planes = vec![Vec::new(); all.planes.len()];
    let mut at = 0;
    while let Chunk::Data(frames) = single.read_f32(&mut planes, 1000).unwrap() {
        for (plane, whole) in planes.iter().zip(&all.planes) {
            for (narrow, wide) in plane.iter().zip(&whole[at..at + frames]) {
                assert_eq!(narrow.to_bits(), (*wide as f32).to_bits());
            }
        }
        at += frames;
    }
    assert_eq!(at, all.planes[0].len());
    all.planes
}

pub fn bits(planes: &[Vec<f64>]) -> Vec<Vec<u64>> {
    planes.iter().map(|plane| plane.iter().map(|v| v.to_bits()).collect()).collect()
}

/// Opens and reads every prefix: errors are welcome, panics are not.
pub fn every_prefix(name: &str, bytes: &[u8], options: &OpenOptions) {
    for cut in 0..bytes.len() {
        if let Ok(readers) = open_bytes(name, &bytes[..cut], options) {
            for mut reader in readers {
                read_all(&mut reader, 100);
            }
        }
    }
}
