#!/usr/bin/env bash
# Prepares a folder with what the tests against other programs need, and keeps what is there:
#
#   tests/interop/setup.sh <folder>
#
#   <folder>/venv      Python with the newest onnx, onnxruntime and numpy from PyPI
#   <folder>/backend   models and data of the ONNX backend tests
# Remove the folder to get newer versions.
set -euo pipefail

# The last release whose wheel holds the backend tests.
backend_version=1.19.1

[ $# = 1 ] || { echo "usage: $0 <folder>" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ ! -e "$folder/venv/complete" ]; then
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install -q --upgrade onnx onnxruntime numpy
  touch "$folder/venv/complete"
fi
python=$folder/venv/bin/python

if [ ! -d "$folder/backend" ]; then
  "$python" -m pip download -q --no-deps --only-binary :all: -d "$work" "onnx==$backend_version"
  "$python" - "$work"/onnx-*.whl "$work/x" <<'PYTHON'
import sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith("onnx/backend/test/data/")])
PYTHON
  mv "$work/x/onnx/backend/test/data" "$folder/backend"
fi

"$python" -c 'import numpy, onnx, onnxruntime, sys
print("python", sys.version.split()[0], *(f"{m.__name__} {m.__version__}" for m in (numpy, onnx, onnxruntime)))'
echo "backend tests of onnx $backend_version: $(find "$folder/backend" -name '*.onnx' | wc -l) models"
