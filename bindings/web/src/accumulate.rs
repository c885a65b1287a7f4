//! Averages that grow block by block.

use crate::arrays::{self, Array, Item, Samples};
use crate::error::Failure;
use crate::request::{Input, Kind, Start};
use rlx_dsp::welch::{Psd, WelchAccumulator};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashMap;

/// Segments whose spectra a median keeps at most.
const MOST_STORED: u64 = 1 << 16;

enum Any {
    Single(WelchAccumulator<f32>),
    Double(WelchAccumulator<f64>),
}

thread_local! {
    static ALL: RefCell<HashMap<u32, Any>> = RefCell::default();
}

fn gone() -> Failure {
    Failure::new("accumulator: it was finished, merged or freed")
}

fn with<R>(id: u32, work: impl FnOnce(&mut Any) -> Result<R, Failure>) -> Result<R, Failure> {
    ALL.with_borrow_mut(|all| work(all.get_mut(&id).ok_or_else(gone)?))
}

pub(crate) fn start(query: &Start) -> Result<Value, Failure> {
    let params = query.segments.params()?;
    let any = match query.kind {
        Kind::F32 => Any::Single(WelchAccumulator::with_stored_segments(params, MOST_STORED)?),
        Kind::F64 => Any::Double(WelchAccumulator::with_stored_segments(params, MOST_STORED)?),
    };
    // Numbers of arrays are unique; an empty one lends its own.
    let id = arrays::put(Array::default());
    ALL.with_borrow_mut(|all| all.insert(id, any));
    Ok(json!(id))
}

pub(crate) fn push(id: u32, x: &Input) -> Result<Value, Failure> {
    let samples = Samples::of(x)?;
    with(id, |any| match (any, &samples) {
        (Any::Single(all), Samples::Single(x)) => Ok(all.push(x.singles())?),
        (Any::Double(all), Samples::Double(x)) => Ok(all.push(x.doubles())?),
        _ => Err(Failure::new("x: not of the type that the accumulator was made for")),
    })?;
    Ok(Value::Null)
}

pub(crate) fn gap(id: u32) -> Result<Value, Failure> {
    with(id, |any| match any {
        Any::Single(all) => Ok(all.push_gap()?),
        Any::Double(all) => Ok(all.push_gap()?),
    })?;
    Ok(Value::Null)
}

pub(crate) fn merge(id: u32, other: u32) -> Result<Value, Failure> {
    if id == other {
        return Err(Failure::new("other: an accumulator is not merged with itself"));
    }
    let other_one = take(other)?;
    with(id, |any| match (any, other_one) {
        (Any::Single(all), Any::Single(more)) => Ok(all.merge(more)?),
        (Any::Double(all), Any::Double(more)) => Ok(all.merge(more)?),
        _ => Err(Failure::new("other: not of the same type of samples")),
    })?;
    Ok(Value::Null)
}

/// The average so far; `finish` ends it.
pub(crate) fn average(id: u32, finish: bool) -> Result<Value, Failure> {
    if finish {
        return match take(id)? {
            Any::Single(all) => Ok(described(&all.finish()?)),
            Any::Double(all) => Ok(described(&all.finish()?)),
        };
    }
    with(id, |any| match any {
        Any::Single(all) => Ok(described(&all.snapshot()?)),
        Any::Double(all) => Ok(described(&all.snapshot()?)),
    })
}

pub(crate) fn forget(id: u32) -> Result<Value, Failure> {
    take(id).map(|_| Value::Null)
}

fn take(id: u32) -> Result<Any, Failure> {
    drop(arrays::take(id));
    ALL.with_borrow_mut(|all| all.remove(&id)).ok_or_else(gone)
}

fn described<T: Item>(psd: &Psd<T>) -> Value {
    json!({
        "values": arrays::result(&psd.values),
        "freqs": arrays::result(&psd.freqs),
        "segments": psd.coverage.segments,
        "skipped": psd.coverage.skipped,
    })
}
