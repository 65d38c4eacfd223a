"""Accuracy of qtool beside onnxruntime's own quantizer: same model, same calibration samples, same
settings, min-max ranges, both files run in onnxruntime.

A row is one model quantized one way. It passes if qtool's file passes onnx.checker with full checks, is
smaller than the float file, holds no constant twice and runs, and if its SQNR, to the tenth of a dB that is shown, is at least that of
onnxruntime's quantizer, wherever that one succeeds. Top-1 is shown, but SQNR decides: of two files close to the float model, which one gets
a few more images of 5,000 right is luck. Rows of LIMITS have to hold more, a largest loss of top-1 among it.

By default each model with default settings, and what is listed in CHOSEN; --full measures all and
writes the table into docs/results.md. Figures of onnxruntime's quantizer are kept in the work folder.
"""

import collections
import concurrent.futures
import hashlib
import json
import logging
import threading

import numpy as np
import onnx
import onnxruntime
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

import interop
import results
import settings
from settings import Setting
from sizes import check_size

OPSET = 17  # for models too old for onnxruntime's quantizer

STATIC, DYNAMIC = Setting("QDQ"), Setting("dynamic")
# Rows beside the default ones that are always measured.
CHOSEN = {
    ("fashion_resnet", Setting("QOperator")),
    ("fashion_mobile", Setting("QDQ", per_channel=False)),
    ("fashion_mobile", Setting("dynamic", dynamic_conv=True)),
    ("mnist_cntk", Setting("QOperator", weight="u8")),
    ("ultraface_rfb_320", Setting("QDQ", activation="s8")),
    ("ultraface_rfb_320", Setting("QOperator", per_channel=False)),
    ("yunet_n_320", Setting("QDQ", per_channel=False)),
    ("fashion_vit", Setting("QOperator")),
}

# What must hold beside onnxruntime's figures: the least SQNR in dB, and the largest loss of top-1 in points.
LIMITS = {
    ("fashion_mobile", STATIC): (18, 0.5),
    ("fashion_mobile", DYNAMIC): (0, 0.1),
    ("fashion_vit", STATIC): (0, 0.2),
    ("fashion_vit", DYNAMIC): (0, 0.2),
    ("fashion_lstm", STATIC): (0, 0.2),
    ("fashion_lstm", DYNAMIC): (0, 0.2),
    ("magika_fast_v2_1", STATIC): (0, 0),
    ("magika_fast_v2_1", DYNAMIC): (0, 0),
    ("encoder", STATIC): (20, 0),
    ("encoder_outliers", STATIC): (20, 0),
}

# Rows that are worse, and why. A row that no longer is has to leave this list.
FLOAT_LSTM = (
    "onnxruntime's quantizer leaves the LSTM in float, for a file of 3.4 times the size; beside activations of "
    "16 bits, its int8 weights are the largest error"
)
SATURATED = (
    "onnxruntime's DynamicQuantizeLSTM saturates on CPUs without VNNI instructions, and the option for exact "
    "sums has no kernel for QGemm of int8; its quantizer leaves the LSTM in float"
)
KNOWN_WORSE = {
    ("ultraface_rfb_320", Setting("dynamic", per_channel=False, dynamic_conv=True)): "onnxruntime's quantizer "
    "leaves 35 BatchNormalization unfolded, because this file lists its weights as inputs; per tensor, "
    "weights lose by folding",
    ("fashion_lstm", Setting("QDQ", activation="u16")): FLOAT_LSTM,
    ("dtln_1", Setting("QDQ", activation="u16")): FLOAT_LSTM,
    ("dtln_1", Setting("QDQ", per_channel=False, activation="u16")): FLOAT_LSTM,
    ("fashion_lstm", Setting("QOperator", activation="s8")): SATURATED,
    ("fashion_lstm", Setting("QOperator", per_channel=False, activation="s8")): SATURATED,
}

