"""Calibration of ResNet-50 beside onnxruntime's quantize_static: wall time and peak memory of the whole process,
the same 32 samples, one thread each, taken in turns; medians and ratios.

    calibration.py --qtool build/release/bin/qtool --work <folder> [--rounds 5]

Prints a table and writes calibration.json into the folder.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

import models

SAMPLES = 32
METHODS = {"minmax": "MinMax", "entropy": "Entropy", "percentile": "Percentile"}

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


def measure(command):
    """Wall seconds and peak megabytes of a process."""
    start = time.perf_counter()
    process = subprocess.Popen([str(a) for a in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command}: {process.stderr.read().decode()}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def write_samples(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(1)
    for i in range(count):
        path = folder / f"{i:03}.npy"
        if not path.exists():
            np.save(path, random.normal(size=(1, 3, 224, 224)).astype(np.float32))
    return folder


def compare(a, work, model):
    samples, rows = work / "samples", []
    for ours, theirs in METHODS.items():
        figures = {"qtool": [], "onnxruntime": []}
        for _ in range(a.rounds):
            figures["qtool"].append(measure(
                [a.qtool, "static", model, work / "q.onnx", "--calib", samples, "--method", ours, "--quiet"]))
            figures["onnxruntime"].append(measure(
                [sys.executable, "-c", PEER, model, work / "o.onnx", samples, theirs]))
        row = {"method": ours, "rounds": a.rounds}
        for who, runs in figures.items():
            row[f"{who} s"], row[f"{who} MB"] = (statistics.median(column) for column in zip(*runs))
        row["time ratio"] = row["qtool s"] / row["onnxruntime s"]
        row["memory ratio"] = row["qtool MB"] / row["onnxruntime MB"]
        rows.append(row)
        print("{method:<11} qtool {qtool s:6.1f} s {qtool MB:6.0f} MB   onnxruntime {onnxruntime s:6.1f} s "
              "{onnxruntime MB:6.0f} MB   ratio {time ratio:.3f} {memory ratio:.3f}".format(**row), flush=True)
    return rows


def cost_of_observing(a, work, model):
    """What watching all values costs over running the model, and what ten times the samples cost in memory."""
    samples, many = work / "samples", work / "many"
    run = [a.qtool, "run", model, "--data", samples, "-o", work / "outputs", "--quiet"]
    static = [a.qtool, "static", model, work / "q.onnx", "--calib", samples, "--quiet"]
    calibrate = [a.qtool, "calibrate", model, "--calib", samples, "-o", work / "t.json", "--quiet"]
    plain, minmax, all_methods = (
        statistics.median(measure(command)[0] for _ in range(a.rounds)) for command in (run, static, calibrate))
    few, more = (measure([a.qtool, "calibrate", model, "--calib", s, "-o", work / "t.json", "--quiet"])[1]
                 for s in (samples, many))
    print(f"run {plain:.2f} s, static by minmax {minmax:.2f} s ({minmax / plain:.2f}), all statistics {all_methods:.2f} s "
          f"({all_methods / plain:.2f}); {SAMPLES} samples {few:.0f} MB, {10 * SAMPLES} {more:.0f} MB ({more / few:.3f})")
    return {"run s": plain, "minmax s": minmax, "statistics s": all_methods, "MB": few, "MB of ten times": more}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--qtool", required=True, type=pathlib.Path)
    parser.add_argument("--work", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    a = parser.parse_args()
    a.qtool = a.qtool.resolve()
    model = models.write("resnet50", a.work)
    write_samples(a.work / "samples", SAMPLES)
    write_samples(a.work / "many", 10 * SAMPLES)
    result = {"observing": cost_of_observing(a, a.work, model), "methods": compare(a, a.work, model)}
    (a.work / "calibration.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
