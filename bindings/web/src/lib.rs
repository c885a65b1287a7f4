//! rlx-fft as WebAssembly, without a generator of bindings: a table of arrays and one function.
//!
//! A caller puts arrays and a request (JSON that names them by their numbers) into the table and calls [`call`], which
//! returns the number of the reply: JSON that names the arrays of the result. Every array stays in the table until it
//! is taken or freed, so no address ever comes from outside and nothing here is `unsafe` but the declaration of what the
//! page provides ([`host`]). `js/` has the other half.

mod accumulate;
mod arrays;
mod error;
mod estimate;
#[cfg(feature = "files")]
mod files;
mod host;
mod mel;
mod peaks;
#[cfg(feature = "files")]
mod reader;
mod request;

use error::Failure;
use request::Request;
use serde_json::{Value, json};
use std::sync::Once;

/// Puts an array of so many zero bytes into the table; returns its number, never 0.
#[unsafe(no_mangle)]
pub extern "C" fn array_new(bytes: usize) -> u32 {
    arrays::put(arrays::Array::zeros(bytes))
}

/// Returns the address of an array, 0 for an unknown one. It is valid until the next call of anything here.
#[unsafe(no_mangle)]
pub extern "C" fn array_at(id: u32) -> *mut u8 {
    arrays::address(id)
}

/// Returns the length of an array in bytes, 0 for an unknown one.
#[unsafe(no_mangle)]
pub extern "C" fn array_len(id: u32) -> usize {
    arrays::len(id)
}

/// Forgets an array.
#[unsafe(no_mangle)]
pub extern "C" fn array_free(id: u32) {
    drop(arrays::take(id));
}

/// Answers the request in array `request`, which is taken. The reply is `{"ok": …}` or `{"error": {"message", …}}`.
#[unsafe(no_mangle)]
pub extern "C" fn call(request: u32) -> u32 {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        std::panic::set_hook(Box::new(|panic| host::report(&panic.to_string())));
    });
    let reply = match answer(request) {
        Ok(value) => json!({ "ok": value }),
        Err(failure) => json!({ "error": failure }),
    };
    arrays::put(arrays::Array::from_bytes(reply.to_string().as_bytes()))
}

fn answer(request: u32) -> Result<Value, Failure> {
    let text = arrays::take(request).ok_or_else(|| Failure::new("no such request"))?;
    let request: Request = serde_json::from_slice(text.bytes())?;
    match request {
        Request::Psd(query) => estimate::psd(&query),
        Request::Cross(query) => estimate::cross(&query),
        Request::Spectrogram(query) => estimate::spectrogram(&query),
        Request::Stft(query) => estimate::stft(&query),
        Request::FindPeaks(query) => peaks::find(&query),
        Request::WelchPeaks(query) => peaks::welch(&query),
        Request::LogMel(query) => mel::log_mel(&query),
        Request::Accumulator(params) => accumulate::start(&params),
        Request::Push { accumulator, x } => accumulate::push(accumulator, &x),
        Request::Gap { accumulator } => accumulate::gap(accumulator),
        Request::Merge { accumulator, other } => accumulate::merge(accumulator, other),
        Request::Average { accumulator, finish } => accumulate::average(accumulator, finish),
        Request::Drop { accumulator } => accumulate::forget(accumulator),
        #[cfg(feature = "files")]
        Request::Open(query) => files::open(query),
        #[cfg(feature = "files")]
        Request::Engine { engine, request } => files::answer(engine, &request),
        #[cfg(feature = "files")]
        Request::Close { engine } => files::close(engine),
    }
}
