//! Authorisation and routes.

use super::limits::{BODY, SESSIONS};
use super::request::{Head, Method};
use super::response::{Body, Response};
use rlx_view::{Engine, Error, Session, page};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// The routes of one server.
pub(super) struct Router {
    token: String,
    hosts: [String; 2],
    engine: Engine,
    /// The most recently used last.
    sessions: Mutex<Vec<(String, Session)>>,
}

impl Router {
    pub(super) fn new(engine: Engine, token: String, port: u16) -> Self {
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        Self { token, hosts, engine, sessions: Mutex::new(Vec::new()) }
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Refuses a request before its body is read: wrong host or token, or an unsupported body.
    pub(super) fn refuses(&self, head: &Head) -> Option<Response> {
        // Other host names that resolve to 127.0.0.1 are refused (DNS rebinding).
        if !head.host.as_ref().is_some_and(|host| self.hosts.contains(host)) {
            return Some(Response::text(421, "this server answers to 127.0.0.1 and its port only"));
        }
        if let Some(origin) = &head.origin
            && !self.hosts.iter().any(|host| *origin == format!("http://{host}"))
        {
            return Some(Response::text(403, "requests of other pages are not answered"));
        }
        if self.path(head).is_none() {
            return Some(Response::text(404, "there is nothing at this address"));
        }
        if head.body_len > BODY {
            return Some(Response::text(413, "the request is too large"));
        }
        None
    }

    /// Returns the target behind the token, without the query, if the token is right.
    fn path<'a>(&self, head: &'a Head) -> Option<&'a str> {
        let path = head.target.split('?').next()?;
        let (token, rest) = path.strip_prefix('/')?.split_once('/')?;
        same(token.as_bytes(), self.token.as_bytes()).then_some(rest)
    }

    /// Returns the answer to a request that was not refused.
    pub(super) fn answer(&self, head: &Head, body: &[u8]) -> Response {
        let Some(path) = self.path(head) else {
            return Response::text(404, "there is nothing at this address");
        };
        match (head.method, path) {
            (Method::Post, "api") => self.api(head, body),
            (Method::Get, path) => {
                let path = if path.is_empty() { "index.html" } else { path };
                match page::FILES.iter().find(|file| file.path == path) {
                    Some(file) => Response::new(200, file.media_type, Body::Static(file.content)),
                    None => Response::text(404, "there is nothing at this address"),
                }
            }
            _ => Response::text(405, "this address does not support this request"),
        }
    }

    fn api(&self, head: &Head, body: &[u8]) -> Response {
        let session = self.session(head);
        // A panic in a third-party decoder ends the request, not the server.
        let result = catch_unwind(AssertUnwindSafe(|| self.engine.handle(body, &session)));
        match result {
            Ok(Ok(reply)) => {
                let (media_type, bytes) = reply.into_bytes();
                Response::new(200, media_type, Body::Shared(bytes))
            }
            Ok(Err(Error::Cancelled)) => Response::text(204, ""),
            Ok(Err(error)) => Response::error(&error.to_string()),
            Err(_) => Response::error("internal error in this request; the server continues"),
        }
    }

    fn session(&self, head: &Head) -> Session {
        let query = head.target.split_once('?').map_or("", |(_, query)| query);
        let id = query.strip_prefix("session=").unwrap_or("");
        let id: String = id.chars().take(32).collect();
        let mut all = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().position(|(other, _)| *other == id);
        let entry = known.map_or_else(|| (id, Session::default()), |at| all.remove(at));
        if all.len() >= SESSIONS {
            all.remove(0);
        }
        let session = entry.1.clone();
        all.push(entry);
        session
    }
}

/// Compares in constant time.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::request::parse;
    use rlx_view::EngineOptions;

    fn router() -> Router {
        Router::new(Engine::new(Vec::new(), EngineOptions::default()), "secret".into(), 80)
    }

    fn status(text: &str) -> u16 {
        let router = router();
        let (head, taken) = parse(text.as_bytes()).unwrap().unwrap();
        router.refuses(&head).unwrap_or_else(|| router.answer(&head, &text.as_bytes()[taken..])).status
    }

    #[test]
    fn only_the_right_host_token_and_path_get_an_answer() {
        let get = |path: &str, host: &str| status(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(get("/secret/", "127.0.0.1:80"), 200);
        assert_eq!(get("/secret/main.js", "localhost:80"), 200);
        assert_eq!(get("/secret/", "evil.example:80"), 421);
        assert_eq!(get("/secret/", "127.0.0.1"), 421);
        for path in
            ["/", "/wrong/", "/secret", "/secre/", "/secret/../Cargo.toml", "/secret//etc/passwd", "*"]
        {
            assert_eq!(get(path, "127.0.0.1:80"), 404, "{path}");
        }
        assert_eq!(get("/secret/api", "127.0.0.1:80"), 404);
        let post = |extra: &str, body: &str| {
            status(&format!("POST /secret/api HTTP/1.1\r\nHost: 127.0.0.1:80\r\n{extra}\r\n{body}"))
        };
        assert_eq!(post("", "{\"method\":\"info\"}"), 200);
        assert_eq!(post("Origin: http://127.0.0.1:80\r\n", "{\"method\":\"info\"}"), 200);
        assert_eq!(post("Origin: http://evil.example\r\n", "{\"method\":\"info\"}"), 403);
        assert_eq!(post("Content-Length: 70000\r\n", ""), 413);
    }

    #[test]
    fn nonsense_is_told_to_the_page() {
        let router = router();
        let text = b"POST /secret/api?session=x HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n";
        let (head, _) = parse(text).unwrap().unwrap();
        for body in ["", "[]", "{\"method\":\"none\"}", "{\"method\":\"tile\",\"recording\":-1}"] {
            let answer = router.answer(&head, body.as_bytes());
            assert_eq!(answer.status, 200);
            assert!(answer.bytes().starts_with(b"{\"error\":"), "{body}");
        }
        for id in 0..1000 {
            let (mut head, _) = parse(text).unwrap().unwrap();
            head.target = format!("/secret/api?session={id}");
            let _ = router.session(&head);
        }
        assert_eq!(router.sessions.lock().unwrap().len(), SESSIONS);
    }
}
