//! One connection: answers requests until it ends or violates a limit.

use super::limits::{ARRIVAL, HEAD, IDLE, LINGER, Rate, WRITE};
use super::request::{Head, Refusal, parse};
use super::response::Response;
use super::route::Router;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Serves a connection to its end.
pub(super) fn serve(mut stream: TcpStream, router: &Router, rate: &Rate) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(WRITE))?;
    let mut bytes: Vec<u8> = Vec::new();
    loop {
        let head = match read_head(&mut stream, &mut bytes)? {
            Received::Head(head) => head,
            Received::End => return Ok(()),
            Received::Refused(refusal) => {
                let (status, text) = match refusal {
                    Refusal::Malformed => (400, "this is not an HTTP/1.1 request"),
                    Refusal::HeadTooLarge => (431, "the request's head is too large"),
                    Refusal::BodyTooLarge => (413, "the request is too large, or does not state its length"),
                    Refusal::Method => (405, "only GET and POST are supported"),
                };
                return refuse(stream, &Response::text(status, text));
            }
        };
        if let Some(refused) = router.refuses(&head) {
            return refuse(stream, &refused);
        }
        let Some(body) = read_body(&mut stream, &mut bytes, head.body_len)? else { return Ok(()) };
        if !rate.admits(Instant::now()) {
            return refuse(stream, &Response::text(429, "too many requests"));
        }
        router.answer(&head, &body).write(&mut stream, head.keep_alive)?;
        if !head.keep_alive {
            return Ok(());
        }
    }
}

/// Answers and closes the connection. Further data of the client is read for a short time, because closing
/// immediately would reset the connection and could lose the answer.
fn refuse(mut stream: TcpStream, response: &Response) -> io::Result<()> {
    response.write(&mut stream, false)?;
    stream.shutdown(Shutdown::Write)?;
    let deadline = Instant::now() + LINGER;
    let mut rest = Vec::new();
    while read_some(&mut stream, &mut rest, 4096, deadline)? > 0 {
        rest.clear();
    }
    Ok(())
}

enum Received {
    Head(Head),
    End,
    Refused(Refusal),
}

/// Reads up to the end of a head; further bytes stay in `bytes`.
fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Received> {
    let mut deadline = (!bytes.is_empty()).then(|| Instant::now() + ARRIVAL);
    loop {
        if !bytes.is_empty() {
            match parse(bytes) {
                Ok(Some((head, taken))) => {
                    bytes.drain(..taken);
                    return Ok(Received::Head(head));
                }
                Ok(None) => {}
                Err(refusal) => return Ok(Received::Refused(refusal)),
            }
        }
        let room = HEAD.saturating_sub(bytes.len()).max(1);
        if read_some(stream, bytes, room, deadline.unwrap_or_else(|| Instant::now() + IDLE))? == 0 {
            return Ok(Received::End);
        }
        deadline.get_or_insert_with(|| Instant::now() + ARRIVAL);
    }
}

/// Returns the next `len` bytes; `None` if the client closes the connection before.
fn read_body(stream: &mut TcpStream, bytes: &mut Vec<u8>, len: usize) -> io::Result<Option<Vec<u8>>> {
    let deadline = Instant::now() + ARRIVAL;
    while bytes.len() < len {
        if read_some(stream, bytes, len - bytes.len(), deadline)? == 0 {
            return Ok(None);
        }
    }
    let rest = bytes.split_off(len);
    Ok(Some(std::mem::replace(bytes, rest)))
}

/// Appends the next bytes, at most `room`; returns 0 at the end or after the time limit.
fn read_some(
    stream: &mut TcpStream,
    bytes: &mut Vec<u8>,
    room: usize,
    deadline: Instant,
) -> io::Result<usize> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(0);
    }
    stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
    let mut block = [0; 4096];
    let room = room.min(block.len());
    match stream.read(&mut block[..room]) {
        Ok(got) => {
            bytes.extend_from_slice(&block[..got]);
            Ok(got)
        }
        Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(0),
        Err(e) => Err(e),
    }
}
