"""Every file that qtool writes: valid, smaller, and the same in qtool and in onnxruntime.

One case is one model quantized one way. It passes if qtool writes the file, onnx.checker accepts it
with full checks, it is smaller than the float file, onnxruntime loads and runs it, and both runtimes
agree on the same float inputs:
  QOperator  every element of every output within one step: the scale of the DequantizeLinear that
             the output comes from, else 1/255 of the output's range (its step if it had 8 bits);
  others     the same, or what lies between the runtimes is 20 dB below the error of the quantization
             itself. Steps do not always bound it: which QDQ nodes are fused is left to the runtime,
             and the range of DynamicQuantizeLinear may differ in a float's last bit; one rounding that
             falls the other way then moves on through the model. onnxruntime with and without its
             optimizations is 18 to 68 dB apart on these QDQ files.
Where the model classifies, the best class must be the same for 99.9 % of the images.
"""

import concurrent.futures
import functools

import numpy as np
import onnx
from onnx import numpy_helper

import interop
import settings

FAR_BELOW = 20  # dB
MIN_SAME_CLASS = 0.999
# Uniformly quantized elements keep their value through these.
MOVES = {"Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Identity"}
FEW = 1000  # images where not all 5,000 are judged: for types that are not the default


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


def compare(model, form, floats, expected, actual):
    """Figures and problems of two runtimes' outputs; `floats` are those of the float model."""
    actual = {name: actual[interop.file_name(name)] for name in expected}
    pairs = [(name, expected[name], actual[name]) for name in expected]
    same = sum(np.count_nonzero(e == a) for _, e, a in pairs) / sum(e.size for _, e, _ in pairs)
    apart = max(steps_apart(model, *pair) for pair in pairs)
    between = [interop.sqnr(e, a) for _, e, a in pairs]
    margin = min(b - interop.sqnr(floats[name], e) for b, (name, e, _) in zip(between, pairs))
    figures = [f"{same:.2%} identical", f"{apart:.2f} steps and {min(between):.1f} dB apart"]
    problems = []
    # 1.001: a step is measured on rounded floats
    if not apart <= 1.001 and (form == "QOperator" or not margin >= FAR_BELOW):
        problems.append(f"more than one step apart, {margin:.1f} dB below the quantization's error")
    name, first, second = pairs[0]
    if name == "logits":
        equal = np.mean(first.argmax(-1) == second.argmax(-1))
        figures.append(f"{equal:.2%} of {len(first)} in the same class")
        if not equal >= MIN_SAME_CLASS:
            problems.append(f"fewer than {MIN_SAME_CLASS:.1%} in the same class")
    return figures, problems


@functools.cache
def float_outputs(sample, inputs):
    return interop.ort_run(sample.path, np.load(inputs), 100 if sample.free_batch else 1)


def check(qtool, inputs, sample, setting):
    """Figures and problems of one case."""
    path = qtool.work / f"{sample.name} {setting.name}.onnx"
    settings.write_and_check(qtool, sample, setting, path)
    size = path.stat().st_size / sample.path.stat().st_size
    batch = 100 if sample.free_batch and setting.form != "dynamic" else 1
    expected = interop.ort_run(path, np.load(inputs), batch, setting.exact)
    actual = qtool.run(path, inputs)
    figures, problems = compare(onnx.load(path), setting.form, float_outputs(sample, inputs), expected, actual)
    return [f"{size:.0%} of the size", *figures], problems


def run_case(case):
    name, *arguments = case
    try:
        figures, problems = check(*arguments)
    except Exception as error:  # a case that breaks is a case that fails
        return name, f"{type(error).__name__}: {str(error).splitlines()[0]}", ""
    return name, "; ".join(problems), ", ".join(figures)


@functools.cache
def inputs_file(work, sample, count):
    """The float inputs as a file that both runtimes read."""
    path = work / f"{sample.name}-{count or 'all'}.npy"
    np.save(path, sample.evaluation(count))
    return path


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    cases = []
    for sample in interop.SAMPLES.values():
        for setting in settings.all_settings():
            name = f"{sample.name} {setting.name}"
            usual = (setting.activation, setting.weight) == ("u8", "s8")
            inputs = inputs_file(qtool.work, sample, None if usual and sample.free_batch else FEW)
            if arguments.only in name:
                cases.append((name, qtool, inputs, sample, setting))
    tally = interop.Tally()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(run_case, cases):
            tally.add(*verdict)
    tally.finish()


if __name__ == "__main__":
    main()
