"""Accuracy of qtool beside onnxruntime's own quantizer: same model, same calibration images, same
settings (uint8 activations, int8 weights, min-max), both files run in onnxruntime.

A row passes if qtool's SQNR is at least onnxruntime's and its top-1 is at least onnxruntime's, or the
float model's where that is lower: a quantized file that happens to get more images right than the
float model is lucky, not better.

--write puts the table into docs/results.md.
"""

import collections
import concurrent.futures
import logging
import re

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

import interop

RESULTS = interop.ROOT / "docs" / "results.md"
OPSET = 17  # for models too old for onnxruntime's quantizer

# What qtool is told, and what onnxruntime's quantizer is told.
Setting = collections.namedtuple("Setting", "name qtool format per_channel")
SETTINGS = [
    Setting("QDQ, per channel", "static --format qdq --per-channel", "QDQ", True),
    Setting("QDQ, per tensor", "static --format qdq --per-tensor", "QDQ", False),
    Setting("QOperator, per channel", "static --format qoperator --per-channel", "QOperator", True),
    Setting("QOperator, per tensor", "static --format qoperator --per-tensor", "QOperator", False),
    Setting("dynamic, defaults", "dynamic", None, False),
    Setting("dynamic with ConvInteger, per channel", "dynamic --dynamic-conv --per-channel", None, True),
    Setting("dynamic with ConvInteger, per tensor", "dynamic --dynamic-conv --per-tensor", None, False),
]

# Figures of one quantized file: top-1 hits (None without labels), mean SQNR over the outputs in dB,
# size in bytes, and what had to be done to get it.
Figures = collections.namedtuple("Figures", "hits sqnr size note")


class Images(quantization.CalibrationDataReader):
    def __init__(self, name, inputs):
        self.feeds = ({name: x[None]} for x in inputs)

    def get_next(self):
        return next(self.feeds, None)


def prepared_models(sample, work):
    """(note, file) to give to onnxruntime's quantizer: as it is, then with a raised opset."""
    plain, raised = work / f"{sample.name}.plain.onnx", work / f"{sample.name}.raised.onnx"
    quant_pre_process(sample.path, plain, skip_symbolic_shape=True)
    onnx.save(onnx.version_converter.convert_version(onnx.load(sample.path), OPSET), raised)
    quant_pre_process(raised, raised, skip_symbolic_shape=True)
    return [("", plain), (f"opset raised to {OPSET} first", raised)]


def quantize_with_onnxruntime(sample, setting, source, output):
    common = dict(per_channel=setting.per_channel, weight_type=quantization.QuantType.QInt8)
    if setting.format is None:
        quantization.quantize_dynamic(source, output, **common)
        return
    name = onnx.load(source).graph.input[0].name
    quantization.quantize_static(
        source,
        output,
        Images(name, sample.calibration()),
        quant_format=quantization.QuantFormat[setting.format],
        activation_type=quantization.QuantType.QUInt8,
        calibrate_method=quantization.CalibrationMethod.MinMax,
        **common,
    )


def measure(sample, setting, path, inputs, reference, note=""):
    batch = 100 if sample.free_batch and setting.format else 1
    outputs = interop.ort_run(path, inputs, batch)
    ratio = float(np.mean([interop.sqnr(reference[name], outputs[name]) for name in reference]))
    return Figures(top1_hits(sample, outputs), ratio, path.stat().st_size, note)


def top1_hits(sample, outputs):
    if "logits" not in outputs:
        return None
    return int(np.sum(outputs["logits"][:, 0].argmax(-1) == sample.labels()))


def first_line(error):
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"[:160]


def measure_onnxruntime(sample, setting, work, inputs, reference):
    """Figures, or why there are none."""
    reasons = []
    for note, source in prepared_models(sample, work):
        path = source.with_name(f"{source.stem}-{setting.name}.onnx")
        try:
            quantize_with_onnxruntime(sample, setting, source, path)
            return measure(sample, setting, path, inputs, reference, note)
        except Exception as error:  # whatever its quantizer or its runtime throws is the finding
            reasons.append(first_line(error))
    return reasons[0]


