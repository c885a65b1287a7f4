//! The local server of `rlx-fft view`: HTTP/1.1 on 127.0.0.1, one page, one engine.
//!
//! Only someone who knows the token in the address gets an answer, and only where the request names this host: a web
//! page elsewhere can neither read nor guess it. Everything that a client sends is bounded.

mod browser;
mod connection;
mod limits;
mod request;
mod response;
mod route;
mod server;
mod spool;

pub(crate) use browser::open_browser;
pub(crate) use server::Server;
pub(crate) use spool::StdinSpool;
