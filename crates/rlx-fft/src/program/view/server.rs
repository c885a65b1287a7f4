//! Accepts connections on this machine's loopback address.

use super::connection;
use super::limits::{CONNECTIONS, Rate};
use super::response::Response;
use super::route::Router;
use rlx_view::Engine;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Polling interval of growing files.
const FOLLOW: Duration = Duration::from_millis(500);

/// A listening server that does not answer yet.
pub(crate) struct Server {
    listener: TcpListener,
    router: Arc<Router>,
    address: String,
}

impl Server {
    /// Listens on 127.0.0.1; port 0 selects a free port.
    pub(crate) fn bind(port: u16, engine: Engine) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = listener.local_addr()?.port();
        let token = token()?;
        let address = format!("http://127.0.0.1:{port}/{token}/");
        Ok(Self { listener, router: Arc::new(Router::new(engine, token, port)), address })
    }

    /// Returns the address of the page, including the token.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Starts to poll growing files for new samples.
    pub(crate) fn follow(&self) {
        let router = Arc::clone(&self.router);
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(FOLLOW);
                // A file that is temporarily absent may return.
                let _ = router.engine().refresh();
            }
        });
    }

    /// Answers requests until the process ends.
    pub(crate) fn run(self) -> ! {
        let active = Arc::new(AtomicUsize::new(0));
        let rate = Arc::new(Rate::new());
        loop {
            let Ok((mut stream, _)) = self.listener.accept() else {
                // Neither a lack of file descriptors nor a closed connection ends the server.
                std::thread::sleep(Duration::from_millis(20));
                continue;
            };
            if active.load(Ordering::Relaxed) >= CONNECTIONS {
                let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
                let _ = Response::text(503, "too many connections").write(&mut stream, false);
                continue;
            }
            let slot = Slot::take(&active);
            let (router, rate) = (Arc::clone(&self.router), Arc::clone(&rate));
            // Without a thread the connection and its slot are dropped.
            let _ = std::thread::Builder::new().name("view".into()).spawn(move || {
                let _slot = slot;
                // Errors mean that the client closed the connection.
                let _ = connection::serve(stream, &router, &rate);
            });
        }
    }
}

/// One of the permitted connections.
struct Slot(Arc<AtomicUsize>);

impl Slot {
    fn take(active: &Arc<AtomicUsize>) -> Self {
        active.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(active))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns 128 random bits from the operating system as text.
fn token() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("the system provides no random numbers: {e}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
