"""The same numbers whatever instructions the CPU has, and from the reference kernels.

Each limit on instruction sets (QTOOL_MAX_ISA, and ONEDNN_MAX_CPU_ISA for oneDNN alone) is one more CPU;
those above what this one has change nothing. One case is one model quantized one way:

  files    dynamic, weight-only in blocks, float16, float8, static by a given table: the same bytes
           under every limit.
  integers what operators of EXACT compute, in a run of the file without its other nodes, whose results
           onnxruntime gives: the same bits under every limit and with --reference. Once with every value
           asked for, once with those at the ends, so that qtool fuses what it fuses.
  whole    files whose floats are only quantized and dequantized ones: the same bits at the outputs.
  limits   on a CPU with AVX2, each limit below that changes the last bits of what a float model gives: it
           is in force.
"""

import concurrent.futures
import hashlib
import pathlib
import shutil

import numpy as np
import onnx
from onnx import helper, numpy_helper

import interop
import peer
import settings

LIMITS = {
    **{name: {"QTOOL_MAX_ISA": name} for name in ("none", "sse4", "avx2", "avx512", "avx512_vnni")},
    **{f"oneDNN {isa}": {"ONEDNN_MAX_CPU_ISA": isa} for isa in ("SSE41", "AVX2", "AVX512_CORE")},
}

# What ONNX defines by integer arithmetic, by single roundings of floats, or without arithmetic.
EXACT = set(
    """QLinearConv QLinearMatMul QLinearAdd QLinearMul QGemm QLinearConcat QLinearGlobalAveragePool
    QLinearAveragePool QLinearLeakyRelu ConvInteger MatMulInteger QuantizeLinear DequantizeLinear
    DynamicQuantizeLinear Add Sub Mul Div Relu Clip Min Max MaxPool Cast Reshape Flatten Transpose
    Squeeze Unsqueeze Concat Split Slice Gather Pad Identity Shape Expand Where Resize Constant""".split()
)

FORMS = {
    "QOperator u8s8": settings.Setting("QOperator"),
    "QOperator s8s8 per tensor": settings.Setting("QOperator", per_channel=False, activation="s8"),
    "QOperator u8u8": settings.Setting("QOperator", weight="u8"),
    "dynamic": settings.Setting("dynamic", dynamic_conv=True),
}
WHOLE = ("fashion_resnet", "fashion_mobile", "mnist_cntk")  # with nothing but Q/DQ in floats

FILES = {
    "dynamic": ("dynamic",),
    "dynamic ConvInteger best": ("dynamic", "--dynamic-conv", "--quality", "best"),
    "dynamic s4 blocks hqq": ("dynamic", "--weight-type", "s4", "--block-size", "32", "--weight-method", "hqq"),
    "dynamic float16": ("dynamic", "--mode", "*=float16"),
    "dynamic e4m3fn": ("dynamic", "--weight-type", "e4m3fn"),
    "static minmax": ("static",),
    "static entropy QOperator": ("static", "--method", "entropy", "--format", "qoperator"),
    "static mse s8s8 best": ("static", "--method", "mse", "--activation-type", "s8", "--quality", "best"),
}


def without_floats(model, values):
    """The model without nodes that are not exact; what others read of these are its inputs."""
    kept = [node for node in model.graph.node if node.op_type in EXACT]
    made = {name for node in kept for name in node.output}
    read = {name for node in kept for name in node.input}
    cut = onnx.ModelProto()
    cut.CopyFrom(model)
    del cut.graph.node[:], cut.graph.value_info[:], cut.graph.output[:], cut.graph.input[:]
    cut.graph.node.extend(kept)
    inputs = [name for name in values if name in read - made]
    infos = {n: helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in values.items()}
    cut.graph.input.extend(infos[name] for name in inputs)
    return cut, inputs, [infos[name] for name in values if name in made], read


def write_cut(model, feed, folder):
    """Files of the model without its floats, one with every value as output, one with those that nothing
    reads; the inputs lie beside them as a test data set."""
    values = feed | peer.all_values(model, feed)
    cut, inputs, made, read = without_floats(model, values)
    for i, name in enumerate(inputs):
        (folder / f"input_{i}.pb").write_bytes(numpy_helper.from_array(values[name], name).SerializeToString())
    for name, outputs in (("every", made), ("ends", [info for info in made if info.name not in read])):
        del cut.graph.output[:]
        cut.graph.output.extend(outputs)
        onnx.save(cut, folder / f"{name}.onnx")
        yield folder / f"{name}.onnx", len(outputs)


