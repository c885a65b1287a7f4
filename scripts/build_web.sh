#!/usr/bin/env bash
# Builds the npm package into bindings/web/dist: scripts/build_web.sh
set -euo pipefail
cd "$(dirname "$0")/.."

web=bindings/web
built="${CARGO_TARGET_DIR:-target/web}/wasm32-unknown-unknown/release/rlx_fft_web.wasm"
rm -rf "$web/dist"
mkdir -p "$web/dist"
cp "$web"/js/*.js "$web"/js/*.ts "$web/package.json" "$web/README.md" LICENSE-MIT LICENSE-APACHE "$web/dist/"

# The estimates alone, and with the readers of recordings and the viewer's engine.
for module in rlx_fft rlx_fft_files; do
    features=()
    [[ $module == rlx_fft_files ]] || features=(--no-default-features)
    scripts/cargo_web.sh build --release --locked --manifest-path "$web/Cargo.toml" "${features[@]}"
    cp "$built" "$web/dist/$module.wasm"
    printf '%s: %d kB' "$module.wasm" $(($(stat -c %s "$web/dist/$module.wasm") / 1000))
    if command -v brotli >/dev/null; then
        printf ', %d kB as brotli' $(($(brotli -q 11 -c "$web/dist/$module.wasm" | wc -c) / 1000))
    fi
    echo
done
