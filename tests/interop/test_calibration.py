"""Calibration tables: what they hold of a model's input, and the ranges that follow, against NumPy on the
same numbers; the same bytes from shards, threads and after kills."""

import json
import random
import signal
import subprocess
import time

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import quant_utils

import interop

SAMPLE = interop.SAMPLES["fashion_mobile"]
FLOAT8 = ["--activation-type", "e4m3fn", "--weight-type", "e4m3fn"]
# What float8 may cost of top-1, in points, by method.
FLOAT8_LOSSES = {
    "fashion_resnet": {"minmax": 0.5, "distribution": 1.5},
    "fashion_mobile": {"minmax": 0.5, "distribution": 4},
}
INPUT = "x"
SIDE = 4096  # bins of a histogram on each side of 0
# Numbers that methods cut in different places: long tails, one side only, far outliers.
DISTRIBUTIONS = {
    "laplace": lambda random, shape: random.laplace(size=shape),
    "half lognormal": lambda random, shape: random.lognormal(size=shape) * (random.random(shape) < 0.5),
    "student": lambda random, shape: random.standard_t(3, shape) + 0.5,
}
MODEL = """<ir_version: 8, opset_import: ["" : 17]>
made (float[1, 1, 100, 100] x) => (float[1, 1, 100, 100] y) <float[1, 1, 1, 1] w = {1.5}> { y = Conv(x, w) }"""


class Made:
    """A model whose input holds numbers of a distribution."""

    def __init__(self, name, folder):
        random = np.random.default_rng(1)
        self.flags, self.path, self.calib = [], folder / "made.onnx", folder / name
        onnx.save(onnx.parser.parse_model(MODEL), self.path)
        self.calib.mkdir(parents=True, exist_ok=True)
        self.x = DISTRIBUTIONS[name](random, (16, 1, 100, 100)).astype(np.float32)
        for i, sample in enumerate(self.x):
            np.save(self.calib / f"{i:02}.npy", sample[None])


class Table:
    """A calibration table with what it says of one value."""

    def __init__(self, path, value):
        entry = json.loads(path.read_text())["values"][value]
        self.count, self.min, self.max = entry["range"]
        self.mean = exact_sum(entry["sum"]) / self.count
        self.power = exact_sum(entry["squares"]) / self.count
        histogram = entry["histogram"]
        self.width = 2.0 ** histogram["width"]
        self.counts = np.zeros(2 * SIDE, np.int64)
        first = histogram["first"] + SIDE
        self.counts[first : first + len(histogram["counts"])] = histogram["counts"]


def exact_sum(text):
    digits, _, place = text.partition("p")
    return int(digits, 16) * 2.0 ** int(place or 0)


def calibrate(qtool, output, *options, sample=SAMPLE):
    qtool("calibrate", sample.path, "--calib", sample.calib, *sample.flags, "-o", output, *options)
    return output


def range_of(qtool, sample, *options):
    """The range of the model's input that static takes by a method."""
    saved = qtool.work / "ranges.json"
    qtool("static", sample.path, qtool.work / "out.onnx", "--calib", sample.calib, *options, "--save-ranges", saved)
    return json.loads(saved.read_text())["values"][INPUT]


def reference_mse(x, levels=256):
    """The range with the least squared error of rounding and cutting, over the ends that qtool tries."""
    low, high = min(x.min(), 0), max(x.max(), 0)
    x = np.sort(x.astype(np.float64))
    first, second = np.concatenate([[0], np.cumsum(x)]), np.concatenate([[0], np.cumsum(x * x)])

    def distance(a, b, end):
        return second[b] - second[a] - 2 * end * (first[b] - first[a]) + end * end * (b - a)

    best = None
    for a in range(1, 129):
        for b in range(1, 129):
            l, h = low * a / 128, high * b / 128
            i, j = np.searchsorted(x, l), np.searchsorted(x, h)
            error = distance(0, i, l) + distance(j, len(x), h) + (j - i) * ((h - l) / (levels - 1)) ** 2 / 12
            if best is None or error < best[0]:
                best = (error, l, h)
    return best


def reference_entropy(table, levels=128):
    """The least divergence of the histogram, bin by bin as the definition says."""
    sides = [table.counts[:SIDE][::-1].astype(float), table.counts[SIDE:].astype(float)]
    width, bins = table.width, max(len(np.trim_zeros(side, "b")) for side in sides)
    while bins > 2048:
        sides, bins, width = [side.reshape(-1, 2).sum(1) for side in sides], (bins + 1) // 2, 2 * width
    for side in sides:
        side[0] = min(side[0], side[1])
    best = (np.inf, bins)
    for end in range(levels, bins + 1):
        ps, qs = [], []
        for side in sides:
            p, q = side[:end].copy(), np.zeros(end)
            p[-1] += side[end:].sum()
            for level in range(levels):
                run = slice(level * end // levels, (level + 1) * end // levels)
                filled = p[run] > 0
                q[run][filled] = max(side[run].sum(), 1) / max(filled.sum(), 1)
            ps.append(p), qs.append(q)
        p, q = np.concatenate(ps), np.concatenate(qs)
        inside = sum(side[:end].sum() for side in sides)
        p, q = p / p.sum(), q / inside
        divergence = np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0]))
        best = min(best, (divergence, end))
    return best[1] * width


