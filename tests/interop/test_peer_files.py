"""Models that onnxruntime's quantizer wrote: every node computes in qtool what it does in onnxruntime.

One case is one model quantized one way. onnxruntime runs it node by node and shows every value. The
model is then cut at every edge, so that each node gets the very inputs that it had there, and run by
qtool. Integer sums must be equal, what is rounded to integers within one step, floats within 1e-4 of
the largest value of the tensor.
"""

import logging
import pathlib
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper
from onnxruntime import quantization

import interop

TOLERANCE = 1e-4
logging.disable(logging.WARNING)  # advice of the quantizer


class Reader(quantization.CalibrationDataReader):
    def __init__(self, path, feeds):
        only = onnx.load(path).graph.input[0].name
        self.feeds = iter(f if isinstance(f, dict) else {only: f} for f in feeds)

    def get_next(self):
        return next(self.feeds, None)


def quantize(sample, form, path):
    """Weights of 7 bits, so that onnxruntime's sums are exact on every CPU."""
    if form == "dynamic":
        return quantization.quantize_dynamic(sample.path, path, reduce_range=True)
    layout = {"qdq": quantization.QuantFormat.QDQ, "qoperator": quantization.QuantFormat.QOperator}[form]
    return quantization.quantize_static(
        sample.path, path, Reader(sample.path, sample.feeds(4)), quant_format=layout, reduce_range=True
    )


def literal_session(model):
    """Runs the nodes as they stand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def all_values(model, feed):
    """Every value that a node computes, by name."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    names = [name for node in model.graph.node for name in node.output if name]
    del shown.graph.output[:]
    shown.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    return dict(zip(names, literal_session(shown).run(names, feed)))


def out(name):
    return f"{name} out"


def cut(model, values):
    """The model whose nodes read graph inputs only; `values` are what these hold."""
    apart = onnx.ModelProto()
    apart.CopyFrom(model)
    graph = apart.graph
    read = {name for node in graph.node for name in node.input}
    for node in graph.node:
        node.output[:] = [out(name) if name else "" for name in node.output]

    def info(name, value):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)

    del graph.value_info[:], graph.output[:]
    inputs = [name for name in values if name in read]
    graph.input.extend(info(name, values[name]) for name in inputs)
    graph.output.extend(info(out(name), value) for name, value in values.items())
    return apart, inputs


def run_cut(qtool, model, feed, values):
    apart, inputs = cut(model, values)
    constants = {i.name for i in model.graph.initializer}
    arrays = [feed[i.name] for i in model.graph.input if i.name not in constants] + [values[n] for n in inputs]
    with tempfile.TemporaryDirectory(dir=interop.MEMORY) as folder:
        data = pathlib.Path(folder) / "test_data_set_0"
        data.mkdir()
        for k, array in enumerate(arrays):
            (data / f"input_{k}.pb").write_bytes(numpy_helper.from_array(np.asarray(array)).SerializeToString())
        path = pathlib.Path(folder) / "cut.onnx"
        onnx.save(apart, path)
        outputs = qtool.run(path, data)
    return {name: outputs[interop.file_name(out(name))][0] for name in values}


def differs(node, expected, actual):
    """What is wrong with one output of a node; empty if nothing is."""
    if expected.dtype != actual.dtype or expected.shape != actual.shape:
        return f"{actual.dtype}{actual.shape} instead of {expected.dtype}{expected.shape}"
    difference = np.abs(expected.astype(np.float64) - actual)
    if not difference.size:
        return ""
    rounded = expected.dtype.kind in "iu" and expected.dtype.itemsize < 4
    limit = 1 if rounded else 0 if expected.dtype.kind in "iub" else TOLERANCE * np.abs(expected).max()
    largest = difference.max()
    return "" if largest <= limit else f"off by {largest:.3g}"


def check(qtool, sample, form):
    """Figures and problems of one case."""
    path = qtool.work / f"peer-{sample.name}-{form}.onnx"
    quantize(sample, form, path)
    model = onnx.load(path)
    feed = sample.feeds(1)[0]
    feed = feed if isinstance(feed, dict) else {literal_session(model).get_inputs()[0].name: feed}
    values = all_values(model, feed)
    actual = run_cut(qtool, model, feed, values)
    problems, exact = [], 0
    for node in model.graph.node:
        for name in filter(None, node.output):
            problem = differs(node, values[name], actual[name])
            exact += np.array_equal(values[name], actual[name])
            if problem:
                problems.append(f"{node.op_type} '{node.name}': {problem}")
    return f"{len(model.graph.node)} nodes, {exact} of {len(values)} values identical", problems


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    for sample in interop.ALL_SAMPLES.values():
        for form in ("qdq", "qoperator", "dynamic"):
            if arguments.only not in f"{sample.name} {form}":
                continue
            try:
                figures, problems = check(qtool, sample, form)
            except RuntimeError as error:  # of qtool
                figures, problems = "", [str(error)]
            tally.add(f"{sample.name} {form}", "; ".join(problems), figures)
    tally.finish()


main()
