"""Cases of one operator of com.microsoft: a model of one node, what it is fed, how close is right."""

import dataclasses

import numpy as np
import onnx
from onnx import helper

OPSETS = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    model: onnx.ModelProto
    feeds: dict  # arrays by input
    steps: int = 0  # integers may differ by this much
    relative: float = 1e-5  # other numbers by this part of the output's largest magnitude


def packed(values, bits):
    """Codes of `bits` bits along the last axis, several to a byte, the first in the low bits."""
    count = 8 // bits
    padded = np.pad(values.astype(np.uint8), [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % count)])
    groups = padded.reshape(*padded.shape[:-1], -1, count) << (np.arange(count, dtype=np.uint8) * bits)
    return np.bitwise_or.reduce(groups, axis=-1).astype(np.uint8)


def tensor(name, value):
    """An initializer; `value` is an array, or a TensorProto for types that NumPy lacks."""
    if isinstance(value, onnx.TensorProto):
        value.name = name
        return value
    return onnx.numpy_helper.from_array(np.asarray(value), name)


def one_node(op_type, inputs, constants=(), outputs=1, domain="com.microsoft", **attributes):
    """Model and feeds of a node. `inputs` are its values by name, in order, None for one left out;
    those in `constants` become initializers."""
    graph_inputs, initializers, feeds = [], [], {}
    for name, value in inputs.items():
        if value is None:
            continue
        if name in constants or isinstance(value, onnx.TensorProto):
            initializers.append(tensor(name, value))
            continue
        value = np.asarray(value)
        kind = helper.np_dtype_to_tensor_dtype(value.dtype)
        graph_inputs.append(helper.make_tensor_value_info(name, kind, value.shape))
        feeds[name] = value
    names = ["" if value is None else name for name, value in inputs.items()]
    results = [f"result{i}" for i in range(outputs)]
    node = helper.make_node(op_type, names, results, domain=domain, **attributes)
    untyped = [helper.make_empty_tensor_value_info(name) for name in results]
    graph = helper.make_graph([node], op_type, graph_inputs, untyped, initializers)
    return helper.make_model(graph, opset_imports=OPSETS, ir_version=10), feeds
