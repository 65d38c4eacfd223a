"""Operators of com.microsoft: `qtool run` gives what onnxruntime gives, on models of one node."""

import tempfile

import numpy as np
import onnx
import onnxruntime

import contrib
import contrib_fused
import contrib_quantized
import interop

SOURCES = (contrib_fused, contrib_quantized)


def ort_run(case):
    """Outputs by name. One thread, no fusions."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    runner = onnxruntime.InferenceSession(case.model.SerializeToString(), options)
    names = [output.name for output in runner.get_outputs()]
    return dict(zip(names, runner.run(names, case.feeds)))


def qtool_run(qtool, case):
    """The same, fed as ONNX's backend tests are."""
    with tempfile.TemporaryDirectory(dir=interop.MEMORY) as folder:
        onnx.save(case.model, f"{folder}/model.onnx")
        for i, graph_input in enumerate(case.model.graph.input):
            onnx.save_tensor(contrib.tensor(graph_input.name, case.feeds[graph_input.name]), f"{folder}/input_{i}.pb")
        outputs = qtool.run(f"{folder}/model.onnx", folder)
        return {name: stacked[0] for name, stacked in outputs.items()}


def problem(case, name, expected, actual):
    """What is wrong with an output; empty if it is right."""
    if actual.shape != expected.shape:
        return f"{name} has shape {actual.shape}, not {expected.shape}"
    if actual.dtype != expected.dtype:
        return f"{name} is {actual.dtype}, not {expected.dtype}"
    if expected.size == 0:
        return ""
    error = np.abs(expected.astype(np.float64) - actual.astype(np.float64)).max()
    integers = np.issubdtype(expected.dtype, np.integer)
    allowed = case.steps if integers else case.relative * np.abs(expected.astype(np.float64)).max()
    return "" if error <= allowed else f"{name} is off by {error:.3g}, {allowed:.3g} is allowed"


def main():
    parser = interop.parser(__doc__)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    for source in SOURCES:
        for case in source.cases():
            if arguments.only not in case.name:
                continue
            expected = ort_run(case)
            try:
                actual = qtool_run(qtool, case)
                wrong = [problem(case, name, value, actual[name]) for name, value in expected.items()]
                tally.add(case.name, "; ".join(w for w in wrong if w))
            except RuntimeError as error:
                tally.add(case.name, str(error))
    tally.finish()


main()