def l2_error(counts, first, last, levels):
    """Squared error of numbers that lie evenly in their bins, rounded to the middles of equal parts of bins
    first to last: the integral between all borders of bins and parts."""
    step = (last - first + 1) / levels
    borders = np.concatenate([np.arange(len(counts) + 1) - first, np.arange(levels + 1) * step])
    borders = np.unique(np.clip(borders, -first, len(counts) - first))
    low, high = borders[:-1], borders[1:]
    middle = (low + high) / 2
    density = counts[np.clip(np.floor(middle).astype(int) + first, 0, len(counts) - 1)]
    level = (np.clip(np.floor(middle / step), 0, levels - 1) + 0.5) * step
    return np.sum(density * ((high - level) ** 3 - (low - level) ** 3) / 3)


def reference_l2(table, levels=256):
    """The search of PyTorch's HistogramObserver on the table's histogram; ends stay on their side of 0."""
    filled = np.flatnonzero(table.counts)
    first, last = min(filled[0], SIDE), max(filled[-1], SIDE)
    share = np.cumsum(table.counts) / table.counts.sum()
    least, low, high, step = l2_error(table.counts, first, last, levels), 0.0, 1.0, 1e-5
    while low < high:
        left = min(max(first, np.searchsorted(share, low + step)), SIDE)
        right = max(min(last, np.searchsorted(share, high - step, "right")), SIDE)
        if left - first > last - right:
            low, new = low + step, (left, last)
        else:
            high, new = high - step, (first, right)
        if new == (first, last):
            continue
        error = l2_error(table.counts, *new, levels)
        if error > least:
            break
        least, (first, last) = error, new
    return (first - SIDE) * table.width, (last + 1 - SIDE) * table.width


def check_statistics(qtool, tally, name):
    sample = Made(name, qtool.work)
    x = sample.x.ravel()
    told = Table(calibrate(qtool, qtool.work / "made.json", sample=sample), INPUT)

    def add(what, holds, figures, expected="NumPy's"):
        tally.add(f"{name}, {what}", "" if holds else f"is not {expected}", figures)

    exact = told.count == x.size and told.min == x.min() and told.max == x.max()
    add("count, min, max", exact, f"{told.count} in [{told.min:.4g}, {told.max:.4g}]")
    wide = x.astype(np.float64)
    close = np.isclose(told.mean, wide.mean(), rtol=1e-9) and np.isclose(told.power, (wide**2).mean(), rtol=1e-9)
    add("moments", close, f"mean {told.mean:.6f}, mean square {told.power:.6f}")
    counts = np.bincount(np.floor(wide / told.width).astype(int) + SIDE, minlength=2 * SIDE)
    add("histogram", np.array_equal(counts, told.counts), f"bins of {told.width:.3g}")
    low, high = range_of(qtool, sample, "--method", "percentile", "--percentile", "99")
    expected = np.clip(np.percentile(wide, [0.5, 99.5]), x.min(), x.max())
    add("percentile", np.all(np.abs(expected - [low, high]) <= told.width), f"[{low:.4f}, {high:.4f}]", expected)
    low, high = range_of(qtool, sample, "--method", "mse")
    _, l, h = reference_mse(x)
    step = told.width + max(-told.min, told.max) / 128
    add("mse", abs(max(l, x.min()) - low) <= step and abs(h - high) <= step, f"[{low:.4f}, {high:.4f}]", [l, h])
    low, high = range_of(qtool, sample, "--method", "entropy")
    end = reference_entropy(told)
    holds = np.isclose(low, max(told.min, -end)) and np.isclose(high, min(told.max, end))
    add("entropy", holds, f"[{low:.4f}, {high:.4f}]", f"cut at {end:.4f}")
    low, high = range_of(qtool, sample, "--method", "l2")
    l, h = reference_l2(told)
    holds = abs(max(l, told.min) - low) <= told.width and abs(min(h, told.max) - high) <= told.width
    add("l2", holds, f"[{low:.4f}, {high:.4f}]", [l, h])
    low, high = range_of(qtool, sample, "--method", "moving-average", "--averaging", "0.1")
    lows, highs = sample.x.min((1, 2, 3)), sample.x.max((1, 2, 3))
    weights = 0.9 ** np.arange(15, -1, -1) * np.where(np.arange(16) == 0, 1, 0.1)
    expected = [weights @ lows, weights @ highs]
    add("moving average", np.allclose([low, high], expected, rtol=1e-5), f"[{low:.4f}, {high:.4f}]", expected)


