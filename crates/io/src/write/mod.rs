//! Writers of results.
