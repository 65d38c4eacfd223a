"""Files of every mode, type and mixture: valid, and the same in qtool and in onnxruntime.

One case is one model quantized one way. It passes if qtool writes the file, onnx.checker accepts it with
full checks, its plan gives the same bytes, it holds what was asked for, it is smaller than the float
file, onnxruntime loads and runs it, and the runtimes agree on the same inputs:
  float arithmetic (weight-only)   80 dB: what lies between are roundings of float32;
  float16                          50 dB: each runtime decides which results it rounds to float16 in
                                   between (2^-12 on average, or 72 dB, each time);
  integer arithmetic               as in test_files.py: one step, or 20 dB below the error of the
                                   quantization itself.
That error must be below what the types promise at least: see `Case.floor`.
"""

import concurrent.futures
import dataclasses
import pathlib

import numpy as np
import onnx
from onnx import TensorProto

import interop
import mode_models
import test_files

FLOAT, HALF, INTEGER = "float arithmetic", "float16", "integer arithmetic"
AGREEMENT = {FLOAT: 80, HALF: 50}  # dB
COUNT = 24  # of inputs to judge by


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    model: str
    command: str
    options: tuple
    form: str
    arithmetic: str
    floor: float  # dB against the float model
    holds: tuple  # operators and types of initializers; those with a - in front must be missing


def case(name, model, command, *options, form="qdq", arithmetic=INTEGER, floor=20, holds=()):
    return Case(name, model, command, options, form, arithmetic, floor, holds)


def mode(text):
    return "--mode", text


