"""The two that latency.py lets run a file: qtool, a process each time, and onnxruntime, a session that lives on."""

import json
import pathlib
import statistics
import subprocess
import time

import models  # first: it adds tests/interop to the path
import interop
import numpy as np
import onnx
from onnx import TensorProto, helper

WARM_UP = 3  # runs before those that count, as many as `qtool bench` does


def cpu_info(key):
    """The first such line of /proc/cpuinfo."""
    lines = (line.split(":") for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    return next((value.strip() for name, value in lines if name.strip() == key), "")


ISA = [flag for flag in ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8") if flag in cpu_info("flags").split()]
VNNI = any("vnni" in flag for flag in ISA)


class Qtool:
    """One file in qtool."""

    def __init__(self, program, path, sample):
        self.json = path.with_suffix(".json")
        data = ["--data", sample.calib, *sample.flags, "--max-samples", "1"]
        self.command = [program, "bench", path, *data, "--threads", "1", "--quiet", "--json", self.json]

    def measure(self, runs):
        """Median and fastest of so many runs, in ms."""
        subprocess.run([str(a) for a in [*self.command, "--rounds", runs]], check=True, stdout=subprocess.DEVNULL)
        figures = json.loads(self.json.read_text())["models"][0]["latency_ms"]
        return figures["median"], figures["min"]


class Onnxruntime:
    """One file in onnxruntime, fed one sample."""

    def __init__(self, path, feed, exact):
        self.session = interop.session(path, exact)
        self.binding = self.session.io_binding()
        for name, value in feed.items():
            self.binding.bind_cpu_input(name, value)
        for output in self.session.get_outputs():
            self.binding.bind_output(output.name)

    def measure(self, runs):
        """Median and fastest of so many runs, in ms."""
        times = []
        for _ in range(WARM_UP + runs):
            start = time.perf_counter()
            self.session.run_with_iobinding(self.binding)
            times.append(1000 * (time.perf_counter() - start))
        return statistics.median(times[WARM_UP:]), min(times[WARM_UP:])


def asks_for_exact(path, signed):
    """Whether onnxruntime has to be told to sum exactly: without VNNI, products of uint8 and int8 saturate. Those of
    int8 with int8 (`signed`) do not, but what is dynamic has uint8 in any file."""
    dynamic = any(node.op_type.startswith("Dynamic") for node in onnx.load(path).graph.node)
    return not VNNI and (dynamic or not signed)


def call_milliseconds(folder):
    """What calling onnxruntime takes in Python."""
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "nothing", [x], [y])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "nothing.onnx")
    return Onnxruntime(folder / "nothing.onnx", {"x": np.zeros(1, np.float32)}, False).measure(1000)[0]
