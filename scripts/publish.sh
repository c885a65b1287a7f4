#!/usr/bin/env bash
# Packages and builds every crate as it would be published, in the order of their dependencies; uploads nothing.
# Further arguments go to cargo: scripts/publish.sh --no-verify
set -euo pipefail
cd "$(dirname "$0")/.."
exec cargo publish --workspace --dry-run --locked "$@"
