//! NaN policy.
