"""Latency of qtool's executor beside onnxruntime: the same files, the same sample, one thread on one CPU.

    latency.py [--quick] [--only TEXT]

Every model is measured as floats and as qtool quantized it: dynamic (convolutions too), static (QDQ, per channel, uint8
and int8), and static with int8 activations; a file that is the same as one before is left out. In each round both have
each file once, in turns and never at the same time:

- qtool: a new process of `qtool bench`, which warms up until it gets no faster and times k;
- onnxruntime: a session that lives as long as the model is measured, all optimizations on, warms up with three runs
  and times k.

The figure of a round is the median of its k runs; a row shows the medians over the rounds, and of the quotients
within a round the median and quartiles. Timed is one run from inputs in memory to outputs in memory: neither loading
nor preparing the model, nor reading samples. Of Python, one call is in the figure of onnxruntime, with
inputs and outputs bound beforehand; the table says what such a call takes for a model that does nothing.

Peak memory is that of a process that loads a file and runs one sample, `qtool run` beside Python with onnxruntime, and
whole processes of the quantizers are measured on ResNet-50; those of static quantization by calibration.py.

Writes latency.json into the work folder and, unless --quick or --only is given, the tables into docs/results.md.
"""

import functools
import json
import os
import pathlib
import subprocess

import numpy as np
import onnx
import onnxruntime

import models  # first: it adds tests/interop to the path
import contestants
import goals
import interop
import operations
import processes
import results

SETTINGS = {
    "float": None,
    "dynamic": ["dynamic", "--dynamic-conv"],
    "static u8s8": ["static"],
    "static s8s8": ["static", "--activation-type", "s8"],
}
ROUND_SECONDS, FEWEST, MOST = 0.2, 3, 200  # what the timed runs of a round should take, and how many they may be
QUICK = ("fashion_resnet", "lstm")
PROCESS_ROUNDS = 5


def first_feed(sample):
    """The first sample by names of inputs."""
    feed = sample.feeds(1)[0]
    return feed if isinstance(feed, dict) else {onnx.load(sample.path).graph.input[0].name: feed}


def feed_folder(sample, folder):
    """The first sample as the model takes it, one file for each input."""
    folder = folder / f"{sample.name}.feed"
    folder.mkdir(exist_ok=True)
    for name, value in first_feed(sample).items():
        np.save(folder / f"{name}.npy", value)
    return folder


def write_files(program, sample, folder):
    """The files of a model by setting, quantized anew."""
    files, seen = {}, set()
    for setting, words in SETTINGS.items():
        path = folder / f"{sample.name} {setting}.onnx"
        path.unlink(missing_ok=True)
        if words is None:
            path.write_bytes(sample.path.read_bytes())
        else:
            data = ["--calib", sample.calib, *sample.flags, "--max-samples", "8"] if words[0] == "static" else []
            command = [program, words[0], sample.path, path, *data, *words[1:], "--quiet"]
            subprocess.run([str(a) for a in command], check=True)
        content = path.read_bytes()
        if content not in seen:
            files[setting] = path
        seen.add(content)
    return files


def take_turns(program, sample, files, rounds):
    """Medians and fastest of all rounds by setting: [qtool's, onnxruntime's][round][median, fastest]."""
    pairs, runs = {}, {}
    for setting, path in files.items():
        exact = contestants.asks_for_exact(path, signed=setting == "static s8s8")
        peer = contestants.Onnxruntime(path, first_feed(sample), exact)
        pairs[setting] = contestants.Qtool(program, path, sample), peer
        runs[setting] = int(np.clip(1000 * ROUND_SECONDS / peer.measure(1)[0], FEWEST, MOST))
    times = {setting: ([], []) for setting in files}
    for _ in range(rounds):
        for setting, pair in pairs.items():
            for contestant, series in zip(pair, times[setting]):
                series.append(contestant.measure(runs[setting]))
    return {setting: np.array(pair) for setting, pair in times.items()}