# Figures of one quantized file: top-1 hits (None without labels), mean SQNR over the outputs in dB,
# size in bytes, and what had to be done to get it.
Figures = collections.namedtuple("Figures", "hits sqnr size note")


class Reader(quantization.CalibrationDataReader):
    def __init__(self, name, feeds):
        self.feeds = (feed if isinstance(feed, dict) else {name: feed} for feed in feeds)

    def get_next(self):
        return next(self.feeds, None)


class Bench:
    """A model with its test inputs and the float model's outputs."""

    def __init__(self, sample, work):
        self.sample = sample
        self.work = work / sample.name
        self.work.mkdir(parents=True, exist_ok=True)
        self.prepared = {}
        self.quantizing = threading.Lock()  # it writes files beside the model
        self.inputs = sample.evaluation()
        self.reference = interop.ort_run(sample.path, self.inputs, 100 if sample.free_batch else 1)
        self.float_hits = self.hits(self.reference)

    def hits(self, outputs):
        labels = self.sample.labels()
        return None if labels is None else int(np.sum(next(iter(outputs.values()))[:, 0].argmax(-1) == labels))

    def measure(self, setting, path, note="", exact=True):
        batch = 100 if self.sample.free_batch and setting.form != "dynamic" else 1
        outputs = interop.ort_run(path, self.inputs, batch, exact and setting.exact)
        ratio = float(np.mean([interop.sqnr(self.reference[name], outputs[name]) for name in self.reference]))
        return Figures(self.hits(outputs), ratio, path.stat().st_size, note)

    def measure_peer(self, setting, path, notes):
        """The same for a file of onnxruntime's quantizer. The option for exact sums breaks some of these."""
        try:
            return self.measure(setting, path, ", ".join(notes))
        except Exception:
            return self.measure(setting, path, ", ".join([*notes, "inexact sums"]), exact=False)

    def prepared_model(self, raised):
        """The file to give to onnxruntime's quantizer, as it is or with a raised opset."""
        if raised not in self.prepared:  # once for each run: a file of an earlier one may be of another model
            path = self.work / ("raised.onnx" if raised else "plain.onnx")
            model = onnx.load(self.sample.path)
            onnx.save(onnx.version_converter.convert_version(model, OPSET) if raised else model, path)
            quant_pre_process(path, path, skip_symbolic_shape=True)
            self.prepared[raised] = path
        return self.prepared[raised]

    def onnxruntime_figures(self, setting):
        """Figures of its quantizer, or why there are none."""
        reasons = []
        for notes, raised in (([], False), ([f"opset raised to {OPSET} first"], True)):
            path = self.work / f"onnxruntime {setting.name}.onnx"
            try:
                with self.quantizing:
                    source = self.prepared_model(raised)
                    name = onnx.load(source).graph.input[0].name
                    setting.onnxruntime_quantize(source, path, Reader(name, self.sample.feeds()))
                return self.measure_peer(setting, path, notes)
            except Exception as error:  # whatever its quantizer or its runtime throws is the finding
                reasons.append(first_line(error))
        return reasons[0]

    def kept_onnxruntime_figures(self, setting):
        """The same; measured once for each model, its inputs, setting and version of onnxruntime."""
        state = hashlib.sha256(self.sample.path.read_bytes())
        for feed in [*self.sample.feeds(), *self.inputs]:
            for value in feed.values() if isinstance(feed, dict) else [feed]:
                state.update(value.tobytes())
        state.update(f"{setting} {onnxruntime.__version__}".encode())
        kept = self.work / f"{state.hexdigest()}.json"
        if not kept.exists():
            kept.write_text(json.dumps(self.onnxruntime_figures(setting)))
        figures = json.loads(kept.read_text())
        return figures if isinstance(figures, str) else Figures(*figures)

    def qtool_figures(self, qtool, setting):
        path = self.work / f"qtool {setting.name}.onnx"
        try:
            settings.write_and_check(qtool, self.sample, setting, path)
            check_size(self.sample.path, path)
            return self.measure(setting, path)
        except Exception as error:
            return first_line(error)


