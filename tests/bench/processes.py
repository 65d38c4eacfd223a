"""Wall time and peak memory of whole processes: qtool beside onnxruntime's Python."""

import json
import statistics
import subprocess
import sys

# A process begins with the peak memory of the one that started it, so a small one starts those to be measured.
START = """
import json, os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
print(json.dumps([time.perf_counter() - start, usage.ru_maxrss / 1024]))
sys.exit(status != 0)
"""

VERSION = "import onnxruntime; print(onnxruntime.__version__)"
DYNAMIC = """
import sys
from onnxruntime import quantization
quantization.quantize_dynamic(sys.argv[1], sys.argv[2], per_channel=True)
"""
RUN = """
import pathlib, sys
import numpy as np
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
session.run(None, {p.stem: np.load(p) for p in pathlib.Path(sys.argv[2]).glob("*.npy")})
"""


def measure(command):
    """Wall seconds and peak megabytes of a process on the CPUs of this one. Nothing below 10 MB can be told."""
    starter = [sys.executable, "-I", "-S", "-c", START]
    started = subprocess.run([*starter, *map(str, command)], capture_output=True, text=True)
    if started.returncode != 0:
        raise SystemExit(f"{command}: {started.stderr}")
    return json.loads(started.stdout)


def compare(what, ours, theirs, rounds):
    """A row of medians and ratios, taken in turns; `theirs` is None for what the peer does not have."""
    columns = {"qtool": ours} | ({"onnxruntime": theirs} if theirs else {})
    figures = {who: [] for who in columns}
    for _ in range(rounds):
        for who, command in columns.items():
            figures[who].append(measure(command))
    row = {"what": what, "rounds": rounds}
    for who, runs in figures.items():
        row[f"{who}_s"], row[f"{who}_mb"] = (statistics.median(column) for column in zip(*runs))
    if theirs:
        row["time_ratio"], row["memory_ratio"] = (row[f"qtool_{k}"] / row[f"onnxruntime_{k}"] for k in ("s", "mb"))
    print(*cells(row), flush=True)
    return row


HEADER = ["", "qtool s", "MB", "onnxruntime s", "MB", "time ratio", "memory ratio"]


def cells(row):
    """The row as text, below HEADER."""
    formats = {"qtool_s": "{:.2f}", "qtool_mb": "{:.0f}", "onnxruntime_s": "{:.2f}", "onnxruntime_mb": "{:.0f}",
               "time_ratio": "{:.3f}", "memory_ratio": "{:.3f}"}
    return [row["what"], *(form.format(row[key]) if key in row else "-" for key, form in formats.items())]


def python(code, *arguments):
    return [sys.executable, "-c", code, *arguments]


def of_quantizer(program, model, folder, rounds):
    """`--version` and `dynamic`; static quantization is in calibration.py."""
    output = folder / "written.onnx"
    return [
        compare("--version", [program, "--version"], python(VERSION), rounds),
        compare(f"dynamic {model.stem}", [program, "dynamic", model, output, "--quiet"],
                python(DYNAMIC, model, output), rounds),
    ]


def running_megabytes(program, model, feed_folder, folder):
    """Peak memory of a process that loads the model and runs one sample, in qtool and in onnxruntime."""
    ours = [program, "run", model, "--data", feed_folder, "-o", folder / "outputs", "--threads", "1", "--quiet"]
    return measure(ours)[1], measure(python(RUN, model, feed_folder))[1]
