//! Shared code of the device tests.

#![allow(dead_code, unreachable_pub, reason = "each suite takes what it needs")]

pub(crate) mod twin;
