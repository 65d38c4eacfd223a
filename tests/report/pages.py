"""The reports that test_page.py looks at, as qtool writes them of fashion_mobile, quantized by itself and by onnxruntime,
and of a model with hostile names.
"""

import pathlib
import subprocess

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

DATA = pathlib.Path(__file__).resolve().parents[2] / "data"
METHODS = 6
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\"><!-- <script>"


def expect(condition, message):
    if not condition:
        raise SystemExit(f"test_page: {message}")


def qtool(program, *arguments, code=0):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    expect(done.returncode == code, f"{arguments}: {done.returncode} {done.stderr}")


MOBILE = DATA / "models/fashion_mobile.onnx"
NORMALIZED = ("--scale", "1/255", "--mean", 0.286, "--std", 0.353, "--max-samples", 32)
SAMPLES = (DATA / "calib/fashion", *NORMALIZED)


def mobile_report(program, folder):
    """Of a model with channels, at first from samples, then from the table: the same bytes."""
    first, again = folder / "mobile.html", folder / "again.html"
    qtool(program, "calibrate", MOBILE, "--calib", *SAMPLES, "-o", folder / "table.json", "--report", first)
    qtool(program, "calibrate", MOBILE, "--calib-table", folder / "table.json", "--report", again)
    expect(first.read_bytes() == again.read_bytes(), "a table gives another report than the run that wrote it")
    return first


def hostile_report(program, folder):
    """Of a model whose value has a name that means something in HTML."""
    weight = numpy_helper.from_array(np.ones((8, 8), np.float32), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], [HOSTILE], HOSTILE),
             helper.make_node("MatMul", [HOSTILE, "w"], ["y"], "m")]
    x, y = (helper.make_tensor_value_info(name, 1, [4, 8]) for name in "xy")
    graph = helper.make_graph(nodes, "g", [x], [y], [weight])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "m.onnx")
    np.save(folder / "x.npy", np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32))
    qtool(program, "calibrate", folder / "m.onnx", "--calib", folder / "x.npy", "-o", folder / "m.json", "--report",
          folder / "m.html", "--target", "qnn")
    return folder / "m.html"


def static_reports(program, folder):
    """Of the per-tensor model: how it was made, and how it compares with the float one."""
    model, page, compared = folder / "pt.onnx", folder / "static.html", folder / "compare.html"
    qtool(program, "static", MOBILE, model, "--calib", *SAMPLES, "--per-tensor", "--report", page)
    qtool(program, "compare", MOBILE, model, "--data", *SAMPLES, "--report", compared)
    return model, page, compared


class Fashion(CalibrationDataReader):
    """The samples as onnxruntime takes them."""

    def __init__(self):
        images = np.load(DATA / "calib/fashion/images.npy")[:32].reshape(-1, 1, 28, 28).astype(np.float32)
        self.feeds = iter([{"input": (image[None] / 255 - np.float32(0.286)) / np.float32(0.353)} for image in images])

    def get_next(self):
        return next(self.feeds, None)


def peer_report(program, folder):
    """The comparison of what onnxruntime makes of the model, per tensor."""
    prepared, model, page = folder / "prepared.onnx", folder / "peer.onnx", folder / "peer.html"
    quant_pre_process(str(MOBILE), str(prepared), skip_symbolic_shape=True)
    quantize_static(str(prepared), str(model), Fashion(), quant_format=QuantFormat.QDQ, per_channel=False,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    qtool(program, "compare", MOBILE, model, "--data", *SAMPLES, "--report", page)
    return model, page


def bench_report(program, folder, models):
    page, data = folder / "bench.html", DATA / "eval/fashion"
    qtool(program, "bench", MOBILE, *models, "--data", data / "images.npz", *NORMALIZED, "--rounds", 5,
          "--labels", data / "labels.npy", "--max-ratio", 0.6, "--min-sqnr", 90, "--report", page, code=3)
    return page


def advise_report(program, folder):
    page, data = folder / "advise.html", DATA / "calib/fashion"
    qtool(program, "advise", MOBILE, "--calib", data / "images.npy", *NORMALIZED, "--labels", data / "labels.npy", "--rounds", 5,
          "--backend", "builtin", "--max-trials", 8, "--trials", folder / "trials", "--report", page)
    return page
