"""What `qtool advise` recommends, measured by onnxruntime from outside.

One case is one model: qtool advise must find, with its default bounds, a model that loses at most 0.3
points of accuracy and takes at most 0.35 of the float size (0.6 with recurrent layers), and its table
must say what this script finds with onnxruntime in Python: the accuracy within 0.1 points, the ratio of
latencies within 20 %. Both take onnxruntime as it is, without the option for exact sums. Here a run
comes through Python, which takes 10 to 20 µs and is a tenth of the smallest models' time: what a model
that does nothing takes is measured in the same turns and subtracted.
--all judges by all test images; otherwise the first 1,000 are enough.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from onnx import helper

import interop

MODELS = ("fashion_resnet", "fashion_mobile", "fashion_lstm", "fashion_vit", "magika_fast_v2_1")
RECURRENT = {"fashion_lstm"}
FEW = 1000


def session(path):
    """Of a path or of the bytes of a model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def accuracy(runner, feeds, labels):
    """In points, of single samples."""
    name = runner.get_inputs()[0].name
    return 100 * np.mean([np.argmax(runner.run(None, {name: x})[0]) == y for x, y in zip(feeds, labels)])


def do_nothing(feed):
    """A session of a model that returns its input, whose time is what a call from Python takes."""
    dtype = helper.np_dtype_to_tensor_dtype(feed.dtype)
    x, y = (helper.make_tensor_value_info(name, dtype, feed.shape) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [x], [y])
    return session(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString())


def latency_ratio(first, second, feeds, rounds=200):
    """The ratio second / first of the median times over rounds, run in turns, without the calls from Python."""
    runners = (first, second, do_nothing(feeds[0]))
    times = np.empty((rounds, len(runners)))
    for i in range(-20, rounds):
        for k, runner in enumerate(runners):
            feed = {runner.get_inputs()[0].name: feeds[i % len(feeds)]}
            start = time.perf_counter()
            runner.run(None, feed)
            times[i, k] = time.perf_counter() - start
    first_time, second_time, call = np.median(times, axis=0)
    return (second_time - call) / (first_time - call)


def advised(program, sample, data, labels, folder):
    """The recommended model's path, and what qtool says of it and of the float model."""
    best = folder / f"{sample.name}.onnx"
    line = [program, "advise", sample.path, "--calib", sample.calib, "--data", data, "--labels", labels]
    line += ["-o", best, "--json", folder / "advise.json", "--trials", folder / f"{sample.name}.trials", "--threads", 1]
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    done = subprocess.run([*map(str, line), *sample.flags], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"exit code {done.returncode}: {done.stderr.strip()}")
    said = json.loads((folder / "advise.json").read_text())
    return best, said["models"][0], said["models"][1]


def judge(program, sample, count, folder):
    """Figures and problems of one model."""
    inputs, labels = sample.evaluation(count), sample.labels()[:count]
    feeds = [np.asarray(x) for x in inputs] if isinstance(inputs, list) else [x[None] for x in inputs]
    stored = interop.DATA / "eval" / ("magika" if not sample.free_batch else sample.images)
    data = next(p for p in (stored / "inputs.npy", stored / "images.npz") if p.exists())
    if sample.free_batch:  # as it is stored, for qtool to normalize
        images = np.load(data)
        np.save(folder / "images.npy", images[images.files[0]][:count])
        data = folder / "images.npy"
    np.save(folder / "labels.npy", labels)
    # A busy machine is not equally busy at two times: what is looked for is one at which both agree. What the
    # program knows already of its trials it reads again; only the best of them are timed again.
    for _ in range(5):
        best, float_row, row = advised(program, sample, data, folder / "labels.npy", folder)
        if row["backend"] != "onnxruntime":
            return f"measured by {row['backend']}", "onnxruntime was not used"
        runners = session(str(sample.path)), session(str(best))
        ratio = latency_ratio(*runners, feeds[:16])
        if abs(ratio / row["latency_ratio"] - 1) <= 0.2:
            break

    found = [accuracy(runner, feeds, labels) for runner in runners]
    said = [100 * float_row["scores"]["top1"], 100 * row["scores"]["top1"]]
    size = best.stat().st_size / sample.path.stat().st_size
    problems = []
    if found[0] - found[1] > 0.3:
        problems.append(f"loses {found[0] - found[1]:.2f} points")
    if size > (0.6 if sample.name in RECURRENT else 0.35):
        problems.append(f"{size:.3f} of the size")
    if max(abs(a - b) for a, b in zip(found, said)) > 0.1:
        problems.append(f"accuracies {said} in the table, {found} found")
    if abs(ratio / row["latency_ratio"] - 1) > 0.2:
        problems.append(f"{row['latency_ratio']:.2f} of the latency in the table, {ratio:.2f} found")
    figures = f"{row['path']}: {found[0]:.2f} -> {found[1]:.2f} %, {size:.3f} of the size, {ratio:.2f} of the latency"
    return f"{figures} (table {row['latency_ratio']:.2f})", "; ".join(problems)


def main():
    parser = interop.parser(__doc__)
    parser.add_argument("--all", action="store_true", help="judge by all test images")
    arguments = parser.parse_args()
    tally = interop.Tally()
    for name in MODELS:
        sample = interop.ALL_SAMPLES[name]
        with tempfile.TemporaryDirectory() as folder:
            figures, problem = judge(arguments.qtool, sample, None if arguments.all else FEW, interop.pathlib.Path(folder))
        tally.add(f"advise {name}", problem, figures)
    tally.finish()


if __name__ == "__main__":
    main()
