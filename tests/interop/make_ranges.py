#!/usr/bin/env python3
"""Writes tests/calib/ranges/onnxruntime_*.json, as onnxruntime's own tools write them:

    make_ranges.py <folder>
"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import calibrate

MODEL = """<ir_version: 8, opset_import: ["" : 17]>
net (float[N, 2] x) => (float[N, 2] y) { c = Neg(x)  y = Relu(c) }"""


class Samples(calibrate.CalibrationDataReader):
    def __init__(self):
        self.rest = iter([[[1.5, -2.25]], [[0.1, 0.75]]])

    def get_next(self):
        sample = next(self.rest, None)
        return None if sample is None else {"x": np.array(sample, np.float32)}


def write(folder, name, method, options):
    model = folder / "model.onnx"
    onnx.save(onnx.parser.parse_model(MODEL), model)
    calibrator = calibrate.create_calibrator(
        model, None, augmented_model_path=str(folder / "augmented.onnx"), calibrate_method=method, extra_options=options
    )
    calibrator.collect_data(Samples())
    calibrate.save_tensors_data(calibrator.compute_data(), folder / f"onnxruntime_{name}.json")
    model.unlink()
    (folder / "augmented.onnx").unlink()


folder = Path(sys.argv[1])
write(folder, "minmax", calibrate.CalibrationMethod.MinMax, {})
write(folder, "per_channel", calibrate.CalibrationMethod.MinMax, {"per_channel": True})
write(folder, "percentile", calibrate.CalibrationMethod.Percentile, {"percentile": 100, "num_bins": 8})
