//! The parts of a request head that this server uses.

use super::limits::{HEAD, HEADERS};

/// Supported methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
}

/// A request without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: Method,
    /// As sent, from the first slash on.
    pub(super) target: String,
    pub(super) host: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) body_len: usize,
    pub(super) keep_alive: bool,
}

/// Reasons to refuse a request before its target is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not HTTP/1.
    Malformed,
    /// Its head is too long.
    HeadTooLarge,
    /// Its body is too long, or of unknown length.
    BodyTooLarge,
    /// Neither GET nor POST.
    Method,
}

/// Returns a head and its number of bytes; `None` if more bytes are needed.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let taken = match request.parse(bytes) {
        Ok(httparse::Status::Complete(taken)) => taken,
        Ok(httparse::Status::Partial) if bytes.len() >= HEAD => return Err(Refusal::HeadTooLarge),
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Refusal::HeadTooLarge),
        Err(_) => return Err(Refusal::Malformed),
    };
    let method = match request.method {
        Some("GET") => Method::Get,
        Some("POST") => Method::Post,
        _ => return Err(Refusal::Method),
    };
    // A repeated significant header is an attack or a mistake.
    let single = |name: &str| -> Result<Option<String>, Refusal> {
        let mut found = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        let first = found.next();
        if found.next().is_some() {
            return Err(Refusal::Malformed);
        }
        first
            .map(|header| std::str::from_utf8(header.value).map(|text| text.trim().to_owned()))
            .transpose()
            .map_err(|_| Refusal::Malformed)
    };
    if single("transfer-encoding")?.is_some() {
        return Err(Refusal::BodyTooLarge);
    }
    let body_len = match single("content-length")? {
        None => 0,
        Some(text) if text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().map_err(|_| Refusal::Malformed)?
        }
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => return Err(Refusal::BodyTooLarge),
        Some(_) => return Err(Refusal::Malformed),
    };
    let close = single("connection")?.is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let head = Head {
        method,
        target: request.path.unwrap_or("").to_owned(),
        host: single("host")?,
        origin: single("origin")?,
        body_len,
        keep_alive: request.version == Some(1) && !close,
    };
    Ok(Some((head, taken)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn heads_are_read_whole_or_refused() {
        let text = b"POST /t/api?session=1 HTTP/1.1\r\nHost: 127.0.0.1:8\r\nContent-Length: 12\r\n\r\n{}";
        let (head, taken) = parse(text).unwrap().unwrap();
        assert_eq!((head.method, head.body_len, head.keep_alive), (Method::Post, 12, true));
        assert_eq!((head.host.as_deref(), taken), (Some("127.0.0.1:8"), text.len() - 2));
        assert_eq!(parse(&text[..40]), Ok(None));
        for (bad, refusal) in [
            (&b"PUT / HTTP/1.1\r\n\r\n"[..], Refusal::Method),
            (b"nonsense\0\r\n\r\n", Refusal::Malformed),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Refusal::Malformed),
            (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", Refusal::Malformed),
            (b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", Refusal::BodyTooLarge),
            (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", Refusal::BodyTooLarge),
        ] {
            assert_eq!(parse(bad), Err(refusal), "{}", String::from_utf8_lossy(bad));
        }
        assert_eq!(parse(&[b'A'; HEAD]), Err(Refusal::HeadTooLarge));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..90) {
            let _ = parse(&bytes);
            let mut text = b"GET /token/main.js HTTP/1.1\r\nHost: 127.0.0.1:80\r\nContent-Length: 5\r\n\r\nabcde".to_vec();
            for (at, byte) in bytes.iter().enumerate().take(4) {
                let place = (cut + at * 7) % text.len();
                text[place] = *byte;
            }
            let _ = parse(&text);
        }
    }
}
