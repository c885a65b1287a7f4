#!/usr/bin/env bash
# Tests of crates/sql, a workspace with a lock file, profile and target directory of its own. Arguments choose tests.
# Building is most of the time: some 430 crates without optimisation and debug information.
set -euo pipefail
cd "$(dirname "$0")/../crates/sql"
[[ "${1-}" == "--" ]] && shift
cargo test --features cluster --test all -- "$@"
