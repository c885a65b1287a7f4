//! Arrays that both sides see, by number.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::error::Failure;
use crate::request::{Input, Kind};
use serde_json::{Value, json};

/// Bytes that are aligned for every type of element.
#[derive(Debug, Default)]
pub(crate) struct Array {
    words: Vec<f64>,
    bytes: usize,
}

impl Array {
    pub(crate) fn zeros(bytes: usize) -> Self {
        Self { words: vec![0.0; bytes.div_ceil(8)], bytes }
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut array = Self::zeros(bytes.len());
        array.bytes_mut().copy_from_slice(bytes);
        array
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.bytes]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.bytes]
    }
}

#[derive(Default)]
struct Table {
    arrays: HashMap<u32, Array>,
    last: u32,
}

thread_local! {
    static TABLE: RefCell<Table> = RefCell::default();
}

pub(crate) fn put(array: Array) -> u32 {
    TABLE.with_borrow_mut(|table| {
        loop {
            table.last = table.last.wrapping_add(1);
            if table.last != 0 && !table.arrays.contains_key(&table.last) {
                break;
            }
        }
        table.arrays.insert(table.last, array);
        table.last
    })
}

pub(crate) fn take(id: u32) -> Option<Array> {
    TABLE.with_borrow_mut(|table| table.arrays.remove(&id))
}

pub(crate) fn address(id: u32) -> *mut u8 {
    TABLE.with_borrow_mut(|table| {
        table.arrays.get_mut(&id).map_or(std::ptr::null_mut(), |array| array.bytes_mut().as_mut_ptr())
    })
}

pub(crate) fn len(id: u32) -> usize {
    TABLE.with_borrow(|table| table.arrays.get(&id).map_or(0, |array| array.bytes))
}

/// Samples of a request, taken out of the table.
pub(crate) enum Samples {
    Single(Array),
    Double(Array),
}

impl Samples {
    pub(crate) fn of(input: &Input) -> Result<Self, Failure> {
        let array = take(input.id).ok_or_else(|| Failure::new("x: the array is gone"))?;
        Ok(match input.kind {
            Kind::F32 => Self::Single(array),
            Kind::F64 => Self::Double(array),
        })
    }
}

impl Array {
    /// The whole numbers of the array as `f32`.
    pub(crate) fn singles(&self) -> &[f32] {
        &bytemuck::cast_slice(&self.words)[..self.bytes / 4]
    }

    pub(crate) fn doubles(&self) -> &[f64] {
        &self.words[..self.bytes / 8]
    }
}

/// A number that results consist of.
pub(crate) trait Item: bytemuck::NoUninit {
    const NAME: &'static str;
}

impl Item for f32 {
    const NAME: &'static str = "f32";
}

impl Item for f64 {
    const NAME: &'static str = "f64";
}

impl Item for u8 {
    const NAME: &'static str = "u8";
}

/// Puts a result into the table and describes it for the reply.
pub(crate) fn result<T: Item>(values: &[T]) -> Value {
    let id = put(Array::from_bytes(bytemuck::cast_slice(values)));
    json!({ "array": id, "type": T::NAME })
}
