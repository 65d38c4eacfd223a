"""Models that onnxruntime's quantizer wrote: every node computes in qtool what it does in onnxruntime.

One case is one model quantized one way. onnxruntime runs it node by node and shows every value. The
model is then cut at every edge, so that each node gets the very inputs that it had there, and run by
qtool. Integer sums must be equal, what is rounded to integers within one step, floats within 1e-4 of
the largest value of the tensor.
"""

import pathlib
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

import interop
import peer


def run_cut(qtool, model, feed, values):
    apart, inputs = peer.cut(model, values)
    constants = {i.name for i in model.graph.initializer}
    arrays = [feed[i.name] for i in model.graph.input if i.name not in constants] + [values[n] for n in inputs]
    with tempfile.TemporaryDirectory(dir=interop.MEMORY) as folder:
        data = pathlib.Path(folder) / "test_data_set_0"
        data.mkdir()
        for k, array in enumerate(arrays):
            (data / f"input_{k}.pb").write_bytes(numpy_helper.from_array(np.asarray(array)).SerializeToString())
        path = pathlib.Path(folder) / "cut.onnx"
        onnx.save(apart, path)
        outputs = qtool.run(path, data)
    return {name: outputs[interop.file_name(peer.out(name))][0] for name in values}


def check(qtool, sample, form):
    """Figures and problems of one case."""
    path = qtool.work / f"peer-{sample.name}-{form}.onnx"
    peer.quantize(sample, form, path)
    model = onnx.load(path)
    feed = peer.first_feed(sample, model)
    values = peer.all_values(model, feed)
    actual = run_cut(qtool, model, feed, values)
    problems, exact = [], 0
    for node in model.graph.node:
        for name in filter(None, node.output):
            problem = peer.differs(values[name], actual[name])
            exact += np.array_equal(values[name], actual[name])
            if problem:
                problems.append(f"{node.op_type} '{node.name}': {problem}")
    return f"{len(model.graph.node)} nodes, {exact} of {len(values)} values identical", problems


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    for sample in interop.ALL_SAMPLES.values():
        for form in ("qdq", "qoperator", "dynamic"):
            if arguments.only not in f"{sample.name} {form}":
                continue
            try:
                figures, problems = check(qtool, sample, form)
            except RuntimeError as error:  # of qtool
                figures, problems = "", [str(error)]
            tally.add(f"{sample.name} {form}", "; ".join(problems), figures)
    tally.finish()


main()
