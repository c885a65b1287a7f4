//! What the suites of the devices share.

#![allow(dead_code, unreachable_pub, reason = "each suite takes what it needs")]

pub(crate) mod twin;
