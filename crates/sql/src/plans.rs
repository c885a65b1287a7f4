//! Cache of plans per thread and parameters.

use std::any::Any;
use std::cell::RefCell;

/// Largest number of plans per thread.
const KEPT: usize = 8;

thread_local! {
    /// Pairs (key, plan), the latest used last.
    static PLANS: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with the plan of type `P` for `key`, which `build` creates if the thread has none.
pub(crate) fn with_plan<K, P, R, E>(
    key: K,
    build: impl FnOnce() -> Result<P, E>,
    work: impl FnOnce(&mut P) -> R,
) -> Result<R, E>
where
    K: PartialEq + 'static,
    P: 'static,
{
    let is_it = |entry: &Box<dyn Any>| entry.downcast_ref::<(K, P)>().is_some_and(|(own, _)| *own == key);
    let found = PLANS.with_borrow_mut(|plans| {
        let at = plans.iter().position(is_it)?;
        plans.remove(at).downcast::<(K, P)>().ok()
    });
    let mut entry = match found {
        Some(entry) => entry,
        None => Box::new((key, build()?)),
    };
    let result = work(&mut entry.1);
    PLANS.with_borrow_mut(|plans| {
        if plans.len() == KEPT {
            plans.remove(0);
        }
        plans.push(entry);
    });
    Ok(result)
}
