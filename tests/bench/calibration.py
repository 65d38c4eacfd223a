"""Calibration of ResNet-50 beside onnxruntime's quantize_static: wall time and peak memory of the whole process,
the same 32 samples, one thread each, taken in turns; medians and ratios.

    calibration.py [--rounds 5]

Writes calibration.json into the work folder and the tables into docs/results.md.
"""

import json
import os
import pathlib
import statistics

import numpy as np
import onnxruntime

import models  # first: it adds tests/interop to the path
import interop
import processes
import results

SAMPLES = 32
# Methods of qtool, and what onnxruntime calls them if it has them.
METHODS = {"minmax": "MinMax", "entropy": "Entropy", "percentile": "Percentile", "moving-average": None, "mse": None,
           "deviation": None}

PEER = """
import sys, numpy as np
import onnxruntime
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process
source, output, samples, method = sys.argv[1:]
paths = sorted(__import__("pathlib").Path(samples).glob("*.npy"))
class Reader(quantization.CalibrationDataReader):
    def __init__(self): self.feeds = iter({"x": np.load(p)} for p in paths)
    def get_next(self): return next(self.feeds, None)
quant_pre_process(source, output + ".pre", skip_symbolic_shape=True)
quantization.quantize_static(output + ".pre", output, Reader(), per_channel=True,
    activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8,
    calibrate_method=quantization.CalibrationMethod[method])
"""


def write_samples(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    for i in range(count):
        np.save(folder / f"{i:03}.npy", random.normal(size=(1, 3, 224, 224)).astype(np.float32))
    return folder


def compare_methods(program, model, work, rounds):
    """Rows of `qtool static` by every method."""
    samples, rows = work / "samples", []
    for method, peer in METHODS.items():
        ours = [program, "static", model, work / "q.onnx", "--calib", samples, "--method", method, "--quiet"]
        theirs = peer and processes.python(PEER, model, work / "o.onnx", samples, peer)
        rows.append(processes.compare(f"static --method {method}", ours, theirs, rounds))
    return rows


def cost_of_observing(program, model, work, rounds):
    """What watching all values costs over running the model, and what ten times the samples cost in memory."""
    samples, table = ["--calib", work / "samples"], ["-o", work / "t.json", "--quiet"]
    commands = {
        "run": [program, "run", model, "--data", work / "samples", "-o", work / "outputs", "--quiet"],
        "static": [program, "static", model, work / "q.onnx", *samples, "--quiet"],
        "calibrate": [program, "calibrate", model, *samples, *table],
    }
    runs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(processes.measure(command))
    seconds = {name: statistics.median(s for s, _ in figures) for name, figures in runs.items()}
    few = statistics.median(mb for _, mb in runs["calibrate"])
    many = processes.measure([program, "calibrate", model, "--calib", work / "many", *table])[1]
    return {"run_s": seconds["run"], "minmax": seconds["static"] / seconds["run"],
            "all_statistics": seconds["calibrate"] / seconds["run"], "memory_of_ten_times": many / few}


def section(result):
    """Lines for docs/results.md."""
    costs = [[what, f"{result['observing'][key]:.2f}"] for what, key in (
        ("`qtool static`, minmax / `qtool run` on the same samples, wall time", "minmax"),
        ("`qtool calibrate`, all statistics / `qtool run`, wall time", "all_statistics"),
        (f"`qtool calibrate`, {10 * SAMPLES} samples / {SAMPLES}, peak memory", "memory_of_ten_times"))]
    return [
        f"onnxruntime {onnxruntime.__version__}; medians, rounds: {result['rounds']}.",
        "",
        *results.table(processes.HEADER, map(processes.cells, result["methods"])),
        "",
        *results.table(["cost of observing", "ratio"], costs),
    ]


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="where all runs")
    a = parser.parse_args()
    os.sched_setaffinity(0, {a.cpu})
    work, program = pathlib.Path(a.work).resolve() / "calibration", pathlib.Path(a.qtool).resolve()
    model = models.write("resnet50", work).path
    write_samples(work / "samples", SAMPLES)
    write_samples(work / "many", 10 * SAMPLES)
    result = {"rounds": a.rounds, "observing": cost_of_observing(program, model, work, a.rounds),
              "methods": compare_methods(program, model, work, a.rounds)}
    (work / "calibration.json").write_text(json.dumps(result, indent=1) + "\n")
    results.write_section("calibration", section(result))


if __name__ == "__main__":
    main()
