"""Every operator that can be static, alone in a model and forced: by --mode op:<type>=static, and with all
others by --target qnn.

A case passes if the file is valid, the node reads DequantizeLinear and is read by QuantizeLinear alone
(indices and the like excepted), onnxruntime loads and runs it, and its error is below what 8 bits
promise: 20 dB against the float model. The executor must be 10 dB nearer to onnxruntime, or 40 dB near.
"""

import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import interop

COUNT = 16  # of inputs
SHAPE = (1, 8, 6, 6)


@dataclasses.dataclass(frozen=True)
class Case:
    """`nodes` are lines of ONNX text from x to y. A weight is an array, or the shape of normal numbers."""

    operator: str
    nodes: str
    weights: dict
    shape: tuple
    opset: int
    floor: float  # dB
    writes_float: bool  # as Gemm and MatMul do where no other static node reads it


def case(operator, nodes, shape=SHAPE, opset=18, floor=20, writes_float=False, **weights):
    return Case(operator, nodes, weights, shape, opset, floor, writes_float)


def plain(operator, attributes="", opset=18, **weights):
    """y = operator(x, weights…)"""
    return case(operator, f"y = {operator} {attributes} ({', '.join(['x', *weights])})", opset=opset, **weights)


def ints(*values):
    return np.array(values, np.int64)


CASES = [
    # onnxruntime's registries
    case("ArgMax", "i = ArgMax <axis = 1, keepdims = 0> (x) \n y = Cast <to = 1> (i)", floor=10),
    plain("AveragePool", "<kernel_shape = [2, 2]>"),
    case("BatchNormalization", "a = Relu(x) \n y = BatchNormalization(a, s, b, m, v)", s=(8,), b=(8,), m=(8,), v=np.linspace(0.5, 2, 8, dtype=np.float32)),
    plain("Clip", low=np.float32(-0.5), high=np.float32(2)),
    case("Concat", "a = Relu(x) \n y = Concat <axis = 1> (x, a)"),
    plain("Conv", w=(4, 8, 3, 3), b=(4,)),
    plain("ConvTranspose", "<strides = [2, 2]>", w=(8, 4, 3, 3), b=(4,)),
    plain("CumSum", axis=ints(3)),
    plain("Flatten"),
    plain("Gather", "<axis = 1>", indices=ints(3, 0, 5)),
    plain("GatherElements", "<axis = 1>", indices=ints(*range(8)).reshape(1, 8, 1, 1)),
    case("Gemm", "y = Gemm <transB = 1> (x, w, b)", w=(5, 16), b=(5,), shape=(4, 16), writes_float=True),
    plain("GlobalAveragePool"),
    plain("InstanceNormalization", s=(8,), b=(8,)),
    plain("LayerNormalization", s=(6,), b=(6,)),
    plain("LeakyRelu", "<alpha = 0.1>"),
    case("MatMul", "y = MatMul(x, w)", w=(6, 10), writes_float=True),
    case("MatMul", "a = Transpose <perm = [0, 1, 3, 2]> (x) \n y = MatMul(x, a)", writes_float=True),
    plain("MaxPool", "<kernel_shape = [2, 2]>"),
    case("Mul", "a = Sigmoid(x) \n y = Mul(x, a)"),
    case("Mul", "y = Mul(x, k)", k=(8, 1, 1)),
    case("Add", "a = Sigmoid(x) \n y = Add(x, a)"),
    case("Add", "y = Add(x, k)", k=(8, 1, 1)),
    plain("Pad", "<mode = \"reflect\">", pads=ints(0, 0, 1, 1, 0, 0, 1, 1)),
    plain("Pad", pads=ints(0, 0, 1, 1, 0, 0, 1, 1)),
    plain("Relu"),
    plain("Reshape", to=ints(1, -1)),
    case("Resize", "y = Resize <mode = \"nearest\"> (x, , scales)", scales=np.array([1, 1, 2, 2], np.float32)),
    case("Resize", "y = Resize <mode = \"linear\"> (x, , scales)", scales=np.array([1, 1, 2, 2], np.float32)),
    plain("Sigmoid"),
    plain("Slice", starts=ints(2), ends=ints(7), axes=ints(1)),
    plain("Softmax", "<axis = 1>"),
    case("Split", "a, b = Split <axis = 1> (x, split) \n y = Sub(a, b)", split=ints(4, 4)),
    plain("Squeeze", axes=ints(0)),
    case("TopK", "y, i = TopK <axis = 1> (x, k)", k=ints(3)),
    plain("Transpose", "<perm = [0, 2, 3, 1]>"),
    plain("Unsqueeze", axes=ints(0)),
    case("Where", "c = Less(x, zero) \n a = Sigmoid(x) \n y = Where(c, a, x)", zero=np.float32(0)),
    # beyond them
    case("Sub", "a = Sigmoid(x) \n y = Sub(x, a)"),
    case("Sub", "y = Sub(k, x)", k=(8, 1, 1)),
    case("Div", "a = Sigmoid(x) \n b = Add(a, one) \n y = Div(x, b)", one=np.float32(1)),
    case("Div", "y = Div(x, k)", k=np.float32(3)),
    case("Min", "a = Sigmoid(x) \n y = Min(x, a)"),
    case("Max", "a = Sigmoid(x) \n y = Max(x, a)"),
    plain("Tanh"),
    plain("Erf"),
    plain("Gelu", opset=20),
    plain("HardSigmoid"),
    plain("HardSwish"),
    plain("PRelu", slope=(8, 1, 1)),
    plain("Elu"),
    plain("ReduceMean"),
    plain("ReduceMean", axes=ints(2, 3)),
    plain("ReduceSum", axes=ints(1)),
    plain("ReduceMax", axes=ints(1)),
    plain("GlobalMaxPool"),
    plain("DepthToSpace", "<blocksize = 2>"),
    plain("SpaceToDepth", "<blocksize = 2>"),
    plain("Expand", to=ints(2, 8, 6, 6)),
    plain("Tile", times=ints(1, 2, 1, 1)),
    plain("GatherND", indices=ints(0, 3, 0, 5).reshape(2, 2)),
    plain("GroupNormalization", "<num_groups = 2>", s=(8,), b=(8,), opset=21),
    plain("RMSNormalization", s=(6,), opset=23),
    case("MatMul", "y = Einsum <equation = \"bchw,wk->bchk\"> (x, w)", w=(6, 10), writes_float=True),
    case("MatMul", "a = Sigmoid(x) \n y = Einsum <equation = \"bchw,bcgw->bchg\"> (x, a)", writes_float=True),
    case("Einsum", "a = Sigmoid(x) \n y = Einsum <equation = \"bchw,bcgw->bhg\"> (x, a)"),
    case("Attention", "a = Sigmoid(x) \n y = Attention(x, a, x)", opset=23),
    case("Attention", "a = Sigmoid(x) \n o, k, v = Attention(x, a, x, , x, a) \n y = Concat <axis = 2> (o, k, v)", opset=23),
]


