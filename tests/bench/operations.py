"""How many operations a model takes: two for each product of convolutions, matrix products and LSTMs."""

import math

import onnx
from onnx import shape_inference


def _shapes(model):
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if not dim.HasField("dim_value"):
                dim.dim_value = 1  # the batch
    graph = shape_inference.infer_shapes(model, data_prop=True).graph
    found = {t.name: list(t.dims) for t in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        found.setdefault(value.name, [d.dim_value for d in value.type.tensor_type.shape.dim])
    return found


def _of_node(node, shapes):
    a, b = (shapes.get(name, [0]) for name in (*node.input, "", "")[:2])
    output = math.prod(shapes.get(node.output[0], [0]))
    if node.op_type in ("Conv", "ConvTranspose"):
        return 2 * (output if node.op_type == "Conv" else math.prod(a)) * math.prod(b[1:])
    if node.op_type in ("MatMul", "Gemm"):
        transposed = any(x.name == "transA" and x.i for x in node.attribute)
        return 2 * output * a[0 if transposed else -1]
    if node.op_type in ("LSTM", "GRU"):
        return 2 * a[0] * a[1] * (math.prod(b) + math.prod(shapes[node.input[2]]))
    return 0


def count(path):
    """Operations of a float model for a batch of 1; nodes in bodies and of unknown shapes are not counted."""
    model = onnx.load(path)
    shapes = _shapes(model)
    return sum(_of_node(node, shapes) for node in model.graph.node)
