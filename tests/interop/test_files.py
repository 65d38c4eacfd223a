"""Every file that qtool writes: valid, smaller, and the same in qtool and in onnxruntime.

One case is one model quantized one way. It passes if qtool writes the file, onnx.checker accepts it
with full checks, it is smaller than the float file, onnxruntime loads and runs it, and both runtimes
agree on the same float inputs:
  static   every element of every output within one step: the scale of the DequantizeLinear that the
           output comes from, else 1/255 of the output's range (what its step would be in 8 bits);
  dynamic  SQNR between the runtimes of 40 dB or more. A result of DynamicQuantizeLinear may be one
           step off for a range that differs in the last bit of a float, so steps do not bound it.
Where the model classifies, the best class must be the same for 99.9 % of the images.
"""

import concurrent.futures
import itertools

import numpy as np
import onnx
from onnx import numpy_helper

import interop

MIN_SQNR = 40
MIN_SAME_CLASS = 0.999
# Uniformly quantized elements keep their value through these.
MOVES = {"Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity"}
# Settings that are judged on all test images; the rest is judged on the first of them.
USUAL = {"--weight-type s8", "--weight-type s8 --activation-type u8"}
FEW = 500


def settings():
    """(command, options) of every way to quantize."""
    for grain, weight in itertools.product(("--per-channel", "--per-tensor"), ("s8", "u8")):
        for conv in ([], ["--dynamic-conv"]):
            yield "dynamic", [grain, *conv, "--weight-type", weight]
        for form, activation in itertools.product(("qdq", "qoperator"), ("u8", "s8")):
            yield "static", [grain, "--format", form, "--weight-type", weight, "--activation-type", activation]


def step(model, output):
    """Scale of the DequantizeLinear that a graph output comes from, or None."""
    producers = {name: node for node in model.graph.node for name in node.output}
    node = producers.get(output)
    while node is not None and node.op_type in MOVES:
        node = producers.get(node.input[0])
    if node is None or node.op_type != "DequantizeLinear":
        return None
    scale = next(i for i in model.graph.initializer if i.name == node.input[1])
    return float(numpy_helper.to_array(scale))


def steps_apart(model, name, expected, actual):
    """Largest difference of two outputs in steps; NaN counts as infinite."""
    size = step(model, name) or float(max(expected.max(), 0) - min(expected.min(), 0)) / 255
    difference = np.abs(expected.astype(np.float64) - actual).max() / size
    return difference if difference <= np.finfo(np.float64).max else float("inf")


def compare(model, command, expected, actual):
    """Figures and problems of two runtimes' outputs."""
    actual = {name: actual[interop.file_name(name)] for name in expected}
    pairs = [(name, expected[name], actual[name]) for name in expected]
    same = sum(np.count_nonzero(e == a) for _, e, a in pairs) / sum(e.size for _, e, _ in pairs)
    ratio = min(interop.sqnr(e, a) for _, e, a in pairs)
    figures, problems = [f"{same:.2%} identical", f"SQNR {ratio:.1f} dB"], []
    if command == "static":
        # 1.001: a step is measured on rounded floats
        apart = max(steps_apart(model, *pair) for pair in pairs)
        figures.append(f"{apart:.2f} steps apart")
        if not apart <= 1.001:
            problems.append("more than one step apart")
    elif not ratio >= MIN_SQNR:
        problems.append(f"SQNR below {MIN_SQNR} dB")
    name, first, second = pairs[0]
    if name == "logits":
        equal = np.mean(first.argmax(-1) == second.argmax(-1))
        figures.append(f"{equal:.2%} of {len(first)} in the same class")
        if not equal >= MIN_SAME_CLASS:
            problems.append(f"fewer than {MIN_SAME_CLASS:.1%} in the same class")
    return figures, problems


def check(qtool, inputs, sample, command, options):
    """Figures and problems of one case."""
    tag = "-".join([sample.name, command, *options]).replace("--", "")
    path = qtool.work / f"{tag}.onnx"
    path.unlink(missing_ok=True)
    data = ["--calib", sample.calib, *sample.flags] if command == "static" else []
    qtool(command, sample.path, path, *options, *data)
    onnx.checker.check_model(str(path), full_check=True)
    size = path.stat().st_size / sample.path.stat().st_size
    batch = 100 if sample.free_batch and command == "static" else 1
    expected = interop.ort_run(path, np.load(inputs), batch)
    actual = qtool.run(path, inputs)
    figures, problems = compare(onnx.load(path), command, expected, actual)
    if size >= 1:
        problems.append("not smaller than the float file")
    return [f"{size:.0%} of the size", *figures], problems


def run_case(case):
    name, *arguments = case
    try:
        figures, problems = check(*arguments)
    except Exception as error:  # a case that breaks is a case that fails
        return name, f"{type(error).__name__}: {str(error).splitlines()[0]}", ""
    return name, "; ".join(problems), ", ".join(figures)


def inputs_file(qtool, sample, options):
    """The float inputs of a case as a file that both runtimes read."""
    kind = " ".join(o for o in options if o.startswith(("--weight", "--act")) or o in ("s8", "u8"))
    count = None if sample.free_batch and kind in USUAL else FEW
    path = qtool.work / f"{sample.name}-{count or 'all'}.npy"
    if not path.exists():
        np.save(path, sample.evaluation(count))
    return path


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    cases = []
    for sample, (command, options) in itertools.product(interop.SAMPLES.values(), settings()):
        name = " ".join([sample.name, command, *options])
        if arguments.only in name:
            cases.append((name, qtool, inputs_file(qtool, sample, options), sample, command, options))
    tally = interop.Tally()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(run_case, cases):
            tally.add(*verdict)
    tally.finish()


if __name__ == "__main__":
    main()