def weight(name, given, random):
    array = given if isinstance(given, (np.ndarray, np.generic)) else random.standard_normal(given).astype(np.float32)
    return numpy_helper.from_array(np.asarray(array), name)


def model_of(case):
    random = np.random.default_rng(1)
    text = f'<ir_version: 10, opset_import: ["" : {case.opset}]>\nalone (float[{",".join(map(str, case.shape))}] x) => (float[] y) {{ {case.nodes} }}'
    model = onnx.parser.parse_model(text)
    model.graph.initializer.extend(weight(name, given, random) for name, given in case.weights.items())
    del model.graph.output[:]
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    outputs = [info for info in inferred if info.name == "y"]
    model.graph.output.extend(outputs or [helper.make_tensor_value_info("y", TensorProto.FLOAT, case.shape)])
    onnx.checker.check_model(model, full_check=True)
    return model


def misquantized(model, case):
    """What is wrong about how the node reads and writes; empty if nothing is."""
    nodes = [node for node in model.graph.node if node.op_type == case.operator]
    if not nodes:
        return f"{case.operator} is gone"
    types = {v.name: v.type.tensor_type.elem_type for v in onnx.shape_inference.infer_shapes(model).graph.value_info}
    writers = {name: node.op_type for node in model.graph.node for name in node.output}
    for name in nodes[0].input:
        if types.get(name) == TensorProto.FLOAT and writers[name] != "DequantizeLinear":
            return f"{name} comes from {writers[name]}"
    for name in nodes[0].output:
        readers = [node.op_type for node in model.graph.node if name in node.input]
        if types.get(name) == TensorProto.FLOAT and readers != ["QuantizeLinear"] and not case.writes_float:
            return f"{name} is read by {readers}"
    return "" if "DequantizeLinear" in [writers.get(name) for name in nodes[0].input] else "reads no integers"


def verdict(qtool, number, case, options):
    path, out = qtool.work / f"operator_{number}.onnx", qtool.work / f"operator_{number}_q.onnx"
    onnx.save(model_of(case), path)
    inputs = np.random.default_rng(2).standard_normal((COUNT * case.shape[0], *case.shape[1:])).astype(np.float32)
    np.save(path.with_suffix(".npy"), inputs)
    qtool("static", path, out, "--calib", path.with_suffix(".npy"), *options)
    model = onnx.load(out)
    onnx.checker.check_model(model, full_check=True)
    if problem := misquantized(model, case):
        return problem, ""
    feeds = [inputs[i : i + case.shape[0]] for i in range(0, len(inputs), case.shape[0])]
    truth, theirs = (interop.ort_run(p, [{"x": f} for f in feeds])["y"] for p in (path, out))
    ours = qtool.run(out, path.with_suffix(".npy"))["y"].reshape(theirs.shape)
    decibels, apart = interop.sqnr(truth, theirs), interop.sqnr(theirs, ours)
    figures = f"{decibels:.1f} dB, runtimes {apart:.1f} dB apart"
    if decibels < case.floor:
        return f"below {case.floor} dB", figures
    return "" if apart > decibels + 10 or apart > 40 else "the runtimes differ", figures


def main():
    parser = interop.parser(__doc__)
    arguments = parser.parse_args()
    qtool, tally = interop.Qtool(arguments.qtool, arguments.work), interop.Tally()
    for number, each in enumerate(CASES):
        for options in (("--mode", f"op:{each.operator}=static"), ("--target", "qnn")):
            try:
                problem, figures = verdict(qtool, number, each, options)
            except Exception as error:  # of qtool, the checker or onnxruntime
                problem, figures = str(error).replace("\n", " "), ""
            tally.add(f"{each.nodes} {options[1]}".replace("\n", ";"), problem, figures)
    tally.finish()


if __name__ == "__main__":
    main()
