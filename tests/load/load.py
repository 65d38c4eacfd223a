"""Large work: many nodes, many files, weights of many gigabytes, many runs. Each case has a bound of time and of
memory, which it prints beside what was taken.

    python tests/load/load.py [--qtool PROGRAM] [--work FOLDER] [--full] [--only TEXT]

Without --full the sizes are those that fit a minute each.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/bench"))
import processes  # noqa: E402

MB = 1 << 20


class Unmet(Exception):
    """What a case expected and did not get."""


def expect(condition, message):
    if not condition:
        raise Unmet(message)


def measured(command, seconds, megabytes):
    """Runs a command; returns what it took as text, if it ended well within these bounds."""
    took, peak = processes.measure(command)
    text = f"{command[1]}: {took:.1f} s (bound {seconds}), {peak:.0f} MB (bound {megabytes})"
    expect(took <= seconds and peak <= megabytes, text)
    return text


def save(path, nodes, initializers, shape):
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "g", [value("x")], [value("y")], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())


def many_nodes(qtool, folder, full):
    """A chain of 100,000 nodes, of which every tenth is a product with a matrix."""
    count = 100_000
    rng = np.random.default_rng(1)
    nodes, initializers = [], []
    for i in range(count):
        source, target = f"v{i}" if i else "x", f"v{i + 1}" if i + 1 < count else "y"
        if i % 10 == 0:
            initializers.append(onnx.numpy_helper.from_array(rng.normal(0, 0.5, (4, 4)).astype(np.float32), f"w{i}"))
            nodes.append(helper.make_node("MatMul", [source, f"w{i}"], [target], f"n{i}"))
        else:
            nodes.append(helper.make_node(("Relu", "Sigmoid", "Tanh")[i % 3], [source], [target], f"n{i}"))
    save(folder / "nodes.onnx", nodes, initializers, [1, 4])
    np.save(folder / "x.npy", np.ones([8, 4], np.float32))
    samples = folder / "x.npy"
    yield measured([qtool, "inspect", folder / "nodes.onnx"], 40, 400)
    yield measured([qtool, "dynamic", folder / "nodes.onnx", folder / "dynamic.onnx"], 120, 1000)
    yield measured([qtool, "static", folder / "nodes.onnx", folder / "static.onnx", "--calib", samples], 180, 1000)
    yield measured([qtool, "run", folder / "dynamic.onnx", "--data", samples, "-o", folder / "out", "--max-samples", 1], 120, 1000)


def external_weights(path, matrices, size):
    """`matrices` products of [size, size], whose weights lie in a file of mostly holes, each with some numbers."""
    bytes_each = 4 * size * size
    rng = np.random.default_rng(2)
    nodes, initializers = [], []
    with open(path.with_suffix(".weights"), "wb") as data:
        for i in range(matrices):
            data.seek(i * bytes_each)
            data.write(rng.normal(0, 1, 64 * size).astype(np.float32).tobytes())
            tensor = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[size, size], data_location=TensorProto.EXTERNAL)
            for key, value in (("location", data_name(path)), ("offset", i * bytes_each), ("length", bytes_each)):
                tensor.external_data.add(key=key, value=str(value))
            initializers.append(tensor)
            nodes.append(helper.make_node("MatMul", [f"v{i}" if i else "x", f"w{i}"], [f"v{i + 1}" if i + 1 < matrices else "y"], f"n{i}"))
        data.truncate(matrices * bytes_each)
    save(path, nodes, initializers, [1, size])


def data_name(path):
    return path.with_suffix(".weights").name


def large_weights(qtool, folder, full):
    """Weights of 6 GB in external data, in less memory than 1 GB; what is written over 2 GB has external data."""
    size = 8192 if full else 2048
    matrices = 24 if full else 40
    model = folder / "weights.onnx"
    external_weights(model, matrices, size)
    gigabytes = matrices * 4 * size * size / 2**30
    bounds = (480, 1000) if full else (120, 300)
    yield f"{gigabytes:.1f} GB of weights"
    yield measured([qtool, "dynamic", model, folder / "int8.onnx"], *bounds)
    yield measured([qtool, "plan", model, "--dynamic", "-o", folder / "plan.json"], *bounds)
    yield measured([qtool, "dynamic", model, folder / "half.onnx", "--mode", "*=float16"], *bounds)
    stored = sum(p.stat().st_size for p in folder.glob("half.onnx*")) / 2**30
    expect(abs(stored / (gigabytes / 2) - 1) < 0.01, f"half.onnx takes {stored:.2f} GB")
    expect(full == (len(list(folder.glob("half.onnx.*.data"))) == 1), "external data beside half.onnx")
    for name in ("int8", "half"):
        onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        yield f"{name}.onnx: loaded by onnxruntime"


def many_samples(qtool, folder, full):
    """Samples in 100,000 files."""
    count = 100_000
    samples = folder / "samples"
    samples.mkdir()
    image = np.zeros([1, 28, 28], np.float32)
    for i in range(count):
        image[0, i % 28, i // 28 % 28] += 1
        np.save(samples / f"{i:06}.npy", image)
    model = ROOT / "data/models/mnist_cntk.onnx"
    yield measured([qtool, "static", model, folder / "few.onnx", "--calib", samples, "--max-samples", 1000], 60, 250)
    yield measured([qtool, "calibrate", model, "--calib", samples, "-o", folder / "table.json"], 360, 250)


def many_runs(qtool, folder, full):
    """Runs again and again: memory after a tenth of the time is that of the end."""
    seconds = 3600 if full else 20
    model = ROOT / "data/models/fashion_mobile.onnx"
    np.save(folder / "x.npy", np.ones([16, 1, 28, 28], np.float32))
    command = [qtool, "bench", model, model, "--data", folder / "x.npy", "--rounds", 10**9, "--quiet"]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    sizes = []
    for _ in range(10):
        time.sleep(seconds / 10)
        expect(process.poll() is None, "the program ended")
        pages = int(pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()[1])
        sizes.append(pages * os.sysconf("SC_PAGESIZE") / MB)
    process.kill()
    process.wait()
    text = f"bench for {seconds} s: {sizes[0]:.1f} MB, then {sizes[-1]:.1f} MB"
    expect(sizes[-1] < sizes[0] * 1.02 + 1, text)
    yield text


CASES = (many_nodes, large_weights, many_samples, many_runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--qtool", default=ROOT / "build/release/bin/qtool")
    parser.add_argument("--work", default=ROOT / "build/release/interop/work/load", type=pathlib.Path)
    parser.add_argument("--full", action="store_true", help="6 GB of weights, an hour of runs")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    failed = passed = 0
    for case in CASES:
        if arguments.only not in case.__name__:
            continue
        folder = arguments.work / case.__name__
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            for line in case(arguments.qtool, folder, arguments.full):
                print(f"{case.__name__}: {line}", flush=True)
            passed += 1
            print(f"PASS {case.__name__}", flush=True)
        except Unmet as unmet:
            failed += 1
            print(f"FAIL {case.__name__}: {unmet}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)


if __name__ == "__main__":
    main()
