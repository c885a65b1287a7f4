#!/usr/bin/env bash
# Builds the npm package into bindings/web/dist: scripts/build_web.sh
set -euo pipefail
cd "$(dirname "$0")/.."

web=bindings/web
scripts/cargo_web.sh build --release --manifest-path "$web/Cargo.toml"
rm -rf "$web/dist"
mkdir -p "$web/dist"
cp "$web"/js/*.js "$web"/js/*.ts "$web/package.json" "$web/README.md" LICENSE-MIT LICENSE-APACHE "$web/dist/"
cp "${CARGO_TARGET_DIR:-target/web}/wasm32-unknown-unknown/release/rlx_fft_web.wasm" "$web/dist/rlx_fft.wasm"
size=$(stat -c %s "$web/dist/rlx_fft.wasm")
printf '%s: %d kB' "$web/dist/rlx_fft.wasm" $((size / 1000))
if command -v brotli >/dev/null; then
    printf ', %d kB as brotli' $(($(brotli -q 11 -c "$web/dist/rlx_fft.wasm" | wc -c) / 1000))
fi
echo
