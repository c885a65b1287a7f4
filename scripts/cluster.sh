#!/usr/bin/env bash
# A scheduler and two executors on loopback, until Ctrl-C: scripts/cluster.sh [PORT]
set -euo pipefail
port="${1:-50050}"
cd "$(dirname "$0")/.."
cargo build --release --quiet --manifest-path crates/sql/Cargo.toml --features cluster --bin rlx-fft-cluster
cluster="${CARGO_TARGET_DIR:-crates/sql/target}/release/rlx-fft-cluster"
# Whatever ends this script ends the three processes.
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
"$cluster" scheduler --port "$port" --host 127.0.0.1 &
"$cluster" executor --scheduler "127.0.0.1:$port" &
"$cluster" executor --scheduler "127.0.0.1:$port" &
echo "just sql \"select …\" --cluster 127.0.0.1:$port"
wait -n
