"""Makes the models of the benches, each with a folder of samples: published architectures with random weights
from a fixed seed, BatchNormalization kept and randomised. Every convolution is scaled so that what it gives has
a variance of about 1, however deep it lies.

  resnet18, resnet50, mobilenet_v2   one image of 224 × 224
  encoder_128                        the encoder of tests/interop/transformer.py at 128 tokens: 6 layers of width 256
  lstm                               2 layers of 128 units, 64 steps of 64 numbers
  depthwise                          8 depthwise 3 × 3 convolutions of 144 channels of 56 × 56

    models.py <folder>
"""

import dataclasses
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import transformer

SAMPLES = 8
TOKENS = 128
STEPS, NUMBERS, UNITS = 64, 64, 128
NORMALIZED = 1.3  # mean square of what a BatchNormalization of `Network.conv` gives


class Network:
    """Nodes and weights of a graph that grows at its end. Keeps about what the mean square of each value is."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.weights = [], []
        self.mean_square = {"x": 1.0}

    def constant(self, name, value, dtype=np.float32):
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def node(self, op_type, inputs, outputs=1, **attributes):
        """Adds a node; gives its first output."""
        name = f"{op_type}_{len(self.nodes)}"
        names = [f"{name}_out", *(f"{name}_out_{k}" for k in range(1, outputs))]
        self.nodes.append(helper.make_node(op_type, inputs, names, name, **attributes))
        self.mean_square[names[0]] = self.mean_square[inputs[0]]
        return names[0]

    def conv(self, x, inputs, outputs, kernel, stride=1, groups=1):
        """Conv and BatchNormalization."""
        name, summed = f"conv{len(self.nodes)}", inputs // groups * kernel * kernel
        scale = (summed * self.mean_square[x]) ** -0.5
        w = self.constant(f"{name}.weight", self.random.normal(0, scale, (outputs, inputs // groups, kernel, kernel)))
        shape = dict(kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[kernel // 2] * 4, group=groups)
        x = self.node("Conv", [x, w], **shape)
        statistics = {
            "scale": self.random.uniform(0.5, 1.5, outputs),
            "bias": self.random.normal(0, 0.2, outputs),
            "mean": self.random.normal(0, 0.2, outputs),
            "var": self.random.uniform(0.5, 1.5, outputs),
        }
        x = self.node("BatchNormalization", [x, *(self.constant(f"{name}.{k}", v) for k, v in statistics.items())])
        self.mean_square[x] = NORMALIZED
        return x

    def relu(self, x):
        return self.halved(self.node("Relu", [x]))

    def relu6(self, x):
        return self.halved(self.node("Clip", [x, "zero", "six"]))

    def halved(self, x):
        self.mean_square[x] /= 2
        return x

    def add(self, a, b):
        x = self.node("Add", [a, b])
        self.mean_square[x] = self.mean_square[a] + self.mean_square[b]
        return x

    def classify(self, x, channels, classes=1000):
        """Pools, multiplies and names the output."""
        x = self.node("Flatten", [self.node("GlobalAveragePool", [x])])
        w = self.constant("fc.weight", self.random.normal(0, channels**-0.5, (classes, channels)))
        return self.node("Gemm", [x, w, self.constant("fc.bias", np.zeros(classes))], transB=1)

    def model(self, name, output, shape, output_shape):
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        y = helper.make_tensor_value_info(output, TensorProto.FLOAT, output_shape)
        graph = helper.make_graph(self.nodes, name, [x], [y], self.weights)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(made, full_check=True)
        return made

    def image_model(self, name, x, channels):
        return self.model(name, self.classify(x, channels), [1, 3, 224, 224], [1, 1000])


def basic_block(net, x, channels, width, stride):
    y = net.relu(net.conv(x, channels, width, 3, stride))
    return net.conv(y, width, width, 3), width


def bottleneck(net, x, channels, width, stride):
    y = net.relu(net.conv(x, channels, width, 1))
    y = net.relu(net.conv(y, width, width, 3, stride))
    return net.conv(y, width, 4 * width, 1), 4 * width


def resnet(name, seed, block, depths):
    """He et al. 2015, with the stride of a bottleneck in its 3 × 3 convolution."""
    net, channels = Network(seed), 64
    x = net.relu(net.conv("x", 3, channels, 7, stride=2))
    x = net.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for stage, depth in enumerate(depths):
        for k in range(depth):
            stride = 2 if stage > 0 and k == 0 else 1
            y, width = block(net, x, channels, 64 << stage, stride)
            if channels != width:
                x = net.conv(x, channels, width, 1, stride)
            x, channels = net.relu(net.add(y, x)), width
    return net.image_model(name, x, channels)


def resnet18():
    return resnet("resnet18", 18, basic_block, (2, 2, 2, 2))


def resnet50():
    return resnet("resnet50", 50, bottleneck, (3, 4, 6, 3))


def mobilenet_v2():
    """Sandler et al. 2018, width 1."""
    net, channels = Network(2), 32
    net.constant("zero", 0), net.constant("six", 6)
    x = net.relu6(net.conv("x", 3, channels, 3, stride=2))
    stages = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
    for expansion, outputs, depth, first_stride in stages:
        for k in range(depth):
            stride, hidden = first_stride if k == 0 else 1, expansion * channels
            y = x if expansion == 1 else net.relu6(net.conv(x, channels, hidden, 1))
            y = net.relu6(net.conv(y, hidden, hidden, 3, stride, groups=hidden))
            y = net.conv(y, hidden, outputs, 1)
            x, channels = net.add(y, x) if k > 0 else y, outputs
    return net.image_model("mobilenet_v2", net.relu6(net.conv(x, channels, 1280, 1)), 1280)


def depthwise():
    net, x, shape = Network(4), "x", [1, 144, 56, 56]
    for _ in range(8):
        x = net.relu(net.conv(x, 144, 144, 3, groups=144))
    return net.model("depthwise", x, shape, shape)


def encoder_128():
    made = transformer.model(outliers=False, length=TOKENS)
    for value in [*made.graph.input, *made.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_value = 1
    return made


def lstm():
    """Weights and biases within 1 / sqrt(units), as PyTorch starts."""
    net, x, inputs, bound = Network(3), "x", NUMBERS, UNITS**-0.5
    axis = net.constant("direction", [1], np.int64)
    for k in range(2):
        shapes = {"W": (1, 4 * UNITS, inputs), "R": (1, 4 * UNITS, UNITS), "B": (1, 8 * UNITS)}
        weights = [net.constant(f"lstm{k}.{n}", net.random.uniform(-bound, bound, s)) for n, s in shapes.items()]
        x = net.node("LSTM", [x, *weights], hidden_size=UNITS)
        x, inputs = net.node("Squeeze", [x, axis]), UNITS
    return net.model("lstm", x, [STEPS, 1, NUMBERS], [STEPS, 1, UNITS])


MODELS = {make.__name__: make for make in (resnet18, resnet50, mobilenet_v2, encoder_128, lstm, depthwise)}


@dataclasses.dataclass(frozen=True)
class Made:
    """A model of MODELS with its samples, like the samples of tests/interop."""

    name: str
    folder: pathlib.Path
    flags = []

    @property
    def path(self):
        return self.folder / f"{self.name}.onnx"

    @property
    def calib(self):
        return self.folder / f"{self.name}.samples"

    def feeds(self, count=SAMPLES):
        if self.name.startswith("encoder"):
            return transformer.feeds(count, 1, TOKENS)
        shape = [d.dim_value for d in onnx.load(self.path).graph.input[0].type.tensor_type.shape.dim]
        random = np.random.default_rng(1)
        return [{"x": random.standard_normal(shape).astype(np.float32)} for _ in range(count)]


def write(name, folder):
    """Writes a model and its samples; returns them."""
    made = Made(name, pathlib.Path(folder))
    made.folder.mkdir(parents=True, exist_ok=True)
    onnx.save(MODELS[name](), made.path)
    for k, feed in enumerate(made.feeds()):
        for value_name, value in feed.items():
            (made.calib / value_name).mkdir(parents=True, exist_ok=True)
            np.save(made.calib / value_name / f"{k:03}.npy", value)
    return made


if __name__ == "__main__":
    for each in MODELS:
        write(each, sys.argv[1])
