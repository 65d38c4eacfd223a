"""Whether a quantized file holds no more than it must: no constant twice, weights in as many bytes as they
have elements but those that stay float."""

import onnx
from onnx import numpy_helper

SMALL = 256  # bytes


def graphs(graph):
    """The graph and the bodies of its nodes, at any depth."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from graphs(attribute.g)


def constants(model):
    """Name and array of every constant of some size; zero points are no weights."""
    for graph in graphs(model.graph):
        tensors = {t.name: t for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and node.attribute[0].name == "value":
                tensors[node.output[0]] = node.attribute[0].t
        for name, tensor in tensors.items():
            array = numpy_helper.to_array(tensor)
            if array.nbytes >= SMALL and "zero_point" not in name:
                yield name, array


def is_weight(array):
    """At least a matrix: scales and biases have one dimension that is not 1."""
    return sum(n > 1 for n in array.shape) > 1 and (array.dtype.kind == "f" or array.dtype.itemsize == 1)


def check_size(source, quantized):
    """Raises ValueError, naming the constant, for one that is stored twice, and for weights that take over
    2 % more than a byte an element, or than floats where they stay float."""
    seen, stored, floats = {}, 0, set()
    for name, array in constants(onnx.load(quantized)):
        key = (str(array.dtype), array.shape, array.tobytes())
        if key in seen:
            raise ValueError(f"'{name}' is stored twice, as '{seen[key]}' too")
        seen[key] = name
        if is_weight(array):
            stored += array.nbytes
            floats |= {name} if array.dtype.itemsize == 4 else set()
    weights = [(n, a) for n, a in constants(onnx.load(source)) if is_weight(a)]
    needed = sum(array.size * (4 if name in floats else 1) for name, array in weights)
    if stored > 1.02 * needed:
        raise ValueError(f"its weights take {stored} bytes, {needed} are enough")
