//! NPZ: a ZIP archive of NPY files, stored uncompressed as `numpy.savez` does.

use super::{NamedArray, npy_bytes};
use std::io::{self, Write};

/// 1980-01-01 00:00, the earliest time of ZIP: equal input gives equal bytes.
const DATE: u16 = 0x21;

/// Writes members in sequence, then the directory.
pub(super) struct NpzWriter {
    directory: Vec<u8>,
    offset: u64,
    members: u16,
}

impl NpzWriter {
    pub(super) fn new() -> Self {
        Self { directory: Vec::new(), offset: 0, members: 0 }
    }

    /// Writes one array as `name.npy`.
    ///
    /// Fails if the archive would exceed the limits of ZIP, 4 GiB or 65,535 members.
    pub(super) fn add(&mut self, out: &mut dyn Write, array: &NamedArray<'_>) -> io::Result<()> {
        let data = npy_bytes(array);
        let name = format!("{}.npy", array.name);
        let too_large = || io::Error::other("an NPZ holds at most 4 GiB: write one source at a time, or NPY");
        let too_many = || {
            io::Error::other(format!(
                "an NPZ holds at most {} arrays: write fewer sources at a time",
                u16::MAX
            ))
        };
        let members = self.members.checked_add(1).ok_or_else(too_many)?;
        let size = u32::try_from(data.len()).map_err(|_| too_large())?;
        let offset = u32::try_from(self.offset).map_err(|_| too_large())?;
        let name_len = u16::try_from(name.len()).map_err(|_| too_large())?;

        // The fields that the local and the central header share, in their order.
        let mut shared = Vec::with_capacity(26);
        shared.extend(20u16.to_le_bytes()); // version needed
        shared.extend(0x0800u16.to_le_bytes()); // names are UTF-8
        shared.extend(0u16.to_le_bytes()); // stored
        shared.extend(0u16.to_le_bytes()); // time
        shared.extend(DATE.to_le_bytes());
        shared.extend(crc32(&data).to_le_bytes());
        shared.extend(size.to_le_bytes());
        shared.extend(size.to_le_bytes());
        shared.extend(name_len.to_le_bytes());
        shared.extend(0u16.to_le_bytes()); // extra field

        let mut local = b"PK\x03\x04".to_vec();
        local.extend(&shared);
        local.extend(name.as_bytes());
        out.write_all(&local)?;
        out.write_all(&data)?;

        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(20u16.to_le_bytes()); // made by
        self.directory.extend(&shared);
        self.directory.extend([0; 10]); // comment length, disk, attributes (2 + 2 + 2 + 4)
        self.directory.extend(offset.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.offset += (local.len() + data.len()) as u64;
        self.members = members;
        Ok(())
    }

    /// Writes the directory that makes the archive readable.
    pub(super) fn finish(self, out: &mut dyn Write) -> io::Result<()> {
        let too_large =
            |_| io::Error::other("an NPZ holds at most 4 GiB: write one source at a time, or NPY");
        out.write_all(&self.directory)?;
        out.write_all(b"PK\x05\x06\0\0\0\0")?;
        out.write_all(&self.members.to_le_bytes())?;
        out.write_all(&self.members.to_le_bytes())?;
        out.write_all(&u32::try_from(self.directory.len()).map_err(too_large)?.to_le_bytes())?;
        out.write_all(&u32::try_from(self.offset).map_err(too_large)?.to_le_bytes())?;
        out.write_all(&0u16.to_le_bytes())
    }
}

/// CRC-32 (IEEE 802.3, reflected), a table of 256 entries.
fn crc32(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut i = 0;
        while i < 256 {
            let mut value = i as u32;
            let mut bit = 0;
            while bit < 8 {
                value = if value & 1 == 1 { 0xEDB8_8320 ^ (value >> 1) } else { value >> 1 };
                bit += 1;
            }
            table[i] = value;
            i += 1;
        }
        table
    };
    !data.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_of_the_check_string() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn the_limit_that_is_passed_is_the_one_that_is_named() {
        let mut npz = NpzWriter::new();
        let array = NamedArray::int("i", vec![1]);
        for _ in 0..u16::MAX {
            npz.add(&mut io::sink(), &array).unwrap();
        }
        let message = npz.add(&mut io::sink(), &array).unwrap_err().to_string();
        assert!(message.contains("65535 arrays") && !message.contains("NPY"), "{message}");
    }

    #[test]
    fn archive_ends_with_its_directory() {
        let mut out = Vec::new();
        let mut npz = NpzWriter::new();
        npz.add(&mut out, &NamedArray::real("freq", &[2], vec![0.0, 1.0])).unwrap();
        npz.add(&mut out, &NamedArray::int("bin", vec![7])).unwrap();
        npz.finish(&mut out).unwrap();
        let end = out.len() - 22;
        assert_eq!(&out[end..end + 4], b"PK\x05\x06");
        assert_eq!(u16::from_le_bytes([out[end + 10], out[end + 11]]), 2);
        let at = u32::from_le_bytes(out[end + 16..end + 20].try_into().unwrap()) as usize;
        assert_eq!(&out[at..at + 4], b"PK\x01\x02");
    }
}
