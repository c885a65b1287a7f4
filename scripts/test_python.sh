#!/usr/bin/env bash
# Builds the Python package's wheel from the checkout, installs it into a virtual environment with the systems that it
# is compared with, and runs its tests: scripts/test_python.sh [PYTEST ARGUMENTS]
#
# Four programs on top of SciPy (MNE, antropy, neurokit2, tsfel) and transformers run with the package inside, xarray's and
# strict array-API arrays are read: some 300 MB, installed once. lhotse comes with torch.
#
# PYTHON_ENV is the environment (made if absent); WITHOUT_TORCH=1 leaves torch and torchaudio out (some 5 GB with the
# CUDA libraries that PyPI's build loads) and skips their tests; RLX_TEST_EXAMPLES is Hypothesis' number of examples.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
environment="${PYTHON_ENV:-$CARGO_TARGET_DIR/python-tests}"
wheels="$CARGO_TARGET_DIR/wheels"
[[ -x "$environment/bin/python" ]] || python3 -m venv "$environment"
python="$environment/bin/python"

"$python" -m pip install --quiet maturin numpy scipy pytest hypothesis librosa kaldi-native-fbank pyarrow matplotlib mypy
# The engines with adapters; Spark is left out for its size, and its test skipped.
"$python" -m pip install --quiet polars duckdb 'dask[array]' 'ray[data]' daft
"$python" -m pip install --quiet xarray array-api-strict mne antropy neurokit2 tsfel transformers
export RLX_TEST_CLIENTS=1
if [[ -z "${WITHOUT_TORCH:-}" ]]; then
    # The last torchaudio, and the torch that it was built for.
    "$python" -m pip install --quiet torch==2.11.0 torchaudio==2.11.0 lhotse safetensors onnx onnxruntime
    export RLX_TEST_PEERS=1
fi
rm -f "$wheels"/rlx_fft-*.whl
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$wheels" ./bindings/python
"$python" -m pip install --quiet --force-reinstall --no-deps "$wheels"/rlx_fft-*.whl
RLX_TEST_WHEEL=$(ls "$wheels"/rlx_fft-*.whl)
export RLX_TEST_WHEEL

cd bindings/python
"$python" -m mypy --check-untyped-defs python/rlx_fft
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MPLBACKEND=agg "$python" -m pytest -q "$@"