def first_line(error):
    return f"{type(error).__name__}: {str(error).splitlines()[0]}"[:160]


def objection(bench, setting, theirs, ours):
    """Why qtool's row is worse, or nothing."""
    if isinstance(ours, str):
        return f"qtool: {ours}"
    if not isinstance(theirs, str) and not round(ours.sqnr, 1) >= round(theirs.sqnr, 1):
        return "lower SQNR than onnxruntime's quantizer"
    least, loss = LIMITS.get((bench.sample.name, setting), (0, 100))
    if not ours.sqnr >= least:
        return f"below {least} dB"
    if ours.hits is not None and 100 * (bench.float_hits - ours.hits) > loss * len(bench.inputs):
        return f"loses more than {loss} points"
    return ""


def cells(figures, count):
    """Top-1, SQNR and size of one quantizer as text."""
    if isinstance(figures, str):
        return ["-", f"fails: {figures}", "-"]
    top1 = "-" if figures.hits is None else f"{figures.hits / count:.2%}"
    note = f" ({figures.note})" if figures.note else ""
    return [top1, f"{figures.sqnr:.1f} dB{note}", f"{figures.size / 1000:.0f} kB"]


def section(rows):
    succeeded = [theirs for _, _, theirs, _, _ in rows if not isinstance(theirs, str)]
    held = sum(not problem and (b.sample.name, s) not in KNOWN_WORSE for b, s, *_, problem in rows)
    lines = [
        f"onnxruntime {onnxruntime.__version__}, its quantizer against qtool's: {held} of {len(rows)} rows hold; "
        f"onnxruntime's succeeds in {len(succeeded)}.",
        "",
    ]
    texts = []
    for bench, setting, theirs, ours, problem in rows:
        count = len(bench.inputs)
        float_top1 = "-" if bench.float_hits is None else f"{bench.float_hits / count:.2%}"
        texts.append([bench.sample.name, setting.name, float_top1, *cells(theirs, count), *cells(ours, count)])
    header = ["model", "setting", "float top-1", "onnxruntime: top-1", "SQNR", "size", "qtool: top-1", "SQNR", "size"]
    lines += results.table(header, texts)
    lines += [""] + [f"- {b.sample.name}, {s.name}: {problem}." for b, s, _, _, problem in rows if problem]
    return lines + [f"- {model}, {s.name}: worse because {why}." for (model, s), why in KNOWN_WORSE.items()]


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help=f"every setting; write the table into {results.PATH.name}")
    parser.add_argument("--only", default="", help="rows whose name holds this")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally, rows = interop.Tally(), []

    def measure(task):
        bench, setting = task
        return bench.kept_onnxruntime_figures(setting), bench.qtool_figures(qtool, setting)

    for sample in [*interop.ALL_SAMPLES.values(), *interop.made_samples(qtool.work)]:
        chosen = [
            setting
            for setting in settings.all_settings()
            if (arguments.full or setting in (STATIC, DYNAMIC) or (sample.name, setting) in CHOSEN)
            and arguments.only in f"{sample.name}, {setting.name}"
        ]
        if not chosen:
            continue
        bench = Bench(sample, qtool.work / "accuracy")
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            pairs = pool.map(measure, ((bench, setting) for setting in chosen))
            for setting, (theirs, ours) in zip(chosen, pairs):
                problem, known = objection(bench, setting, theirs, ours), KNOWN_WORSE.get((sample.name, setting))
                count = len(bench.inputs)
                figures = "onnxruntime {}, qtool {}".format(*(" ".join(cells(f, count)) for f in (theirs, ours)))
                if known:
                    figures += f"; known to be worse: {known}"
                    problem = "" if problem else "is listed as worse, but is not"
                rows.append((bench, setting, theirs, ours, problem))
                tally.add(f"{sample.name}, {setting.name}", problem, figures)
    if arguments.full and not arguments.only:
        results.write_section("accuracy", section(rows))
    tally.finish()


if __name__ == "__main__":
    main()