BLOCKS = ("--block-size", "32")
# Floors are what a type gives a single tensor, less a margin for the layers that its error goes through:
# b bits around 0 have about 6 b - 10 dB, e4m3fn 31 dB, e5m2 25 dB, float16 72 dB. A file that computes
# something else has about 0.
CASES = [
    case("float16", "fashion_resnet", "dynamic", *mode("*=float16"), arithmetic=HALF, floor=50, holds=("FLOAT16", "Cast")),
    case("float16", "fashion_vit", "dynamic", *mode("*=float16"), arithmetic=HALF, floor=50, holds=("FLOAT16", "Cast")),
    case("float16", "fashion_lstm", "dynamic", *mode("*=float16"), arithmetic=HALF, floor=50, holds=("FLOAT16", "Cast")),
    case("weight-only", "fashion_mobile", "dynamic", *mode("*=weight_only"), arithmetic=FLOAT, holds=("INT8", "-DynamicQuantizeLinear")),
    case("weight-only", "fashion_lstm", "dynamic", *mode("*=weight_only"), arithmetic=FLOAT, floor=30, holds=("INT8", "LSTM")),
    case("weight-only uint8", "fashion_vit", "dynamic", *mode("*=weight_only"), "--weight-type", "u8", arithmetic=FLOAT, floor=30, holds=("UINT8",)),
    case("e4m3fn", "fashion_vit", "dynamic", "--weight-type", "e4m3fn", arithmetic=FLOAT, floor=15, holds=("FLOAT8E4M3FN",)),
    case("e5m2", "fashion_lstm", "dynamic", "--weight-type", "e5m2", arithmetic=FLOAT, floor=10, holds=("FLOAT8E5M2",)),
    case("int16 weights", "fashion_resnet", "dynamic", "--weight-type", "s16", arithmetic=FLOAT, floor=60, holds=("INT16",)),
    case("int16 weights, uint16", "fashion_vit", "static", "--weight-type", "s16", "--activation-type", "u16", floor=40, holds=("INT16", "UINT16")),
    case("uint16", "fashion_mobile", "static", "--activation-type", "u16", holds=("UINT16", "INT8")),
    case("int16", "fashion_resnet", "static", "--activation-type", "s16", floor=30, holds=("INT16", "INT8")),
    case("symmetric int8", "fashion_resnet", "static", "--activation-type", "s8", "--symmetric", holds=("INT8", "-UINT8")),
    case("7 bits", "fashion_resnet", "static", "--reduce-range", holds=("INT8",)),
    case("7 bits QOperator", "fashion_resnet", "static", "--target", "x86-avx2", form="qoperator", holds=("QLinearConv",)),
    case("everything", "fashion_mobile", "static", "--target", "qnn", floor=8, holds=("INT8",)),
    case("one scale", "fashion_resnet", "static", "--target", "web", floor=15, holds=("INT8",)),
    *(
        case(f"{kind} blocks {form} {method}", "fashion_vit", "dynamic", "--weight-type", kind, *BLOCKS, "--weight-method", method, form=form,
             arithmetic=FLOAT, floor=8, holds=(holds,))
        for kind, full in (("s4", "INT4"), ("u4", "UINT4"))
        for form, holds in (("qdq", full), ("qoperator", "MatMulNBits"))
        for method in ("minmax", "mse", "hqq")
    ),
    case("s4 without blocks", "fashion_lstm", "dynamic", "--weight-type", "s4", arithmetic=FLOAT, floor=8, holds=("INT4",)),
    case("s8 blocks", "fashion_vit", "dynamic", *BLOCKS, arithmetic=FLOAT, floor=30, holds=("INT8", "-DynamicQuantizeLinear")),
    case("LSTM dynamic", "fashion_lstm", "dynamic", holds=("DynamicQuantizeLSTM",)),
    case("LSTM static", "fashion_lstm", "static", holds=("DynamicQuantizeLSTM", "QuantizeLinear")),
    case("LSTM dynamic", "dtln_1", "dynamic", holds=("DynamicQuantizeLSTM",)),
    case("LSTM static", "dtln_1", "static", holds=("DynamicQuantizeLSTM", "QuantizeLinear")),
    case("GRU dynamic", "gtcrn_simple", "dynamic", holds=("GRU", "INT8")),
    case("GRU static", "gtcrn_simple", "static", floor=15, holds=("GRU", "INT8", "QuantizeLinear")),
    case("bodies dynamic", "branches", "dynamic", holds=("If", "Conv", "DynamicQuantizeLSTM", "MatMulInteger")),
    case("bodies dynamic ConvInteger", "branches", "dynamic", "--dynamic-conv", holds=("If", "ConvInteger")),
    case("bodies static", "branches", "static", holds=("If", "DynamicQuantizeLSTM", "QuantizeLinear")),
    case("bodies one of which no sample runs", "branches", "static", "--max-samples", "1", holds=("If", "DynamicQuantizeLSTM", "DynamicQuantizeLinear", "QuantizeLinear")),
    case("bodies static QOperator", "branches", "static", form="qoperator", holds=("If", "QLinearConv", "-Conv")),
    case("bodies uint16", "branches", "static", "--activation-type", "u16", holds=("UINT16",)),
    case("bodies weight-only", "branches", "dynamic", *mode("*=weight_only"), arithmetic=FLOAT, floor=30, holds=("LSTM", "INT8")),
    case("bodies float16", "branches", "dynamic", *mode("*=float16"), arithmetic=HALF, floor=50, holds=("FLOAT16",)),
    case("bodies e4m3fn", "branches", "dynamic", "--weight-type", "e4m3fn", arithmetic=FLOAT, floor=15, holds=("FLOAT8E4M3FN",)),
    case("three modes", "three_parts", "static", *mode("rnn_*=dynamic"), *mode("tail_*=float"),
         holds=("QuantizeLinear", "DynamicQuantizeLSTM", "Gemm", "-LSTM", "-MatMulInteger")),
    case("three modes QOperator", "three_parts", "static", *mode("rnn_*=dynamic"), *mode("tail_*=float"), form="qoperator",
         holds=("QLinearConv", "DynamicQuantizeLSTM", "Gemm", "-LSTM", "-Conv", "-QGemm")),
    case("four modes", "three_parts", "static", *mode("rnn_*=weight_only"), *mode("tail_*=float16"), *mode("cnn_first*=dynamic"), "--dynamic-conv",
         holds=("QuantizeLinear", "ConvInteger", "LSTM", "FLOAT16")),
]


@dataclasses.dataclass(frozen=True)
class Source:
    """A float model, what it is calibrated with and judged by."""

    path: pathlib.Path
    calibration: tuple  # options of qtool
    feeds: list  # as interop.ort_run takes them
    data: pathlib.Path  # the same for `qtool run`