def input_scale(path):
    """Scale and zero point of the model's input."""
    graph = onnx.load(path).graph
    node = next(n for n in graph.node if n.op_type == "QuantizeLinear" and n.input[0] == INPUT)
    constants = {c.name: onnx.numpy_helper.to_array(c) for c in graph.initializer}
    return constants[node.input[1]], constants[node.input[2]]


def check_distribution(qtool, tally, name):
    """The scale of method distribution is that of the definition, and onnxruntime's for the same deviation."""
    sample, output = Made(name, qtool.work), qtool.work / "float8.onnx"
    qtool("static", sample.path, output, "--calib", sample.calib, "--method", "distribution", *FLOAT8)
    onnx.checker.check_model(output, full_check=True)
    scale, zero = input_scale(output)
    deviation = sample.x.astype(np.float64).std()
    numbers = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e4m3fn).astype(np.float64)
    expected = deviation / numbers[np.isfinite(numbers)].std()
    _, theirs = quant_utils.compute_scale_zp_float8(onnx.TensorProto.FLOAT8E4M3FN, np.float32(deviation))
    holds = np.allclose([scale, scale], [expected, theirs], rtol=1e-6) and zero.astype(np.float32) == 0
    typed = zero.dtype == ml_dtypes.float8_e4m3fn
    tally.add(f"{name}, distribution", "" if holds and typed else f"is not {expected}", f"scale {scale:.6g}")


def float8_outputs(path, inputs):
    """onnxruntime's, node by node: it would fuse as for integers, which drops every Relu before QuantizeLinear."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def check_float8(qtool, tally, name):
    """What float8 costs on labelled images in onnxruntime."""
    sample, count = interop.SAMPLES[name], 1000
    images, labels = sample.evaluation(count), sample.labels()[:count]
    right = {"float": np.mean(float8_outputs(sample.path, images).argmax(-1) == labels)}
    for method in FLOAT8_LOSSES[name]:
        output = qtool.work / f"{name} {method}.onnx"
        qtool("static", sample.path, output, "--calib", sample.calib, *sample.flags, "--method", method, *FLOAT8)
        right[method] = np.mean(float8_outputs(output, images).argmax(-1) == labels)
    for method, most in FLOAT8_LOSSES[name].items():
        loss = 100 * (right["float"] - right[method])
        tally.add(f"{name}, float8 by {method}", "" if loss <= most else f"loses more than {most} points", f"{right[method]:.2%} of {right['float']:.2%}")


def check_bytes(qtool, tally, table):
    """Shards in any order and any number of threads give the bytes of one run."""
    expected = table.read_bytes()
    for shards in (2, 7):
        parts = [calibrate(qtool, qtool.work / f"{i}.json", "--shard", f"{i}/{shards}") for i in range(shards)]
        random.Random(shards).shuffle(parts)
        merged = qtool.work / "merged.json"
        qtool("merge", *parts, "-o", merged)
        tally.add(f"{shards} shards", "" if merged.read_bytes() == expected else "give other bytes", "merged in a random order")
    for threads in (2, 4):
        other = calibrate(qtool, qtool.work / "threads.json", "--threads", threads)
        tally.add(f"{threads} threads", "" if other.read_bytes() == expected else "give other bytes", "")


def check_kills(qtool, tally, table, kills=50):
    """Killed at random moments, the table on disk is always whole, and going on ends in the same bytes."""
    output = qtool.work / "killed.json"
    output.unlink(missing_ok=True)
    command = [str(a) for a in (qtool.program, "calibrate", SAMPLE.path, "--calib", SAMPLE.calib, *SAMPLE.flags, "-o", output)]
    moments, torn, seen = random.Random(1), 0, set()
    for _ in range(kills):
        process = subprocess.Popen([*command, "--resume"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.02, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if output.exists():
            try:
                seen.add(sum(end - first for first, end in json.loads(output.read_text())["samples"]))
            except ValueError:
                torn += 1
        if output.exists() and seen and max(seen) == 256:
            output.unlink()
            seen = {0}
    tally.add(f"{kills} kills", f"{torn} tables were torn" if torn else "", "")
    subprocess.run([*command, "--resume"], check=True, stdout=subprocess.DEVNULL)
    tally.add("resumed", "" if output.read_bytes() == table.read_bytes() else "gives other bytes", "")


def main():
    arguments = interop.parser(__doc__.splitlines()[0]).parse_args()
    qtool, tally = interop.Qtool(arguments.qtool, arguments.work), interop.Tally()
    for name in DISTRIBUTIONS:
        check_statistics(qtool, tally, name)
        check_distribution(qtool, tally, name)
    for name in FLOAT8_LOSSES:
        check_float8(qtool, tally, name)
    table = calibrate(qtool, qtool.work / "table.json")
    check_bytes(qtool, tally, table)
    check_kills(qtool, tally, table)
    tally.finish()


if __name__ == "__main__":
    main()
