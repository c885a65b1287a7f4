#!/usr/bin/env bash
# Measures a machine in one go and writes one JSON.
#
#   scripts/rig.sh bench-rlx-fft-welch-peaks HOST BATCHES DEVICE    calibration, every bench, the picker's check
#   scripts/rig.sh bench-welch-peaks-fft     HOST BATCH   DEVICE    the quick one: calibration, one batch
#
# HOST is `local` or a name that ssh knows; DEVICE is cuda, wgpu, … (as in `rlx-fft devices`); BATCHES is a list (32,8192)
# or a range of powers of two (32-65536). RLX_FFT names a program that is built already; without it one is built here and,
# for another host, copied there. The result is rig-COMMAND-HOST-DEVICE.json, in RIG_OUT or the current directory.
set -euo pipefail

usage() {
    sed -n '2,11s/^# \{0,1\}//p' "$0"
    exit 2
}

[[ $# -eq 4 ]] || usage
command=$1 host=$2 batches=$3 device=$4
case $command in
    bench-rlx-fft-welch-peaks) iters=50 quick=false ;;
    bench-welch-peaks-fft) iters=15 quick=true ;;
    *) usage ;;
esac
for word in "$host" "$batches" "$device"; do
    [[ $word =~ ^[A-Za-z0-9@._,:-]+$ && $word != -* ]] || { echo "rig.sh: '$word' is no name" >&2; exit 2; }
done

root=$(cd "$(dirname "$0")/.." && pwd)
program=${RLX_FFT:-}
if [[ -z $program ]]; then
    (cd "$root" && cargo build --release -p rlx-fft --features dev,cuda,gpu)
    program=${CARGO_TARGET_DIR:-$root/target}/release/rlx-fft
fi
result=${RIG_OUT:-.}/rig-$command-${host//[^A-Za-z0-9._-]/_}-${device//[^A-Za-z0-9._-]/_}.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs where it is measured: $1 program, $2 folder of the reports, then batches, device, iterations, quick.
measure() {
    set -euo pipefail
    local program=$1 out=$2 batches=$3 device=$4 iters=$5 quick=$6 first=${3%%[,-]*}
    step() { echo "== $*" >&2; "$@" >&2; }
    "$program" devices --json >"$out/devices.json"
    step "$program" calibrate --device cpu
    step "$program" calibrate --device "$device"
    step "$program" bench-welch-peaks --n-fft 256 --batch "$batches" --k 16 --device "$device" --iters "$iters" \
        --train-steps 0 --threads 0 --json "$out/bench_welch_peaks.json"
    step "$program" bench-fusion-phases --n-fft 256 --batch "$batches" --k 16 --device "$device" --iters "$iters" \
        --json "$out/bench_fusion_phases.json"
    if $quick; then
        step "$program" bench-picker --n-fft 256 --batch "$first" --k 16 --device "$device" --json "$out/bench_picker.json"
        return
    fi
    step "$program" bench-picker --device "$device" --json "$out/bench_picker.json"
    step "$program" max-batch --device "$device" --json "$out/max_batch.json"
}

if [[ $host == local ]]; then
    measure "$program" "$work" "$batches" "$device" "$iters" "$quick"
else
    far=$(ssh "$host" mktemp -d)
    scp -q "$program" "$host:$far/rlx-fft"
    # Reports of a run that failed half-way are fetched all the same.
    failed=0
    ssh "$host" "$(declare -f measure); mkdir $far/out; measure $far/rlx-fft $far/out $batches $device $iters $quick" || failed=$?
    scp -q "$host:$far/out/*.json" "$work/" || true
    ssh "$host" "rm -rf $far"
    [[ $failed -eq 0 ]] || exit "$failed"
fi

python3 - "$work" "$result" "$command" "$host" "$device" "$batches" <<'EOF'
import json, pathlib, sys
work, result, command, host, device, batches = sys.argv[1:]
report = {"schema": 1, "tool": "rlx-fft", "command": command, "host_name": host, "device": device, "batches": batches}
for path in sorted(pathlib.Path(work).glob("*.json")):
    report[path.stem] = json.loads(path.read_text())
pathlib.Path(result).write_text(json.dumps(report, indent=1) + "\n")
EOF
echo "$result"