def measure(program, sample, folder, rounds):
    """Rows of a model, one for each setting."""
    files = write_files(program, sample, folder)
    times, rows = take_turns(program, sample, files, rounds), []
    float_medians = times["float"][..., 0]
    for setting, figures in times.items():
        medians, fastest = figures[..., 0], figures[..., 1].min(1)
        row = {
            "model": sample.name, "setting": setting, "rounds": rounds, "operations": operations.count(sample.path),
            "ratio": [float(q) for q in np.percentile(medians[0] / medians[1], (25, 50, 75))],
            "ratio_of_fastest": float(fastest[0] / fastest[1]),
        }
        megabytes = processes.running_megabytes(program, files[setting], feed_folder(sample, folder), folder)
        for k, who in enumerate(("qtool", "onnxruntime")):
            row[f"{who}_ms"], row[f"{who}_fastest_ms"] = float(np.median(medians[k])), float(fastest[k])
            row[f"{who}_of_float"] = float(np.median(medians[k] / float_medians[k]))
            row[f"{who}_mb"] = megabytes[k]
        rows.append(row)
        print(*cells(row), sep="  ", flush=True)
    return rows


HEADER = ["model", "setting", "qtool ms", "onnxruntime ms", "ratio (quartiles)", "of the fastest", "of float: qtool",
          "onnxruntime", "Gop/s: qtool", "onnxruntime", "MB: qtool", "onnxruntime"]


def cells(row):
    """The row as text, below HEADER."""
    q1, median, q3 = row["ratio"]
    known = row["operations"] is not None
    speeds = [f"{row['operations'] / row[f'{w}_ms'] / 1e6:.1f}" if known else "-" for w in ("qtool", "onnxruntime")]
    return [
        row["model"], row["setting"], f"{row['qtool_ms']:.3f}", f"{row['onnxruntime_ms']:.3f}",
        f"{median:.2f} ({q1:.2f}–{q3:.2f})", f"{row['ratio_of_fastest']:.2f}",
        f"{row['qtool_of_float']:.2f}", f"{row['onnxruntime_of_float']:.2f}",
        *speeds, f"{row['qtool_mb']:.0f}", f"{row['onnxruntime_mb']:.0f}",
    ]


def section(result):
    """Lines for docs/results.md, the worst ratios first."""
    isa, exact = ", ".join(result["isa"]), ""
    if not result["vnni"]:
        isa += ", no VNNI"
        exact = "Its products of uint8 and int8 would saturate on this CPU, so it is told to sum exactly " \
                "(`session.x64quantprecision`). "
    return [
        f"{result['cpu']} ({isa}), one thread on one CPU; onnxruntime {result['onnxruntime']}, all optimizations; "
        f"{result['rounds']} rounds. {exact}Calling it in Python takes {1000 * result['call_ms']:.0f} µs for a model "
        "that does nothing. Shares of the machine's peak are not measured here.",
        "",
        *results.table(goals.HEADER, goals.table(result["rows"], result["processes"])),
        "",
        f"Whole processes, medians of {PROCESS_ROUNDS} rounds:",
        "",
        *results.table(processes.HEADER, map(processes.cells, result["processes"])),
        "",
        *results.table(HEADER, map(cells, sorted(result["rows"], key=lambda row: -row["ratio"][1]))),
    ]


def samples(work):
    """Makers of the samples of all models, by name."""
    made = {name: functools.partial(models.write, name, work) for name in models.MODELS}
    return made | {name: lambda sample=sample: sample for name, sample in interop.ALL_SAMPLES.items()}


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="models whose name holds this; writes no table")
    parser.add_argument("--quick", action="store_true", help=f"two rounds of {', '.join(QUICK)}; writes no table")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="where all runs")
    a = parser.parse_args()
    os.sched_setaffinity(0, {a.cpu})
    work, program = pathlib.Path(a.work).resolve() / "latency", pathlib.Path(a.qtool).resolve()
    rounds = 2 if a.quick else a.rounds
    work.mkdir(parents=True, exist_ok=True)
    result = {
        "cpu": contestants.cpu_info("model name"), "isa": contestants.ISA, "vnni": contestants.VNNI,
        "onnxruntime": onnxruntime.__version__, "rounds": rounds, "call_ms": contestants.call_milliseconds(work),
        "rows": [], "processes": [],
    }

    def write_json():
        (work / "latency.json").write_text(json.dumps(result, indent=1) + "\n")

    for name, make in samples(work).items():
        if a.only in name and (name in QUICK or not a.quick):
            result["rows"] += measure(program, make(), work, rounds)
            write_json()
    if not result["rows"]:
        raise SystemExit(f"no model's name holds '{a.only}'")
    if not a.quick and not a.only:
        result["processes"] = processes.of_quantizer(program, work / "resnet50.onnx", work, PROCESS_ROUNDS)
        write_json()
    if a.quick or a.only:
        print(*section(result), sep="\n")
    else:
        results.write_section("latency", section(result))


if __name__ == "__main__":
    main()
