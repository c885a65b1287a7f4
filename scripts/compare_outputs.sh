#!/usr/bin/env bash
# Runs the same commands with two builds of the program and reports for each whether the results are equal bit for bit.
#
#   scripts/compare_outputs.sh OLD NEW [ONLY]
#
# OLD and NEW are programs, ONLY is a part of the commands' text. Numbers are written to JSON with all their digits, so equal
# digits are equal bits. Fields that only NEW writes are left out. Where two outputs differ, the largest relative difference of
# their numbers follows. Exit status: 0
# where everything is equal, 1 where something differs, 2 for a wrong call.
set -euo pipefail
[[ $# -ge 2 && -x $1 && -x $2 ]] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
old=$(realpath "$1") new=$(realpath "$2") only=${3:-}
data=$(cd "$(dirname "$0")/.." && pwd)/examples/data
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Files of both precisions: the examples, and two seconds of tones in noise.
cp "$data"/*.csv "$data"/*.npy .
python3 - <<'PY'
import struct

state = 1
def uniform():
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    return (state >> 33) / 2**30 - 1

def npy(name, kind, values):
    header = f"{{'descr': '<{kind}', 'fortran_order': False, 'shape': ({len(values)},), }}"
    header += ' ' * (63 - (len(header) + 10) % 64) + '\n'
    with open(name, 'wb') as file:
        file.write(b'\x93NUMPY\x01\x00' + struct.pack('<H', len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}{'f' if kind == 'f4' else 'd'}", *values))

from math import sin
signal = [sin(0.37 * i) + 0.3 * sin(1.1 * i + 0.2) + 0.1 * uniform() for i in range(32000)]
npy('noise32.npy', 'f4', signal)
npy('noise64.npy', 'f8', signal)
PY

inputs=("ppg_100hz.csv --rate 100" "ecg.npy --rate 360" "co2.csv --rate 12 --nan skip-segment" "sunspots.csv --rate 1 --nan interpolate"
    "noise32.npy --rate 16000" "noise64.npy --rate 16000")
commands=()
for input in "${inputs[@]}"; do
    for options in "" "--n-fft 100" "--n-fft 256 --average median" "--n-fft 255 --detrend linear --window hamming" \
        "--n-fft 128 --scaling spectrum --average max" "--n-fft 512 --segment 300 --hop 70"; do
        commands+=("psd $input $options")
    done
    for options in "" "--n-fft 256" "--n-fft 200 --window flat-top"; do
        commands+=("peaks $input $options")
    done
    for options in "--n-fft 64" "--n-fft 100 --hop 30 --window kaiser:8"; do
        commands+=("spectrogram $input $options")
    done
done
for input in "noise32.npy --rate 16000" "noise64.npy --rate 16000"; do
    for preset in librosa whisper kaldi torchaudio nemo; do
        commands+=("mel $input --preset $preset")
    done
done

# Prints nothing where every field of OLD has the same text or digits in NEW, and else how they differ.
difference() {
    python3 - "$1" "$2" <<'PY'
import json, sys

def load(path):
    text = open(path, errors="replace").read()
    try:
        return json.loads(text, parse_float=lambda s: ("number", s), parse_int=lambda s: ("number", s))
    except ValueError:
        return [json.loads(line, parse_float=lambda s: ("number", s), parse_int=lambda s: ("number", s)) for line in text.splitlines()]

#: Differences of structure, and pairs of numbers in one list or field.
structure, lists = [], []

def is_number(value):
    return isinstance(value, tuple)

def compare(old, new, at):
    if is_number(old) and is_number(new):
        lists.append((at, [(old[1], new[1])]))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key == "notes":
                continue  # Sentences for people; their wording may change.
            if key in new:
                compare(value, new[key], f"{at}.{key}")
            else:
                structure.append(f"{at}.{key} is missing")
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            structure.append(f"{at}: {len(old)} and {len(new)} items")
        elif old and all(is_number(v) for v in old + new):
            lists.append((at, [(a[1], b[1]) for a, b in zip(old, new)]))
        else:
            for i, (a, b) in enumerate(zip(old, new)):
                compare(a, b, f"{at}[{i}]")
    elif old != new:
        structure.append(f"{at}: {old!r} and {new!r}")

compare(load(sys.argv[1]), load(sys.argv[2]), "")
worst, where = 0.0, ""
for at, pairs in lists:
    if all(a == b for a, b in pairs):
        continue
    top = max(abs(float(a)) for a, _ in pairs) or 1.0
    size = max(abs(float(a) - float(b)) for a, b in pairs) / top
    if size >= worst:
        worst, where = size, at
said = structure[:3]
if where:
    said.append(f"{where} differs by {worst:.3g} of its largest number")
print("; ".join(said))
PY
}

run() { # PROGRAM OUT COMMAND…
    local program=$1 out=$2
    shift 2
    "$program" "$@" --threads 1 --format json >"$out" 2>"$out.err" && echo 0 >"$out.rc" || echo $? >"$out.rc"
}

equal=0 differ=0
for command in "${commands[@]}"; do
    [[ $command == *"$only"* ]] || continue
    read -ra words <<<"$command"
    run "$old" old "${words[@]}"
    run "$new" new "${words[@]}"
    said=
    cmp -s old new || said=$(difference old new)
    if [[ -z $said ]] && cmp -s old.rc new.rc; then
        equal=$((equal + 1))
        [[ $(<old.rc) == 0 ]] && echo "equal     $command" || echo "refused   $command ($(tail -1 new.err))"
    else
        differ=$((differ + 1))
        echo "DIFFERENT $command: status $(<old.rc) and $(<new.rc), $said"
        cmp -s old.rc new.rc || tail -n 1 old.err new.err
    fi
done
echo "$equal equal, $differ different"
[[ $differ == 0 ]]
