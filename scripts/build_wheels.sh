#!/usr/bin/env bash
# Builds the Python package's wheels of this platform and tries each in a fresh environment of every Python that fits:
# scripts/build_wheels.sh [--cpu-only] [--try WHEEL …]
#
# The abi3 wheel serves every CPython from 3.10; free-threaded interpreters (3.13t, 3.14t) get a wheel each. --cpu-only also
# builds a wheel without GPUs into target/wheels-cpu. --try builds nothing and tries these wheels. PYTHONS lists the
# interpreters; by default those on the PATH and of pyenv.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
wheels="$CARGO_TARGET_DIR/wheels"
cpu_only=
try=()
while [[ $# -gt 0 ]]; do
    case "$1" in
        --cpu-only) cpu_only=1 ;;
        --try) shift; try=("$@"); break ;;
        *) echo "unknown argument: $1" >&2; exit 2 ;;
    esac
    shift
done

# The interpreters, each version once.
find_pythons() {
    local candidate version seen=" "
    for candidate in ${PYTHONS:-$(compgen -c python3. | sort -u) "$HOME"/.pyenv/versions/3.*/bin/python}; do
        candidate=$(command -v "$candidate") || continue
        version=$("$candidate" -c 'import sys, sysconfig
t = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print(f"3.{sys.version_info[1]}{t}" if sys.version_info >= (3, 10) else "")' 2>/dev/null) || continue
        [[ -n "$version" && "$seen" != *" $version "* ]] || continue
        seen="$seen$version "
        echo "$version $candidate"
    done
}

tags_of() {
    basename "$1" .whl | cut -d- -f3,4
}

mapfile -t pythons < <(find_pythons)
printf 'Python %s\n' "${pythons[@]}"

if [[ ${#try[@]} -eq 0 ]]; then
    tools="$CARGO_TARGET_DIR/wheel-tools"
    [[ -x "$tools/bin/maturin" ]] || { python3 -m venv "$tools" && "$tools/bin/pip" install --quiet 'maturin>=1.9,<2'; }
    build() {
        "$tools/bin/maturin" build --release --locked --manifest-path bindings/python/Cargo.toml "$@"
    }
    rm -rf "$wheels" && mkdir -p "$wheels"
    build --out "$wheels"
    for entry in "${pythons[@]}"; do
        [[ "${entry%% *}" != *t ]] || build --out "$wheels" --interpreter "${entry#* }"
    done
    if [[ -n "$cpu_only" ]]; then
        build --out "$wheels-cpu" --no-default-features
    fi
    try=("$wheels"/*.whl)
fi

# Each wheel in each interpreter that it is for: imports, numbers, threads.
for wheel in "${try[@]}"; do
    for entry in "${pythons[@]}"; do
        version=${entry%% *}
        case "$(tags_of "$wheel")" in
            cp310-abi3) [[ "$version" != *t ]] || continue ;;
            cp3*t) [[ "$(tags_of "$wheel")" == *"-cp3${version#3.}" ]] || continue ;;
        esac
        environment=$(mktemp -d)
        "${entry#* }" -m venv "$environment"
        "$environment/bin/pip" install --quiet "$wheel"
        "$environment/bin/python" - <<'PY'
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import rlx_fft

x = np.random.default_rng(0).normal(size=(8, 4096))
window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
segments = np.lib.stride_tricks.sliding_window_view(x, 256, axis=-1)[:, ::128]
spectra = np.fft.rfft((segments - segments.mean(-1, keepdims=True)) * window)
truth = (np.abs(spectra) ** 2).mean(1) / (window**2).sum()
truth[:, 1:-1] *= 2
with ThreadPoolExecutor(4) as pool:
    for _, pxx in pool.map(lambda _: rlx_fft.welch(x), range(16)):
        assert np.allclose(pxx, truth, rtol=1e-10), "numbers"
lock = getattr(sys, "_is_gil_enabled", lambda: True)()
print(f"  {sys.version.split()[0]}, NumPy {np.__version__}, {'with' if lock else 'without'} a global lock: right")
PY
        rm -rf "$environment"
    done
done