def measure_qtool(qtool, sample, setting, work, inputs, reference):
    path = work / f"qtool-{setting.name}.onnx"
    command, *options = setting.qtool.split()
    data = ["--calib", sample.calib, *sample.flags] if command == "static" else []
    try:
        qtool(command, sample.path, path, *options, *data)
        return measure(sample, setting, path, inputs, reference)
    except Exception as error:
        return first_line(error)


def measure_row(task):
    qtool, sample, setting = task
    work = qtool.work / "accuracy" / f"{sample.name}-{setting.name}".replace(" ", "-").replace(",", "")
    work.mkdir(parents=True, exist_ok=True)
    inputs = sample.evaluation(None if sample.free_batch else 1000)
    reference = interop.ort_run(sample.path, inputs, 100 if sample.free_batch else 1)
    return (
        top1_hits(sample, reference),
        len(inputs),
        measure_onnxruntime(sample, setting, work, inputs, reference),
        measure_qtool(qtool, sample, setting, work, inputs, reference),
    )


# Rows that are worse, and why. A row that no longer is has to leave this list.
KNOWN_WORSE = {
    ("ultraface_rfb_320", "dynamic with ConvInteger, per tensor"): "onnxruntime's quantizer leaves 35 "
    "BatchNormalization unfolded, because this file lists its weights as inputs; per tensor, weights lose by folding",
}


def objection(float_hits, theirs, ours):
    """Why qtool's row is worse, or nothing."""
    if isinstance(ours, str):
        return f"qtool: {ours}"
    if isinstance(theirs, str):
        return ""
    if ours.sqnr < theirs.sqnr:
        return "lower SQNR than onnxruntime's quantizer"
    if ours.hits is not None and ours.hits < min(theirs.hits, float_hits):
        return "lower top-1 than onnxruntime's quantizer"
    return ""


def cells(figures, count):
    """Top-1, SQNR and size of one quantizer as text."""
    if isinstance(figures, str):
        return ["-", f"fails: {figures}", "-"]
    top1 = "-" if figures.hits is None else f"{figures.hits / count:.2%}"
    note = f" ({figures.note})" if figures.note else ""
    return [top1, f"{figures.sqnr:.1f} dB{note}", f"{figures.size / 1000:.0f} kB"]


def markdown(rows):
    lines = [
        f"onnxruntime {onnxruntime.__version__}, its quantizer against qtool's:",
        "",
        "| model | setting | float top-1 | onnxruntime: top-1 | SQNR | size | qtool: top-1 | SQNR | size |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for sample, setting, (float_hits, count, theirs, ours) in rows:
        float_top1 = "-" if float_hits is None else f"{float_hits / count:.2%}"
        text = [sample.name, setting.name, float_top1, *cells(theirs, count), *cells(ours, count)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in text) + " |")
    lines += [""] + [f"- {model}, {setting}: worse because {why}." for (model, setting), why in KNOWN_WORSE.items()]
    return "\n".join(lines)


def write_table(table):
    begin, end = "<!-- accuracy:begin -->", "<!-- accuracy:end -->"
    text, count = re.subn(f"(?s){begin}.*?{end}", lambda _: f"{begin}\n{table}\n{end}", RESULTS.read_text())
    if count != 1:
        raise SystemExit(f"{RESULTS}: no '{begin}' … '{end}' to write between")
    RESULTS.write_text(text)


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help=f"write the table into {RESULTS.name}")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tasks = [
        (qtool, sample, setting)
        for sample in interop.SAMPLES.values()
        for setting in SETTINGS
        if arguments.only in f"{sample.name} {setting.name}"
    ]
    logging.disable(logging.WARNING)
    tally = interop.Tally()
    rows = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (_, sample, setting), row in zip(tasks, pool.map(measure_row, tasks)):
            rows.append((sample, setting, row))
            float_hits, count, theirs, ours = row
            figures = "onnxruntime {}, qtool {}".format(*(" ".join(cells(f, count)) for f in (theirs, ours)))
            problem, known = objection(float_hits, theirs, ours), KNOWN_WORSE.get((sample.name, setting.name))
            if known:
                figures += f"; known to be worse: {known}"
                problem = "" if problem else "is listed as worse, but is not"
            tally.add(f"{sample.name}, {setting.name}", problem, figures)
    if arguments.write:
        write_table(markdown(rows))
    tally.finish()


if __name__ == "__main__":
    main()
