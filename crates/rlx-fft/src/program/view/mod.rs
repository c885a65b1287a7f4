//! The local server of `rlx-fft view`: HTTP/1.1 on 127.0.0.1, one page, one engine.
//!
//! A request is answered only if it contains the token of the address and names this host, so that other web pages
//! cannot access the server. Everything that a client sends is bounded.

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
