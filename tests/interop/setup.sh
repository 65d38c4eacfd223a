#!/usr/bin/env bash
# Prepares a folder with what the tests against other programs need, and keeps what is there:
#
#   tests/interop/setup.sh <folder>
#
#   <folder>/venv          Python with the newest onnx, onnxruntime, numpy and Dask from PyPI
#   <folder>/backend       models and data of the ONNX backend tests
#   <folder>/backend_new   the node tests among them as the newest onnx makes them
# Remove the folder to get newer versions.
set -euo pipefail

# The last release whose wheel holds the backend tests.
backend_version=1.19.1

[ $# = 1 ] || { echo "usage: $0 <folder>" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python=$folder/venv/bin/python
if ! "$python" -c 'import distributed, numpy, onnx, onnxruntime' 2> /dev/null; then
  rm -rf "$folder/venv"
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install -q --upgrade onnx onnxruntime numpy distributed
fi

if [ ! -d "$folder/backend" ]; then
  "$python" -m pip download -q --no-deps --only-binary :all: -d "$work" "onnx==$backend_version"
  "$python" - "$work"/onnx-*.whl "$work/x" <<'PYTHON'
import sys, zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [n for n in wheel.namelist() if n.startswith("onnx/backend/test/data/")])
PYTHON
  mv "$work/x/onnx/backend/test/data" "$folder/backend"
fi

if [ ! -d "$folder/backend_new" ]; then
  "$python" -W ignore - "$work/new" <<'PYTHON'
import argparse, sys
from onnx.backend.test import cmd_tools, loader

# Its own command leaves the node tests out.
cmd_tools.model_test.collect_testcases = loader.load_node_model_tests
cmd_tools.generate_data(argparse.Namespace(output=sys.argv[1]))
PYTHON
  mv "$work/new" "$folder/backend_new"
fi

"$python" -c 'import numpy, onnx, onnxruntime, sys
print("python", sys.version.split()[0], *(f"{m.__name__} {m.__version__}" for m in (numpy, onnx, onnxruntime)))'
for tests in backend backend_new; do
  echo "$tests: $(find "$folder/$tests" -name '*.onnx' | wc -l) models"
done
