//! Open devices, kept for the process, and the choice of `auto` among them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use rlx_compile::plan::Place;
use rlx_compile::{Graph, Op, Plan};
use rlx_fft::dsp::nan::NanPolicy;
use rlx_runtime::{Device, DeviceInfo, Error, Session, SessionOptions, select};

use crate::errors::Refusal;

/// Options by which sessions of one device differ. Data on a device is computed by a session a stream, for runs of
/// one program share their scratch memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    pub(crate) nan: NanPolicy,
    pub(crate) threads: usize,
    pub(crate) stream: Option<u64>,
}

/// An open device and the flag that ends its runs.
pub(crate) struct Open {
    pub(crate) session: Session,
    pub(crate) cancel: Arc<AtomicBool>,
}

type Opened = HashMap<(String, Kind), Arc<Open>>;

/// Sessions at most; who goes through more streams or settings than these opens devices again.
const MOST: usize = 32;

static OPENED: Mutex<Option<Opened>> = Mutex::new(None);

/// The session of this device.
pub(crate) fn session(id: &str, kind: Kind) -> Result<Arc<Open>, Error> {
    let mut guard = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    let opened = guard.get_or_insert_with(HashMap::new);
    let key = (id.to_owned(), kind);
    if let Some(open) = opened.get(&key) {
        return Ok(open.clone());
    }
    if opened.len() >= MOST {
        opened.clear();
    }
    let cancel = Arc::new(AtomicBool::new(false));
    let options = SessionOptions::default().nan(kind.nan).threads(kind.threads).cancel(Arc::clone(&cancel));
    let session = Session::with_options(&id.parse::<Device>()?, options)?;
    let open = Arc::new(Open { session, cancel });
    opened.insert(key, open.clone());
    Ok(open)
}

/// The device of this name; `None` for `auto`, which depends on the work.
pub(crate) fn named(name: &str) -> PyResult<Option<DeviceInfo>> {
    match Device::named(name).map_err(refused)? {
        Device::Auto => Ok(None),
        device => device.resolve().map(Some).map_err(refused),
    }
}

/// The device, no software adapter, that is predicted to beat the CPU's threads on host data.
pub(crate) fn cheapest(graph: &Graph, threads: usize) -> Option<DeviceInfo> {
    let (best, said) = predictions(graph, threads).ok()?;
    log::info!(target: crate::LOG, "{said}");
    best
}

/// Returns the device that is predicted to beat the CPU, if there is one, and a line with the predictions.
pub(crate) fn predictions(graph: &Graph, threads: usize) -> Result<(Option<DeviceInfo>, String), Error> {
    let all = select::by_cost(graph, threads)?;
    let cost = |c: &select::Candidate| format!("{} {:.4} ms", c.device.id, c.predicted_ns * 1e-6);
    let costs: Vec<String> = all.iter().map(cost).collect();
    let best = all.first().map(|best| &best.device);
    let id = best.map_or("cpu", |device| device.id.as_str());
    let said = format!("auto: {id} (predicted: {}; {threads} threads of the CPU)", costs.join(", "));
    Ok((best.filter(|device| device.class.has_bus()).cloned(), said))
}

/// Whether a plan leaves anything to its device.
pub(crate) fn on_device(plan: &Plan) -> bool {
    select::runs_on_device(plan)
}

/// The ops that the host runs.
pub(crate) fn on_host(plan: &Plan) -> Vec<&'static str> {
    computed(plan).filter(|(_, place)| *place == Place::Host).map(|(op, _)| op).collect()
}

fn computed(plan: &Plan) -> impl Iterator<Item = (&'static str, Place)> {
    let nodes = plan.graph().nodes().iter().zip(plan.places());
    let computed = nodes.filter(|(node, _)| !matches!(node.op, Op::Input { .. } | Op::Output { .. }));
    computed.map(|(node, place)| (node.op.kind().name(), *place))
}

/// An error of the runtime.
pub(crate) fn refused(error: Error) -> PyErr {
    match error {
        Error::Dsp(error) => Refusal::from(error).into(),
        Error::UnknownDevice { .. } | Error::AbsentDevice { .. } => {
            PyValueError::new_err(format!("device: {error}"))
        }
        Error::DeviceMemory { .. } => PyMemoryError::new_err(error.to_string()),
        Error::DeviceLost { .. } | Error::Device { .. } | Error::Cancelled => {
            PyRuntimeError::new_err(error.to_string())
        }
        other => PyValueError::new_err(format!("device: {other}")),
    }
}

/// Runs `work` on a thread of its own while this one looks for interrupts; `cancel` ends it.
pub(crate) fn interruptible<R: Send>(
    py: Python<'_>,
    cancel: &AtomicBool,
    work: impl FnOnce() -> R + Send,
) -> PyResult<R> {
    let (done, interrupt) = py.detach(|| {
        std::thread::scope(|scope| {
            let waiting = std::thread::current();
            let worker = scope.spawn(move || {
                let done = work();
                waiting.unpark();
                done
            });
            let mut interrupt = None;
            while !worker.is_finished() {
                std::thread::park_timeout(std::time::Duration::from_millis(50));
                if interrupt.is_none()
                    && let Err(error) = Python::attach(|py| py.check_signals())
                {
                    cancel.store(true, Ordering::Relaxed);
                    interrupt = Some(error);
                }
            }
            (worker.join(), interrupt)
        })
    });
    if let Some(error) = interrupt {
        cancel.store(false, Ordering::Relaxed);
        return Err(error);
    }
    done.map_err(|_| PyRuntimeError::new_err("a device's program panicked"))
}
