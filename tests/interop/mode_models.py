"""Models that have what mixed quantization needs: bodies of If, and parts of different kinds."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, TIME, HIDDEN = 8, 16, 12
INPUT = (1, 3, TIME, 4)  # channels, time, frequency


class Parts:
    """Nodes and random weights of one graph."""

    def __init__(self, seed, prefix=""):
        self.random = np.random.default_rng(seed)
        self.prefix = prefix
        self.nodes, self.weights = [], []

    def weight(self, name, *shape):
        """Normal numbers, by He's rule for the sum over all axes but the first."""
        deviation = (2 / max(1, np.prod(shape[1:]))) ** 0.5
        return self.constant(name, (deviation * self.random.standard_normal(shape)).astype(np.float32))

    def constant(self, name, array):
        self.weights.append(numpy_helper.from_array(np.asarray(array), self.prefix + name))
        return self.prefix + name

    def node(self, op_type, inputs, name, outputs=1, **attributes):
        names = [f"{self.prefix}{name}_{k}" if k else self.prefix + name for k in range(outputs)]
        self.nodes.append(helper.make_node(op_type, inputs, names, f"{self.prefix}{name}_node", **attributes))
        return names[0]

    def convolution(self, x, name, inputs, outputs):
        kernel = [self.weight(f"{name}_w", outputs, inputs, 3, 3), self.weight(f"{name}_b", outputs)]
        x = self.node("Conv", [x, *kernel], name, pads=[1, 1, 1, 1], kernel_shape=[3, 3])
        return self.node("Relu", [x], f"{name}_relu")

    def sequence(self, x):
        """[1, C, T, F] to [T, 1, C · F]."""
        x = self.node("Transpose", [x], "turned", perm=[2, 0, 1, 3])
        return self.node("Reshape", [x, self.constant("sequence_shape", np.array([TIME, 1, -1]))], "sequence")

    def lstm(self, x, inputs):
        weights = [self.weight("lstm_w", 1, 4 * HIDDEN, inputs), self.weight("lstm_r", 1, 4 * HIDDEN, HIDDEN)]
        y = self.node("LSTM", [x, *weights, self.weight("lstm_b", 1, 8 * HIDDEN)], "lstm", hidden_size=HIDDEN)
        return self.node("Reshape", [y, self.constant("flat_shape", np.array([TIME, HIDDEN]))], "flat")


def information(name, dtype, shape):
    return helper.make_tensor_value_info(name, dtype, shape)


def finished(parts, name, inputs, output):
    """The graph of the parts as a checked model."""
    graph = helper.make_graph(parts.nodes, name, inputs, [output], parts.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def branch(seed, captured):
    """Conv, LSTM and MatMul; with `captured`, the first MatMul's weight and an addend are values of the
    graph around it. Both branches name everything the same."""
    parts = Parts(seed)
    x = parts.convolution("stem_relu", "inner", CHANNELS, CHANNELS)
    x = parts.lstm(parts.sequence(x), CHANNELS * INPUT[3])
    matrix = "outer_matrix" if captured else parts.weight("matrix", HIDDEN, HIDDEN)
    x = parts.node("MatMul", [x, matrix], "product")
    if captured:
        x = parts.node("Add", [x, "outer_row"], "moved")
    x = parts.node("Tanh", [x], "bounded")
    x = parts.node("MatMul", [x, parts.weight("last_matrix", HIDDEN, HIDDEN)], "result")
    return helper.make_graph(parts.nodes, f"branch_{seed}", [], [information(x, TensorProto.FLOAT, [TIME, HIDDEN])], parts.weights)


def branches():
    """A Conv, then If, both of whose branches compute on what it gives, then a MatMul."""
    parts = Parts(1)
    x = parts.convolution("x", "stem", INPUT[1], CHANNELS)
    pooled = parts.node("GlobalAveragePool", [x], "pooled")
    row = parts.node("Reshape", [pooled, parts.constant("row_shape", np.array([1, -1]))], "row")
    parts.node("MatMul", [row, parts.weight("row_matrix", CHANNELS, HIDDEN)], "outer_row")
    parts.weight("outer_matrix", HIDDEN, HIDDEN)
    x = parts.node("If", ["condition"], "chosen", then_branch=branch(2, True), else_branch=branch(3, False))
    parts.node("MatMul", [x, parts.weight("head", HIDDEN, 10)], "y")
    inputs = [information("condition", TensorProto.BOOL, []), information("x", TensorProto.FLOAT, INPUT)]
    return finished(parts, "branches", inputs, information("y", TensorProto.FLOAT, [TIME, 10]))


def three_parts():
    """Convolutions, an LSTM, and a tail of products: nodes cnn_…, rnn_… and tail_…."""
    parts = Parts(4)
    parts.prefix = "cnn_"
    x = parts.convolution("x", "first", INPUT[1], 2 * CHANNELS)
    x = parts.convolution(x, "second", 2 * CHANNELS, CHANNELS)
    parts.prefix = "rnn_"
    x = parts.lstm(parts.sequence(x), CHANNELS * INPUT[3])
    parts.prefix = "tail_"
    x = parts.node("MatMul", [x, parts.weight("matrix", HIDDEN, 10)], "product")
    x = parts.node("Add", [x, parts.weight("bias", 10)], "logits")
    parts.prefix = ""
    y = parts.node("Softmax", [x], "y")
    inputs = [information("x", TensorProto.FLOAT, INPUT)]
    return finished(parts, "three_parts", inputs, information(y, TensorProto.FLOAT, [TIME, 10]))


def feeds(model, count, seed):
    """Normal inputs; conditions that alternate."""
    random = np.random.default_rng(seed)
    result = []
    for k in range(count):
        feed = {"x": random.standard_normal(INPUT).astype(np.float32)}
        if model.graph.name == "branches":
            feed["condition"] = np.array(k % 2 == 0)
        result.append(feed)
    return result


def write_feeds(folder, feeds):
    """<folder>/<input>/<number>.npy."""
    for k, feed in enumerate(feeds):
        for name, value in feed.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            np.save(folder / name / f"{k:03}.npy", value)
