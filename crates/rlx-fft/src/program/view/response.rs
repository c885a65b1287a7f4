//! Responses.

use std::io::{self, Write};
use std::sync::Arc;

/// A response.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) media_type: &'static str,
    pub(super) body: Body,
}

#[derive(Debug, Clone)]
pub(super) enum Body {
    Static(&'static str),
    Shared(Arc<Vec<u8>>),
}

/// The page may only load its own files and contact its own server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; connect-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

impl Response {
    pub(super) fn new(status: u16, media_type: &'static str, body: Body) -> Self {
        Self { status, media_type, body }
    }

    pub(super) fn text(status: u16, text: &'static str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", Body::Static(text))
    }

    /// Creates the error of a valid request, which the page shows.
    pub(super) fn error(message: &str) -> Self {
        let text = serde_json::json!({ "error": message }).to_string();
        Self::new(200, "application/json", Body::Shared(Arc::new(text.into_bytes())))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Static(text) => text.as_bytes(),
            Body::Shared(bytes) => bytes,
        }
    }

    pub(super) fn write(&self, out: &mut impl Write, keep_alive: bool) -> io::Result<()> {
        let body = self.bytes();
        let reason = match self.status {
            200 => "OK",
            204 => "No Content",
            _ => "Refused",
        };
        let connection = if keep_alive { "keep-alive" } else { "close" };
        let length =
            if self.status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head = format!(
            "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\n{length}Connection: {connection}\r\n\
             Cache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\nReferrer-Policy: no-referrer\r\n\
             X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: same-origin\r\n\
             Cross-Origin-Opener-Policy: same-origin\r\n\r\n",
            self.status, self.media_type
        );
        // One write for small answers, because two packets could delay each other.
        if body.len() <= 4096 {
            let mut all = head.into_bytes();
            all.extend_from_slice(body);
            out.write_all(&all)?;
        } else {
            out.write_all(head.as_bytes())?;
            out.write_all(body)?;
        }
        out.flush()
    }
}
