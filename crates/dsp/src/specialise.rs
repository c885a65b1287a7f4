//! Calls a faster implementation for one sample type from generic code.

use std::any::{Any, TypeId};

/// Returns whether `A` and `B` are the same type.
pub(crate) fn same_type<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

/// Returns `value` as a `B`, or `None` if `A` is another type.
pub(crate) fn specialise<A: 'static, B: 'static>(value: A) -> Option<B> {
    let mut value = Some(value);
    (&mut value as &mut dyn Any).downcast_mut::<Option<B>>().and_then(Option::take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_types_convert() {
        assert!(same_type::<f32, f32>() && !same_type::<f32, f64>());
        assert_eq!(specialise::<_, Vec<f32>>(vec![1.0_f32]), Some(vec![1.0]));
        assert_eq!(specialise::<_, Vec<f64>>(vec![1.0_f32]), None);
    }
}
