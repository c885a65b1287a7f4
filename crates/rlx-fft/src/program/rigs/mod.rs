//! Results of `scripts/rig.sh` and of single benches: reading, matching, comparing.

mod compare;
mod read;
mod show;

pub(crate) use compare::compare;
pub(crate) use read::read;
pub(crate) use show::{markdown, text};
