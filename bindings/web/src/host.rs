//! Functions that the page or the worker provides.

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Copies at most `len` bytes of a file from `offset` on to `into`; returns how many, negative if it failed.
    #[cfg(feature = "files")]
    fn read(file: u32, offset: f64, into: *mut u8, len: usize) -> i32;
    /// Takes the text of a panic before the instance ends.
    fn panicked(text: *const u8, len: usize);
}

pub(crate) fn report(text: &str) {
    // SAFETY: the text is valid for the length while the host copies it.
    unsafe { panicked(text.as_ptr(), text.len()) }
}

/// Fills `into` from a file of the host; returns how many bytes it got, `None` if it failed.
#[cfg(feature = "files")]
pub(crate) fn read_file(file: u32, offset: u64, into: &mut [u8]) -> Option<usize> {
    // SAFETY: the slice is writable for its length while the host fills it.
    let got = unsafe { read(file, offset as f64, into.as_mut_ptr(), into.len()) };
    usize::try_from(got).ok().filter(|got| *got <= into.len())
}