def differing(expected, actual):
    """Names of outputs that are not the same bits."""
    assert expected.keys() == actual.keys()
    return [n for n in expected if expected[n].dtype != actual[n].dtype or expected[n].tobytes() != actual[n].tobytes()]


def compare_runs(qtool, limits, path, data):
    """Problems of one file: what differs from a run without limits."""
    expected = qtool.run(path, data)
    runs = {name: limited.run(path, data) for name, limited in limits.items()}
    runs["reference"] = qtool.run(path, data, "--reference")
    wrong = {name: differing(expected, actual) for name, actual in runs.items()}
    return [f"{name}: {len(names)} of {len(expected)} differ, {names[0]}" for name, names in wrong.items() if names]


def check_integers(qtool, limits, sample, setting):
    folder = qtool.work / f"{sample.name} {setting.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command, *options = setting.qtool_arguments(sample)
    qtool(command, sample.path, folder / "whole.onnx", *options, *(["--max-samples", 8] if command == "static" else []))
    model = onnx.load(folder / "whole.onnx")
    problems, counts = [], []
    for path, count in write_cut(model, peer.first_feed(sample, model), folder):
        problems += compare_runs(qtool, limits, path, folder)
        counts.append(f"{count} values")
    return problems, counts


def check_whole(qtool, limits, sample, form):
    path, data = (qtool.work / f"every-cpu-{sample.name}-{form}{end}" for end in (".onnx", ".npy"))
    qtool("static", sample.path, path, "--calib", sample.calib, *sample.flags, "--format", form, "--max-samples", 16)
    np.save(data, sample.evaluation(20))
    return compare_runs(qtool, limits, path, data), []


def check_files(qtool, limits, sample, name, options):
    path, table = (qtool.work / f"every-cpu-{sample.name} {name}{end}" for end in (".onnx", ".json"))
    if options[0] == "static":
        samples = ("--calib", sample.calib, *sample.flags, "--max-samples", 8)
        qtool("calibrate", sample.path, *samples, "-o", table)
        options += ("--calib-table", table)

    def written(program):
        program(options[0], sample.path, path, *options[1:])
        return hashlib.sha256(path.read_bytes()).digest()

    expected = written(qtool)
    return [f"{name}: another file" for name, limited in limits.items() if written(limited) != expected], []


def check_limits(qtool, limits, sample):
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    path, data = sample.path, qtool.work / "every-cpu-limits.npy"
    np.save(data, sample.evaluation(20))
    expected = qtool.run(path, data)
    below = [name for name in limits if name.endswith(("none", "sse4", "SSE41")) and "avx2" in flags]
    same = [name for name in below if not differing(expected, limits[name].run(path, data))]
    return [f"{name}: not in force" for name in same], [f"{len(below)} below this CPU"]


def cases_of(samples):
    for sample in samples:
        for name, setting in FORMS.items():
            yield f"{sample.name} integers {name}", check_integers, sample, setting
        for name, options in FILES.items():
            yield f"{sample.name} files {name}", check_files, sample, name, options


def all_cases(qtool):
    yield "limits", check_limits, interop.SAMPLES["fashion_resnet"]
    yield from cases_of(interop.ALL_SAMPLES.values())
    for name in WHOLE:
        for form in ("qdq", "qoperator"):
            yield f"{name} whole {form}", check_whole, interop.SAMPLES[name], form


def run(qtool, limits, cases, tally):
    """Runs cases side by side; `limits` are programs whose numbers must be those of `qtool`."""

    def run_case(case):
        name, check, *rest = case
        try:
            problems, figures = check(qtool, limits, *rest)
        except Exception as error:  # a case that breaks is a case that fails
            return name, f"{type(error).__name__}: {str(error).splitlines()[0]}", ""
        return name, "; ".join(problems), ", ".join(figures)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for verdict in pool.map(run_case, cases):
            tally.add(*verdict)


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    qtool, tally = interop.Qtool(arguments.qtool, arguments.work), interop.Tally()
    limits = {name: interop.Qtool(qtool.program, qtool.work, limit) for name, limit in LIMITS.items()}
    run(qtool, limits, [case for case in all_cases(qtool) if arguments.only in case[0]], tally)
    tally.finish()


if __name__ == "__main__":
    main()
