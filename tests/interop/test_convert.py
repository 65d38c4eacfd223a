"""Quantized files of onnxruntime, of qtool and of training, converted to the other format.

One case is one file. Where a value has the same name before and after, both must be the same if the
nodes in between get the same inputs: onnxruntime runs the file before node by node and shows every
value; the converted file is cut at these and run by onnxruntime as well. What is rounded to integers
must agree within one step, floats within 1e-4 of the largest value of the tensor. Also: onnxruntime
loads and runs the converted file with its optimizations; converting what is converted gives the same
bytes; and of what training exports (floats in front of QuantizeLinear) the QDQ form gives the same
bits as before, with no weight left in floats.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime import quantization

import interop
import peer

OTHER = {"qdq": "qoperator", "qoperator": "qdq"}
PEER_OPTIONS = {
    "qdq": dict(activation_type=quantization.QuantType.QUInt8),
    "qoperator": dict(activation_type=quantization.QuantType.QInt8, per_channel=True),
}


def made_by_onnxruntime(qtool, sample, form, path):
    peer.quantize(sample, form, path, **PEER_OPTIONS[form])


def made_by_qtool(qtool, sample, form, path):
    """With int8 activations, for which onnxruntime's sums are exact on every CPU."""
    options = ["--calib", sample.calib, *sample.flags, "--max-samples", 4, "--activation-type", "s8", "--format", form]
    qtool("static", sample.path, path, *options)


class Trainer:
    """Puts QuantizeLinear and DequantizeLinear where quantization-aware training has them: around the
    operands of every product, weights as floats, an activation twice."""

    def __init__(self, sample, weight_type):
        self.model = onnx.load(sample.path)
        self.weight_type = weight_type
        self.weights = {i.name: numpy_helper.to_array(i) for i in self.model.graph.initializer}
        self.values = peer.all_values(self.model, peer.first_feed(sample, self.model))
        self.values |= peer.first_feed(sample, self.model)
        self.nodes = []
        if self.model.opset_import[0].version < 21:
            self.model = onnx.version_converter.convert_version(self.model, 21)

    def pair(self, value, name, scale, zero_point, axis=0):
        """The name of `value` behind a pair of its own."""
        self.model.graph.initializer.extend([
            numpy_helper.from_array(np.asarray(scale, np.float32), f"{name}_s"),
            helper.make_tensor(f"{name}_z", zero_point, np.shape(scale), np.zeros(np.shape(scale)).ravel()),
        ])
        for op, source, result in (("Quantize", value, f"{name}_q"), ("Dequantize", f"{name}_q", f"{name}_d")):
            inputs = [source, f"{name}_s", f"{name}_z"]
            self.nodes.append(helper.make_node(f"{op}Linear", inputs, [result], f"{name}_{op}", axis=axis))
        return f"{name}_d"

    def weight(self, value, node):
        array = self.weights[value]
        axis = 0 if node.op_type == "Conv" or any(a.name == "transB" and a.i for a in node.attribute) else array.ndim - 1
        largest = np.abs(array).max(axis=tuple(i for i in range(array.ndim) if i != axis))
        return self.pair(value, f"{node.name}_w", largest / 7, self.weight_type, axis)

    def activation(self, value, node, index):
        scale = np.abs(self.values[value]).max() / 127
        once = self.pair(value, f"{node.name}_{index}", scale, onnx.TensorProto.INT8)
        return self.pair(once, f"{node.name}_{index}_again", scale, onnx.TensorProto.INT8)

    def run(self):
        nodes = list(self.model.graph.node)
        for node in nodes:
            if node.op_type in ("Conv", "MatMul", "Gemm"):
                for i, value in enumerate(node.input[:2]):
                    is_weight = value in self.weights
                    node.input[i] = self.weight(value, node) if is_weight else self.activation(value, node, i)
            self.nodes.append(node)
        del self.model.graph.node[:]
        self.model.graph.node.extend(self.nodes)
        return self.model