def stored_source(name, work):
    sample = interop.ALL_SAMPLES[name]
    feeds = sample.evaluation(COUNT)
    if isinstance(feeds, list):
        data = sample.calib if not isinstance(feeds[0], np.ndarray) else work / f"{name}-modes.npy"
    else:
        data, feeds = work / f"{name}-modes.npy", [row[None] for row in feeds]
    if data.suffix == ".npy":
        np.save(data, np.concatenate(feeds))
    return Source(sample.path, ("--calib", sample.calib, *sample.flags, "--max-samples", 64), feeds, data)


def made_source(name, work):
    model = getattr(mode_models, name)()
    folder = work / name
    for part, count, seed in (("calib", 32, 1), ("eval", COUNT, 2)):
        mode_models.write_feeds(folder / part, mode_models.feeds(model, count, seed))
    onnx.save(model, folder / "model.onnx")
    return Source(folder / "model.onnx", ("--calib", folder / "calib"), mode_models.feeds(model, COUNT, 2), folder / "eval")


def contents(graph):
    """Operators and types of constants, bodies included."""
    for tensor in graph.initializer:
        yield TensorProto.DataType.Name(tensor.data_type)
    for node in graph.node:
        yield node.op_type
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from contents(attribute.g)


def missing(model, holds):
    found = set(contents(model.graph))
    return [name for name in holds if (name.lstrip("-") in found) == name.startswith("-")]


def agree(case, model, floats, expected, actual):
    """Figures and problems of the runtimes' outputs."""
    actual = {name: actual[interop.file_name(name)] for name in expected}
    error = min(interop.sqnr(floats[name], expected[name]) for name in expected)
    problems = [] if error >= case.floor else [f"{error:.1f} dB against the float model, below {case.floor}"]
    if case.arithmetic == INTEGER:
        figures, apart = test_files.compare(model, "QDQ", floats, expected, actual)
        return [f"{error:.1f} dB", *figures], problems + apart
    between = min(interop.sqnr(expected[name], actual[name]) for name in expected)
    if not between >= AGREEMENT[case.arithmetic]:
        problems.append(f"the runtimes are {between:.1f} dB apart")
    return [f"{error:.1f} dB", f"{between:.1f} dB apart"], problems


def write(qtool, case, source):
    """The path of the file, which `qtool plan` and `--plan` must give too."""
    path, plan, planned = (qtool.work / f"modes-{case.model}-{case.name}{end}" for end in (".onnx", ".json", "-planned.onnx"))
    path.unlink(missing_ok=True)
    form = ("--format", case.form)
    calibration = source.calibration if case.command == "static" else ()
    qtool(case.command, source.path, path, *calibration, *case.options, *form)
    qtool("plan", source.path, "-o", plan, *(calibration or ["--dynamic"]), *case.options)
    qtool("static", source.path, planned, "--plan", plan, *form)
    if planned.read_bytes() != path.read_bytes():
        raise ValueError("the plan gives other bytes")
    return path


def check(qtool, case, source):
    """Figures and problems of one case."""
    path = write(qtool, case, source)
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(path)
    size = path.stat().st_size / source.path.stat().st_size
    problems = [f"lacks or should lack {name}" for name in missing(model, case.holds)]
    problems += ["not smaller"] if size >= 1 else []
    floats, expected = (interop.ort_run(p, source.feeds) for p in (source.path, path))
    figures, apart = agree(case, model, floats, expected, qtool.run(path, source.data))
    return [f"{size:.0%} of the size", *figures], problems + apart


def run_case(job):
    _, case, _ = job
    name = f"{case.model} {case.name}"
    try:
        figures, problems = check(*job)
    except Exception as error:  # a case that breaks is a case that fails
        return name, f"{type(error).__name__}: {str(error).splitlines()[0]}", ""
    return name, "; ".join(problems), ", ".join(figures)


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    wanted = [case for case in CASES if arguments.only in f"{case.model} {case.name}"]
    sources = {}
    for name in {case.model for case in wanted}:
        make = made_source if hasattr(mode_models, name) else stored_source
        sources[name] = make(name, qtool.work)
    tally = interop.Tally()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(run_case, [(qtool, case, sources[case.model]) for case in wanted]):
            tally.add(*verdict)
    tally.finish()


if __name__ == "__main__":
    main()
