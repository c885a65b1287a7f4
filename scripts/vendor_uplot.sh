#!/usr/bin/env bash
# Puts uPlot (MIT) into crates/view/page/vendor: the published package, by version and checksum.
# Needs npm. Run it to repeat what is in the repository: `git diff` shows nothing afterwards.
set -euo pipefail
version=1.6.32
sha512=KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==
target=$(cd "$(dirname "$0")/.." && pwd)/crates/view/page/vendor
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "uplot@$version" >/dev/null
found=$(openssl dgst -sha512 -binary "uplot-$version.tgz" | base64 -w0)
if [[ "$found" != "$sha512" ]]; then
    echo "uplot-$version.tgz has the checksum $found, expected $sha512" >&2
    exit 1
fi
tar xzf "uplot-$version.tgz"
mkdir -p "$target"
cp package/dist/uPlot.iife.min.js package/dist/uPlot.min.css "$target/"
cp package/LICENSE "$target/uPlot.LICENSE"
