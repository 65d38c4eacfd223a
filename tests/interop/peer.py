"""Models that onnxruntime's quantizer writes, and every value that onnxruntime computes in a model."""

import logging

import numpy as np
import onnx
import onnxruntime
from onnx import helper
from onnxruntime import quantization

TOLERANCE = 1e-4
logging.disable(logging.WARNING)  # advice of the quantizer

LAYOUTS = {"qdq": quantization.QuantFormat.QDQ, "qoperator": quantization.QuantFormat.QOperator}


class Reader(quantization.CalibrationDataReader):
    def __init__(self, path, feeds):
        only = onnx.load(path).graph.input[0].name
        self.feeds = iter(f if isinstance(f, dict) else {only: f} for f in feeds)

    def get_next(self):
        return next(self.feeds, None)


def quantize(sample, form, path, **options):
    """Weights of 7 bits, so that onnxruntime's sums are exact on every CPU."""
    if form == "dynamic":
        return quantization.quantize_dynamic(sample.path, path, reduce_range=True, **options)
    reader = Reader(sample.path, sample.feeds(4))
    return quantization.quantize_static(
        sample.path, path, reader, quant_format=LAYOUTS[form], reduce_range=True, **options
    )


def literal_session(model):
    """Runs the nodes as they stand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def first_feed(sample, model):
    """The first sample by the names of the model's inputs."""
    feed = sample.feeds(1)[0]
    return feed if isinstance(feed, dict) else {literal_session(model).get_inputs()[0].name: feed}


def computed(model):
    """Names of the values that nodes compute."""
    return [name for node in model.graph.node for name in node.output if name]


def run(model, names, feed):
    """These values by name."""
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    del shown.graph.output[:]
    shown.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    return dict(zip(names, literal_session(shown).run(names, feed)))


def all_values(model, feed):
    """Every value that a node computes, by name."""
    return run(model, computed(model), feed)


def out(name):
    return f"{name} out"


def cut(model, values):
    """The model with `values` as inputs for whoever reads them; what it computes itself for these is
    written under other names. Also the names of the new inputs."""
    apart = onnx.ModelProto()
    apart.CopyFrom(model)
    graph = apart.graph
    read = {name for node in graph.node for name in node.input}
    for node in graph.node:
        node.output[:] = [out(name) if name in values else name for name in node.output]

    def info(name, value):
        return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)

    del graph.value_info[:], graph.output[:]
    inputs = [name for name in values if name in read]
    graph.input.extend(info(name, values[name]) for name in inputs)
    graph.output.extend(info(out(name), value) for name, value in values.items())
    return apart, inputs


def differs(expected, actual):
    """What is wrong with one value; empty if nothing is."""
    if expected.dtype != actual.dtype or expected.shape != actual.shape:
        return f"{actual.dtype}{actual.shape} instead of {expected.dtype}{expected.shape}"
    difference = np.abs(expected.astype(np.float64) - actual)
    if not difference.size:
        return ""
    rounded = expected.dtype.kind in "iu" and expected.dtype.itemsize < 4
    limit = 1 if rounded else 0 if expected.dtype.kind in "iub" else TOLERANCE * np.abs(expected).max()
    largest = difference.max()
    return "" if largest <= limit else f"off by {largest:.3g}"
