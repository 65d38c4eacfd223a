"""Makes the models of the benches: published architectures with random weights, BatchNormalization kept and
randomised, drawn from a fixed seed.

    models.py <folder>
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """Nodes and weights of a convolutional graph that grows at its end."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []

    def constant(self, name, value):
        self.weights.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def node(self, op_type, inputs, **attributes):
        name = f"{op_type}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [f"{name}_out"], name, **attributes))
        return f"{name}_out"

    def conv(self, x, inputs, outputs, kernel, stride=1, relu=True):
        """Conv, BatchNormalization and, if asked for, Relu."""
        name = f"conv{len(self.nodes)}"
        scale = np.sqrt(2 / (inputs * kernel * kernel))
        w = self.constant(f"{name}.weight", self.random.normal(0, scale, (outputs, inputs, kernel, kernel)))
        pads = [kernel // 2] * 4
        x = self.node("Conv", [x, w], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads)
        statistics = {
            "scale": self.random.uniform(0.5, 1.5, outputs),
            "bias": self.random.normal(0, 0.2, outputs),
            "mean": self.random.normal(0, 0.2, outputs),
            "var": self.random.uniform(0.5, 1.5, outputs),
        }
        inputs = [self.constant(f"{name}.{key}", value) for key, value in statistics.items()]
        x = self.node("BatchNormalization", [x, *inputs])
        return self.node("Relu", [x]) if relu else x

    def model(self, name, output, shape, classes):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        y = helper.make_tensor_value_info(output, TensorProto.FLOAT, [shape[0], classes])
        graph = helper.make_graph(self.nodes, name, [x], [y], self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(made, full_check=True)
        return made


def resnet50(classes=1000):
    """He et al. 2015, with the stride in the 3 × 3 convolution."""
    net, width = Network(50), 64
    x = net.conv("x", 3, 64, 7, stride=2)
    x = net.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            y = net.conv(x, channels, width, 1)
            y = net.conv(y, width, width, 3, stride)
            y = net.conv(y, width, 4 * width, 1, relu=False)
            if block == 0:
                x = net.conv(x, channels, 4 * width, 1, stride, relu=False)
            x = net.node("Relu", [net.node("Add", [y, x])])
            channels = 4 * width
        width *= 2
    x = net.node("Flatten", [net.node("GlobalAveragePool", [x])])
    w = net.constant("fc.weight", net.random.normal(0, channels**-0.5, (classes, channels)))
    x = net.node("Gemm", [x, w, net.constant("fc.bias", np.zeros(classes))], transB=1)
    return net.model("resnet50", x, [1, 3, 224, 224], classes)


MODELS = {"resnet50": resnet50}


def write(name, folder):
    """Writes the model unless it is there; returns its path."""
    path = pathlib.Path(folder) / f"{name}.onnx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(MODELS[name](), path)
    return path


if __name__ == "__main__":
    for each in MODELS:
        write(each, sys.argv[1])
