"""Makes the transformer models of the accuracy table: an encoder of 6 layers as PyTorch exports its
nn.TransformerEncoder at opset 17, with the weights that PyTorch starts with, drawn anew from a fixed
seed. Post-norm, erf-GELU, and a mask that adds -10,000 to the scores of padding, as BERT's does.

  encoder           as it is
  encoder_outliers  some channels of every LayerNormalization 8 times larger, as in real language models

    transformer.py <folder>     writes both, and a folder of calibration samples for qtool beside them
"""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, WIDTH, HEADS, HIDDEN = 6, 256, 4, 1024
VOCABULARY, LENGTH = 1000, 96
OUTLIERS, OUTLIER_FACTOR = 7, 8  # onnxruntime's quantizer keeps 1.3 dB static and 20 dB dynamic then
CALIBRATION, EVALUATION = 16, 32
MODELS = {"encoder": False, "encoder_outliers": True}  # whether with outliers


class Builder:
    """Nodes and weights of a graph over `length` tokens, named after what they are."""

    def __init__(self, random, length):
        self.random, self.length = random, length
        self.nodes, self.weights = [], []

    def node(self, op_type, inputs, name, outputs=1, **attributes):
        """Adds a node; gives its output's name, or a list of them."""
        names = [f"{name}_output_{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(op_type, inputs, names, name, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name, value, dtype=np.float32):
        self.weights.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def uniform(self, name, bound, shape):
        return self.constant(name, self.random.uniform(-bound, bound, shape))

    def linear(self, x, name, inputs, outputs, bound, bias_bound):
        """x · W + b; `bound` is that of PyTorch's initialization."""
        product = self.node("MatMul", [x, self.uniform(f"{name}.weight", bound, (inputs, outputs))], f"{name}/MatMul")
        return self.node("Add", [self.uniform(f"{name}.bias", bias_bound, (outputs,)), product], f"{name}/Add")

    def default_linear(self, x, name, inputs, outputs):
        """nn.Linear: weights and biases within 1/sqrt(inputs)."""
        return self.linear(x, name, inputs, outputs, inputs**-0.5, inputs**-0.5)

    def layer_norm(self, x, name, outliers):
        scale = np.ones(WIDTH)
        scale[self.random.choice(WIDTH, OUTLIERS, replace=False)] = OUTLIER_FACTOR if outliers else 1
        inputs = [x, self.constant(f"{name}.weight", scale), self.constant(f"{name}.bias", np.zeros(WIDTH))]
        return self.node("LayerNormalization", inputs, name, axis=-1, epsilon=1e-5)


def attention(make, x, mask, name):
    """nn.MultiheadAttention: query, key and value from one product, weights of Xavier's bound."""
    size = WIDTH // HEADS
    heads = make.constant(f"{name}.heads", [0, make.length, 3, HEADS, size], np.int64)
    packed = make.linear(x, f"{name}/in_proj", WIDTH, 3 * WIDTH, (6 / (4 * WIDTH)) ** 0.5, 0)
    packed = make.node("Reshape", [packed, heads], f"{name}/Reshape")
    packed = make.node("Transpose", [packed], f"{name}/Transpose", perm=[2, 0, 3, 1, 4])
    parts = [
        make.node("Gather", [packed, make.constant(f"{name}.part_{k}", k, np.int64)], f"{name}/Gather_{k}", axis=0)
        for k in range(3)
    ]
    root = make.constant(f"{name}.root", size**-0.25)
    query = make.node("Mul", [parts[0], root], f"{name}/Mul")
    key = make.node("Transpose", [parts[1]], f"{name}/Transpose_1", perm=[0, 1, 3, 2])
    key = make.node("Mul", [key, root], f"{name}/Mul_1")
    scores = make.node("MatMul", [query, key], f"{name}/MatMul")
    scores = make.node("Add", [scores, mask], f"{name}/Add")
    weights = make.node("Softmax", [scores], f"{name}/Softmax", axis=-1)
    context = make.node("MatMul", [weights, parts[2]], f"{name}/MatMul_1")
    context = make.node("Transpose", [context], f"{name}/Transpose_2", perm=[0, 2, 1, 3])
    context = make.node("Reshape", [context, make.constant(f"{name}.joined", [0, make.length, WIDTH], np.int64)], f"{name}/Reshape_1")
    return make.linear(context, f"{name}/out_proj", WIDTH, WIDTH, WIDTH**-0.5, 0)


def gelu(make, x, name):
    """0.5 x (1 + erf(x / sqrt 2)), as PyTorch writes it."""
    inner = make.node("Div", [x, make.constant(f"{name}.root", 2**0.5)], f"{name}/Div")
    inner = make.node("Erf", [inner], f"{name}/Erf")
    inner = make.node("Add", [inner, make.constant(f"{name}.one", 1)], f"{name}/Add")
    product = make.node("Mul", [x, inner], f"{name}/Mul")
    return make.node("Mul", [product, make.constant(f"{name}.half", 0.5)], f"{name}/Mul_1")


def layer(make, x, mask, name, outliers):
    attended = attention(make, x, mask, f"{name}/self_attn")
    x = make.layer_norm(make.node("Add", [x, attended], f"{name}/Add"), f"{name}/norm1", outliers)
    hidden = gelu(make, make.default_linear(x, f"{name}/linear1", WIDTH, HIDDEN), f"{name}/gelu")
    fed = make.default_linear(hidden, f"{name}/linear2", HIDDEN, WIDTH)
    return make.layer_norm(make.node("Add", [x, fed], f"{name}/Add_1"), f"{name}/norm2", outliers)


def embedding(make):
    """Word and position embeddings of standard deviation 1 (nn.Embedding)."""
    words = make.constant("embeddings.word", make.random.standard_normal((VOCABULARY, WIDTH)))
    positions = make.constant("embeddings.position", make.random.standard_normal((1, make.length, WIDTH)))
    gathered = make.node("Gather", [words, "input_ids"], "embeddings/Gather", axis=0)
    return make.node("Add", [gathered, positions], "embeddings/Add")


def extended_mask(make):
    """0 where attention_mask is 1, -10,000 where it is 0; [N, 1, 1, S]."""
    axes = make.constant("mask.axes", [1, 2], np.int64)
    mask = make.node("Unsqueeze", ["attention_mask", axes], "mask/Unsqueeze")
    mask = make.node("Cast", [mask], "mask/Cast", to=TensorProto.FLOAT)
    mask = make.node("Sub", [make.constant("mask.one", 1), mask], "mask/Sub")
    return make.node("Mul", [mask, make.constant("mask.masked", -10000)], "mask/Mul")


def model(outliers, length=LENGTH):
    make = Builder(np.random.default_rng(5), length)
    mask = extended_mask(make)
    x = make.layer_norm(embedding(make), "embeddings/norm", outliers)
    for k in range(LAYERS):
        x = layer(make, x, mask, f"layers.{k}", outliers)
    make.nodes.append(helper.make_node("Identity", [x], ["last_hidden_state"], "output"))
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["N", length]) for n in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["N", length, WIDTH])
    graph = helper.make_graph(make.nodes, "encoder", inputs, [output], make.weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    return made


def feeds(count, seed, length=LENGTH):
    """Sentences of random words and length, padded to the model's length with word 0."""
    random = np.random.default_rng(seed)
    result = []
    for _ in range(count):
        mask = (np.arange(length) < random.integers(length // 4, length + 1)).astype(np.int64)[None]
        result.append({"input_ids": random.integers(1, VOCABULARY, (1, length)) * mask, "attention_mask": mask})
    return result


def calibration_feeds():
    return feeds(CALIBRATION, 1)


def evaluation_feeds():
    return feeds(EVALUATION, 2)


def write(folder):
    """Both models, and calib/<input>/<number>.npy."""
    folder = pathlib.Path(folder)
    for k, feed in enumerate(calibration_feeds()):
        for name, value in feed.items():
            (folder / "calib" / name).mkdir(parents=True, exist_ok=True)
            np.save(folder / "calib" / name / f"{k:03}.npy", value)
    for name, outliers in MODELS.items():
        onnx.save(model(outliers), folder / f"{name}.onnx")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(sys.argv[1])
