"""Weights in blocks: `qtool dynamic --block-size` against the definition in NumPy, and both runtimes.

The weights are read back out of each file by ONNX's formula, (q - z) * s. By minmax they must be what
NumPy's rounding of the float weights gives; mse and hqq must lower the error that they are for. Both
runtimes must compute with them what float64 does, from QDQ files and from those with MatMulNBits.
onnxruntime runs without its optimizations: it makes MatMulNBits of QDQ nodes otherwise, and quantizes
the activations. fashion_vit shows the same on a whole model, and that smaller blocks and types of more
bits come nearer to the float model.
"""

import functools
import itertools

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import interop
import peer

K, HIDDEN, N = 70, 40, 6
RANGES = {"s4": (-8, 7), "u4": (0, 15), "s8": (-128, 127), "u8": (0, 255)}
ALLOWED = 1e-6  # of the largest output
ALLOWED_MODEL = 1e-5  # the same behind some 60 layers
VIT, FEW = interop.ALL_SAMPLES["fashion_vit"], 50
AXES = {"w1": 0, "w2": 1}  # of the sums


def float_model(weights):
    bias = np.arange(N, dtype=np.float32)
    nodes = [
        helper.make_node("MatMul", ["x", "w1"], ["h"], name="first"),
        helper.make_node("Gemm", ["h", "w2", "b"], ["y"], name="second", transB=1),
    ]
    constants = [numpy_helper.from_array(v, k) for k, v in {**weights, "b": bias}.items()]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2, d]) for n, d in (("x", K), ("y", N))]
    graph = helper.make_graph(nodes, "blocks", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def expand(values, block, axis, length):
    """One value for each element instead of each block."""
    return np.repeat(values, block, axis).take(np.arange(length), axis)


def stored_weights(model, block):
    """The real numbers that the integers of a file stand for."""
    constants = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    read = {}
    for node in model.graph.node:
        if node.op_type != "DequantizeLinear":
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        assert attributes["block_size"] == block
        q, s, z = (constants[name].astype(np.float64) for name in node.input)
        axis = attributes["axis"]
        s, z = (expand(v, block, axis, q.shape[axis]) for v in (s, z))
        read[node.input[0].removesuffix("_quantized")] = (q - z) * s
    return read


def rounded(weight, kind, block, axis):
    """Min-max by its definition, in float32 up to the integers: all but s4 are asymmetric."""
    low, high = RANGES[kind]
    starts = np.arange(0, weight.shape[axis], block)
    top = np.maximum(np.maximum.reduceat(weight, starts, axis), 0)
    bottom = np.minimum(np.minimum.reduceat(weight, starts, axis), 0)
    if kind != "s4":
        scale = (top - bottom) / np.float32(high - low)
        zero = np.clip(np.rint(low - bottom / scale), low, high)
    else:
        scale = np.maximum(top, -bottom) / np.float32((high - low - 1) // 2)
        zero = np.full(scale.shape, (low + high + 1) // 2)
    scale, zero = (expand(v, block, axis, weight.shape[axis]) for v in (scale, zero))
    q = np.clip(np.rint(weight / scale) + zero, low, high)
    return (q - zero) * scale.astype(np.float64)


def far(actual, expected):
    return np.abs(actual - expected).max() / np.abs(expected).max()


def quantize(qtool, source, target, kind, block, method, form):
    qtool("dynamic", source, target, "--mode", "*=weight_only", "--weight-type", kind, "--block-size", block,
          "--weight-method", method, "--format", form)


def literal(path, x):
    """The first output by onnxruntime, node by node."""
    session = peer.literal_session(onnx.load(path))
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def check(qtool, source, weights, x, kind, block, method):
    """Figures and problems of one case."""
    target = qtool.work / f"blocks_{kind}_{block}_{method}.onnx"
    quantize(qtool, source, target, kind, block, method, "qdq")
    model = onnx.load(target)
    onnx.checker.check_model(model, full_check=True)
    stored = stored_weights(model, block)
    assert stored.keys() == weights.keys(), stored.keys()
    minmax = {name: rounded(w, kind, block, AXES[name]) for name, w in weights.items()}
    problems = []
    for name, w in weights.items():
        if method == "minmax" and not np.array_equal(stored[name], minmax[name]):
            problems.append(f"{name} is not what NumPy rounds to")
        if method == "mse" and not np.square(w - stored[name]).sum() < np.square(w - minmax[name]).sum():
            problems.append(f"{name} has no smaller squared error than by minmax")
        if method == "hqq" and not (np.abs(w - stored[name]) ** 0.75).sum() < (np.abs(w - minmax[name]) ** 0.75).sum():
            problems.append(f"{name} has no smaller norm of the error than by minmax")
    expected = x.astype(np.float64) @ stored["w1"] @ stored["w2"].T + np.arange(N)
    packed = qtool.work / "blocks_packed.onnx"
    quantize(qtool, source, packed, kind, block, method, "qoperator")
    if [node.op_type for node in onnx.load(packed).graph.node][:1] != ["MatMulNBits"]:
        problems.append("no MatMulNBits")
    errors = []
    for path in (target, packed):
        ours = qtool.run(path, qtool.work / "blocks_x.npy")["y"].reshape(expected.shape)
        errors += [far(literal(path, x), expected), far(ours, expected)]
    problems += [f"off by {error:.1e}" for error in errors if not error <= ALLOWED]
    return f"at most {max(errors):.0e} off", "; ".join(problems)


@functools.cache
def images(qtool):
    """Of fashion_vit: inputs as both runtimes read them, and the float model's outputs."""
    x = VIT.evaluation(FEW)
    np.save(qtool.work / "blocks_vit.npy", x)
    return x, interop.ort_run(VIT.path, x, len(x))["logits"]


def check_model(qtool, kind, block, method, form):
    """Figures and problems of a real model: SQNR, and how far both runtimes are from each other."""
    target = qtool.work / f"blocks_vit_{form}.onnx"
    quantize(qtool, VIT.path, target, kind, block, method, form)
    found = {node.op_type for node in onnx.load(target).graph.node}
    x, floats = images(qtool)
    theirs = literal(target, x)
    ours = qtool.run(target, qtool.work / "blocks_vit.npy")["logits"]
    apart = far(ours.reshape(theirs.shape), theirs)
    problems = [] if apart <= ALLOWED_MODEL else [f"the runtimes are {apart:.1e} apart"]
    problems += [] if ("MatMulNBits" in found) == (form == "qoperator") else ["MatMulNBits is not as expected"]
    return interop.sqnr(floats.reshape(theirs.shape), theirs), apart, problems


def add_model(tally, qtool, form):
    near = {}
    for kind, block, method in itertools.product(("s4", "u4", "s8"), (128, 32, 16), ("minmax", "mse", "hqq")):
        near[kind, block, method], apart, problems = check_model(qtool, kind, block, method, form)
        rivals = [(kind, 128, method)] if block == 16 else []
        rivals += [("u4", block, method)] if kind == "s8" else []
        better = [r for r in rivals if near[r] >= near[kind, block, method]]
        problems += [f"no better than {r} with {near[r]:.1f} dB" for r in better]
        figures = f"{near[kind, block, method]:.1f} dB, runtimes {apart:.0e} apart"
        tally.add(f"fashion_vit {form} {kind} in blocks of {block} by {method}", "; ".join(problems), figures)


def main():
    arguments = interop.parser(__doc__).parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    random = np.random.default_rng(1)
    shapes = {"w1": (K, HIDDEN), "w2": (N, HIDDEN)}
    weights = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    x = random.standard_normal((2, K)).astype(np.float32)
    source = qtool.work / "blocks.onnx"
    onnx.save(float_model(weights), source)
    np.save(qtool.work / "blocks_x.npy", x[None])
    tally = interop.Tally()
    for kind, block, method in itertools.product(RANGES, (16, 32, 128), ("minmax", "mse", "percentile", "hqq")):
        try:
            figures, problem = check(qtool, source, weights, x, kind, block, method)
        except (RuntimeError, AssertionError) as error:
            figures, problem = "", repr(error)
        tally.add(f"{kind} in blocks of {block} by {method}", problem, figures)
    for form in ("qdq", "qoperator"):
        add_model(tally, qtool, form)
    tally.finish()


main()
