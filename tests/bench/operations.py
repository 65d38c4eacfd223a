"""How many operations a model takes: two for each product of convolutions, matrix products, LSTMs and GRUs."""

import math

import onnx
from onnx import shape_inference


def _shapes(model):
    """Of every value whose shape follows from a batch of 1."""
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if not dim.HasField("dim_value"):
                dim.dim_value = 1
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    found = {t.name: list(t.dims) for t in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        tensor = value.type.tensor_type
        if tensor.HasField("shape") and all(dim.HasField("dim_value") for dim in tensor.shape.dim):
            found.setdefault(value.name, [dim.dim_value for dim in tensor.shape.dim])
    return found


def _products(node, shapes):
    """Raises KeyError if a shape is not known."""
    if node.op_type in ("Conv", "ConvTranspose"):
        x, w = (shapes[name] for name in node.input[:2])
        return math.prod(shapes[node.output[0]] if node.op_type == "Conv" else x) * math.prod(w[1:])
    if node.op_type in ("MatMul", "Gemm"):
        transposed = any(a.name == "transA" and a.i for a in node.attribute)
        return math.prod(shapes[node.output[0]]) * shapes[node.input[0]][0 if transposed else -1]
    if node.op_type in ("LSTM", "GRU"):
        steps, batch, _ = shapes[node.input[0]]
        return steps * batch * sum(math.prod(shapes[name]) for name in node.input[1:3])
    return 0


def count(path):
    """Of a float model for a batch of 1, without nodes in bodies; None where shapes are not known beforehand."""
    model = onnx.load(path)
    shapes = _shapes(model)
    try:
        return 2 * sum(_products(node, shapes) for node in model.graph.node)
    except KeyError:
        return None
