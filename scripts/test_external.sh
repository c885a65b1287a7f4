#!/usr/bin/env bash
# Compiles and runs the tests of tests/external: a crate outside the workspace that uses the library's public names without
# default features, then with `dev`. Checks that the library alone brings neither the program's crates nor drivers.
set -euo pipefail
cd "$(dirname "$0")/.."

tree=$(cargo tree --manifest-path tests/external/Cargo.toml --edges no-dev --prefix none)
for crate in clap indicatif wgpu cudarc; do
    if grep -q "^$crate v" <<<"$tree"; then
        echo "a user of the library without default features compiles $crate"
        exit 1
    fi
done
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
cargo test --quiet --manifest-path tests/external/Cargo.toml --features dev "$@"
cargo check --quiet --manifest-path tests/external/Cargo.toml --tests
