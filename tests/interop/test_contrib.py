"""Operators of com.microsoft: `qtool run` gives what onnxruntime gives, on models of one node."""

import tempfile

import numpy as np
import onnxruntime

import contrib_quantized
import interop

SOURCES = (contrib_quantized,)


def ort_run(case):
    """Outputs by name. One thread, no fusions, exact integer sums (see interop.session)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.x64quantprecision", "1")
    runner = onnxruntime.InferenceSession(case.model.SerializeToString(), options)
    names = [output.name for output in runner.get_outputs()]
    return dict(zip(names, runner.run(names, case.feeds)))


def qtool_run(qtool, case):
    with tempfile.TemporaryDirectory(dir=interop.MEMORY) as folder:
        with open(f"{folder}/model.onnx", "wb") as file:
            file.write(case.model.SerializeToString())
        arrays = f"{folder}/inputs.npz"
        np.savez(arrays, **case.feeds)
        return qtool.run(f"{folder}/model.onnx", arrays)


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
    arguments = interop.parser(__doc__).parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    for source in SOURCES:
        for case in source.cases():
            expected = ort_run(case)
            try:
                actual = qtool_run(qtool, case)
                wrong = [problem(case, name, value, actual[name]) for name, value in expected.items()]
                tally.add(case.name, "; ".join(w for w in wrong if w))
            except RuntimeError as error:
                tally.add(case.name, str(error))
    tally.finish()


main()