def compare_cut(before, after, feed):
    """How many values both have, how many are identical, and problems."""
    names = [name for name in peer.computed(after) if name in set(peer.computed(before))]
    values = peer.run(before, names, feed)
    apart, inputs = peer.cut(after, values)
    outputs = [peer.out(name) for name in names]
    actual = dict(zip(names, peer.literal_session(apart).run(outputs, feed | {n: values[n] for n in inputs})))
    problems = [f"'{name}': {peer.differs(values[name], actual[name])}" for name in names]
    same = sum(np.array_equal(values[name], actual[name]) for name in names)
    return f"{same} of {len(names)} values identical", [p for p in problems if not p.endswith(": ")]


def check(qtool, sample, source, form):
    """Figures and problems of a file in that form, converted to the other one and back."""
    first, second, third = (qtool.work / f"convert-{sample.name}-{i}.onnx" for i in range(3))
    source(qtool, sample, form, first)
    qtool("convert", first, second, "--format", OTHER[form])
    qtool("convert", second, third, "--format", form)
    before = onnx.load(first)
    feed = peer.first_feed(sample, before)
    figures, problems = [], []
    for path in (second, third):
        interop.session(path, exact=False).run(None, feed)
        shown, wrong = compare_cut(before, onnx.load(path), feed)
        figures.append(shown)
        problems += wrong
    for path, to in ((second, OTHER[form]), (third, form)):
        qtool("convert", path, first, "--format", to)
        if first.read_bytes() != path.read_bytes():
            problems.append(f"not the same when converted to {to} again")
    return ", back ".join(figures), problems


def check_trained(qtool, sample, weight_type):
    """Figures and problems of what training with weights of that type exports."""
    model = Trainer(sample, weight_type).run()
    trained, qdq, qoperator = (qtool.work / f"trained-{sample.name}-{i}.onnx" for i in range(3))
    onnx.save(model, trained)
    feed = peer.first_feed(sample, model)
    qtool("convert", trained, qdq)
    after = onnx.load(qdq)
    expected, actual = (peer.literal_session(m).run(None, feed) for m in (model, after))
    problems = [] if all(np.array_equal(e, a) for e, a in zip(expected, actual)) else ["other bits than before"]
    floats = {i.name for i in after.graph.initializer if i.data_type == onnx.TensorProto.FLOAT}
    problems += [f"{n.name} reads floats" for n in after.graph.node if n.op_type == "QuantizeLinear" and n.input[0] in floats]
    pairs = sum(n.op_type == "QuantizeLinear" for n in after.graph.node)
    problems += [f"{n.name} is left" for n in after.graph.node if n.name.endswith("_again_Quantize")]
    figures = f"{pairs} of {sum(n.op_type == 'QuantizeLinear' for n in model.graph.node)} QuantizeLinear left"
    if weight_type == onnx.TensorProto.INT8:
        qtool("convert", trained, qoperator, "--format", "qoperator")
        interop.session(qoperator, exact=False).run(None, feed)
        shown, wrong = compare_cut(after, onnx.load(qoperator), feed)
        figures, problems = f"{figures}; as QOperator {shown}", problems + wrong
    return figures, problems


TRAINED = {
    "fashion_resnet": ("INT8", "UINT8", "INT16", "UINT16", "INT4", "UINT4", "FLOAT8E4M3FN", "FLOAT8E5M2"),
    "fashion_vit": ("INT8", "INT4"),
}


def cases():
    """Names, and functions of the program that give figures and problems."""
    for sample in interop.ALL_SAMPLES.values():
        for source in (made_by_onnxruntime, made_by_qtool):
            for form in OTHER:
                name = f"{sample.name} {form} {source.__name__.replace('_', ' ')}"
                yield name, lambda qtool, s=sample, m=source, f=form: check(qtool, s, m, f)
    for name, kinds in TRAINED.items():
        for kind in kinds:
            weight_type = onnx.TensorProto.DataType.Value(kind)
            sample = interop.ALL_SAMPLES[name]
            yield f"{name} trained with {kind}", lambda qtool, s=sample, t=weight_type: check_trained(qtool, s, t)


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    for name, function in cases():
        if arguments.only not in name:
            continue
        try:
            figures, problems = function(qtool)
        except RuntimeError as error:  # of qtool
            figures, problems = "", [str(error)]
        tally.add(name, "; ".join(problems), figures)
    tally.finish()


main()
