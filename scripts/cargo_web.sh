#!/usr/bin/env bash
# Runs cargo for WebAssembly with 128-bit vectors: scripts/cargo_web.sh build --release --manifest-path bindings/web/Cargo.toml
#
# Uses the target wasm32-unknown-unknown of the default toolchain, which rustup adds if it can. Where it cannot, uses Debian's
# compiler, which builds the standard library itself:
#   apt-get install rustc-web cargo-web rust-web-src libstd-rust-web-dev
# WEB_TOOLCHAIN=debian takes the latter in any case: the standard library is smaller when it is built for size, too.
# `scripts/cargo_web.sh ready` tells whether either is there.
# Needs a linker for WebAssembly: rust-lld, which comes with either.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target/web}"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-C target-feature=+simd128 ${WEB_RUSTFLAGS:-}"

has_target() {
    [[ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]]
}

has_debian() {
    [[ -x /usr/bin/rustc && -x /usr/bin/cargo && -d /usr/lib/rustlib/src/rust/library ]]
}

command=$1
shift
if [[ "${WEB_TOOLCHAIN:-}" == debian ]]; then
    :
elif has_target || { command -v rustup >/dev/null && rustup target add "$target" >/dev/null 2>&1 && has_target; }; then
    [[ "$command" == ready ]] || exec cargo "$command" --target "$target" "$@"
    exit 0
fi
if ! has_debian; then
    echo "no target $target: rustup cannot add it, and rustc-web, cargo-web and rust-web-src are not installed" >&2
    exit 1
fi
[[ "$command" != ready ]] || exit 0
# rustup's linker, where Debian's is not there.
linker=/usr/bin/rust-lld
[[ -x "$linker" ]] || linker=$(ls "$(rustc --print sysroot)"/lib/rustlib/*/bin/rust-lld | head -n 1)
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$linker"
# Options of unstable cargo, which builds the standard library from Debian's source.
export RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc
exec /usr/bin/cargo "$command" -Zbuild-std=std,panic_abort --target "$target" "$@"
