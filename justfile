# Everyday commands. `just` alone lists them.
# Arguments after a recipe's name go to the program; one leading `--` is dropped, so that both
# `just bench-welch-peaks --batch 32` and `just bench-welch-peaks -- --batch 32` work.

set positional-arguments

# Cargo features of the program: `just features=apple-silicon test-rlx-fft-welch-peaks`.
features := ""
with_features := if features == "" { "" } else { "--features " + features }

# This list.
default:
    @just --list

# Builds everything.
build:
    cargo build --workspace {{with_features}}

# Runs the program: just run -- peaks examples/data/ppg_100hz.csv --rate 100
run *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo run --release -p rlx-fft {{with_features}} -- "$@"

# All quick tests, or those that cargo's arguments choose: just test -p rlx-fft
test *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    [[ $# -gt 0 ]] || set -- --workspace
    cargo test {{with_features}} "$@"

# The tests of the Welch peaks, from kernels to program.
test-rlx-fft-welch-peaks:
    cargo test -p rlx-fft-dsp peak
    cargo test -p rlx-fft {{with_features}} welch_peaks

# The same with the long tests.
test-full *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    [[ $# -gt 0 ]] || set -- --workspace
    RLX_TEST_FULL=1 cargo test {{with_features}} "$@"

# Times the ways to the strongest Welch peaks: just bench-welch-peaks -- --n-fft 256 --batch 1024,8192 --k 16
bench-welch-peaks *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo run --release -p rlx-fft {{with_features}} -- bench-welch-peaks "$@"

# Peaks over transform lengths, batches and devices: just bench-sweep -- --devices all --plot sweep.svg --html sweep.html
bench-sweep *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo run --release -p rlx-fft {{with_features}} -- bench-sweep "$@"

# The same peaks by five routes: just bench-fusion-phases -- --n-fft 256 --batch 8192 --k 16
bench-fusion-phases *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo run --release -p rlx-fft {{with_features}} -- bench-fusion-phases "$@"

# Calibration, benches and the picker's check of a device in one JSON: just rig-bench local 32-65536 cuda
rig-bench host="local" batches="32,1024,8192,65536" device="cuda":
    scripts/rig.sh bench-rlx-fft-welch-peaks "$1" "$2" "$3"

# What became faster or slower: just compare-rigs rig-before.json rig-after.json
compare-rigs *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo run --release -p rlx-fft {{with_features}} -- compare-rigs "$@"

# The tests of the fusion gate.
test-rlx-fft-fusion-gate:
    cargo test -p rlx-fft-compile --lib -- gate fusion

# The Python package: wheel, environment, tests beside SciPy, librosa, Kaldi and torchaudio: just test-python -k mel
test-python *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    scripts/test_python.sh "$@"

# Damaged files and extreme arguments against the whole program, for ten minutes: just attack --seconds 60 --seed 2
attack *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo build --release -p rlx-fft {{with_features}}
    python3 scripts/attack.py "$@"

# Full disks, signals, containers, closed streams and pipes around the program: just faults --all
faults *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo build --release -p rlx-fft {{with_features}}
    python3 scripts/faults.py "$@"

# SQL with spectral functions, on this machine or a cluster: just sql "select welch_freqs(100.0, 8)" -f csv
sql *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo run --release --quiet --manifest-path crates/sql/Cargo.toml --features cluster --bin rlx-fft-sql -- "$@"

# A scheduler and two executors on loopback, until Ctrl-C: just cluster 50050
cluster port="50050":
    scripts/cluster.sh "$1"

# The tests of SQL: functions, aggregates, tables, the program; all in one test program.
test-sql *args:
    scripts/test_sql.sh --skip cluster:: "$@"

# The tests of the cluster: two executor processes on loopback.
test-cluster *args:
    scripts/test_sql.sh cluster:: "$@"

# The viewer in a real browser, its server under attack, reports, and the live view in tmux: just test-view
test-view *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    cargo build --release -p rlx-fft {{with_features}}
    program="${CARGO_TARGET_DIR:-target}/release/rlx-fft"
    python3 scripts/test_view.py "$program" "$@"
    python3 scripts/test_live.py "$program"

# The npm package in bindings/web/dist, by scripts/cargo_web.sh.
build-web:
    scripts/build_web.sh

# The viewer as a folder for any static host, bindings/web/site-dist.
build-site: build-web
    scripts/build_site.py

# The npm package in Node and in headless Chromium, and the static page: just test-web --only pool
test-web *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    just build-site
    python3 scripts/test_web.py "$@"

# Formatting and lints.
lint:
    cargo fmt --check
    python3 scripts/check_english.py
    cargo clippy --workspace --all-targets {{with_features}} -- -D warnings

# Documentation of the libraries, without warnings.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps {{with_features}}

# Licences, duplicate and unwanted crates, sources.
deny:
    cargo deny check licenses bans sources

# What CI runs.
ci:
    .ci/run

# Checks that every package could be published: just publish-dry-run --no-verify
publish-dry-run *args:
    #!/usr/bin/env bash
    set -euo pipefail
    [[ "${1-}" == "--" ]] && shift
    scripts/publish.sh "$@"
