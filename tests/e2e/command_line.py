"""The command line, as a user meets it: what is refused and how, what is printed where, what is kept.

Tables of cases, run against the program:
    python tests/e2e/command_line.py [--qtool PROGRAM] [--only TEXT]
"""

import functools
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

import fixtures
import numpy as np
import onnx
import onnxruntime

from world import ROOT, case, expect, main

COMMANDS = ("dynamic", "static", "plan", "convert", "bench", "compare", "advise", "run", "inspect")

# --- Refusals: (what is wrong, command without output file, words of the message) ---

# The output file goes where OUT stands.
REFUSALS = [
    ("no such model", "dynamic nowhere.onnx OUT", "nowhere.onnx"),
    ("the model is a folder", "dynamic folder OUT", "folder"),
    ("the model is text", "dynamic text.onnx OUT", "text.onnx"),
    ("the model is an image", "dynamic picture.onnx OUT", "picture.onnx"),
    ("the model is empty", "dynamic empty.onnx OUT", "empty.onnx"),
    ("the model is cut at 10 %", "dynamic cut10.onnx OUT", "cut10.onnx"),
    ("the model is cut at 50 %", "dynamic cut50.onnx OUT", "cut50.onnx"),
    ("the model lacks its last byte", "dynamic cut99.onnx OUT", "cut99.onnx"),
    ("no folder for the output", "dynamic model.onnx nowhere/out.onnx", "nowhere"),
    ("the output is a folder", "dynamic model.onnx folder", "folder"),
    ("nothing to quantize", "dynamic relu.onnx OUT", "nothing to quantize"),
    ("no such samples", "static model.onnx OUT --calib nowhere", "nowhere", "no such"),
    ("an empty folder of samples", "static model.onnx OUT --calib hollow", "hollow", "no samples"),
    ("samples of another kind of file", "static model.onnx OUT --calib text.onnx", "text.onnx"),
    ("an input name that does not match", "static model.onnx OUT --calib names.npz", "names.npz", "Input3"),
    ("an input of two has no data", "run two.onnx --data images.npy -o OUT", "images.npy", "inputs"),
    ("a shape that does not match", "static model.onnx OUT --calib shape.npy", "shape.npy", "Input3", "28"),
    ("a rank that does not match", "static model.onnx OUT --calib rank.npy", "rank.npy", "Input3"),
    ("no samples in the array", "static model.onnx OUT --calib none.npy", "none.npy", "no samples"),
    ("complex samples", "static model.onnx OUT --calib complex.npy", "complex.npy"),
    ("text samples", "static model.onnx OUT --calib strings.npy", "strings.npy"),
    ("floats for an integer input", "run integers.onnx --data floats.npy -o OUT", "floats.npy", "int32", "float32"),
    ("integers that a float cannot hold", "static model.onnx OUT --calib large.npy", "large.npy", "float32"),
    ("object arrays", "static model.onnx OUT --calib objects.npy", "objects.npy", "object"),
    ("structured arrays", "static model.onnx OUT --calib structured.npy", "structured.npy"),
    ("a sample file that is cut", "static model.onnx OUT --calib cut.npy", "cut.npy"),
    ("a sample file that is no .npy", "static model.onnx OUT --calib text.npy", "text.npy"),
    ("an archive that is cut", "static model.onnx OUT --calib cut.npz", "cut.npz"),
    ("NaN in one of the samples", "static model.onnx OUT --calib with_nan", "with_nan/2.npy", "NaN"),
    ("Inf in one of the samples", "static model.onnx OUT --calib with_inf", "with_inf/1.npy", "Inf"),
    ("nothing but NaN in the samples", "run model.onnx --data nan.npy -o OUT --skip-bad", "nan.npy", "all 1 samples"),
    ("a list with a file that is not there", "run two.onnx --data bad_list.txt -o OUT", "bad_list.txt, line 2", "nowhere.npy"),
    ("a batch that the model fixes", "run relu.onnx --data rows.npy -o OUT --batch-size 2", "'x'", "fixes its batch to 1"),
    ("feedback of an output that is none", "run two.onnx --data rows.npy -o OUT --feedback summ=right", "'summ'", "'sum'"),
    ("feedback to an input that is none", "run two.onnx --data rows.npy -o OUT --feedback sum=rigth", "'rigth'", "'right'"),
    ("feedback and an order that is none", "run two.onnx --data rows.npy -o OUT --feedback sum=right --shuffle-seed 1", "feedback", "shuffled"),
    ("feedback in batches", "run two.onnx --data rows.npy -o OUT --feedback sum=right --batch-size 2", "feedback", "batches"),
    ("channels last of what has no channels", "run relu.onnx --data rows.npy -o OUT --layout nhwc", "four axes"),
    ("a test data set of another shape", "run relu.onnx --data cut_set -o OUT", "cut_set/input_0.pb", "[1, 4]", "[2, 4]"),
    ("a test data set with too few inputs", "run two.onnx --data set -o OUT", "set/input_1.pb"),
    ("scaling of a test data set", "run relu.onnx --data set --scale 2 -o OUT", "set", "--scale"),
    ("no data for a model with inputs", "run two.onnx -o OUT", "left", "right", "--data"),
    ("no such data for a model without inputs", "run constants.onnx --data nowhere -o OUT", "nowhere"),
    ("a loop that never ends", "run endless.onnx --data set -o OUT --max-steps 1000", "endless.onnx", "1000", "--max-steps"),
    ("as many means as the image has no channels", "static model.onnx OUT --calib images.npy --mean 1 2", "channels"),
    ("nothing to quantize, by what was asked", "dynamic model.onnx OUT --exclude *", "nothing to quantize", "2x Conv: --exclude asks for it"),
    ("a model that is quantized, dynamic", "dynamic half.onnx OUT", "half.onnx", "quantized already: 1x DequantizeLinear", "--requantize"),
    ("a model that is quantized, static", "static half.onnx OUT --calib images.npy", "quantized already: 1x DequantizeLinear"),
    ("a model that is quantized, plan", "plan half.onnx -o OUT --dynamic", "quantized already: 1x DequantizeLinear"),
    ("a plan in place of the model", "plan model.onnx -o model.onnx --dynamic", "model.onnx", "a file of its own"),
    ("nothing to quantize, in a plan", "plan relu.onnx -o OUT --dynamic", "nothing to quantize", "1x Relu: it has no weights"),
    ("a node name that fits nothing", "dynamic model.onnx OUT --exclude Convolution29", "--exclude 'Convolution29'", "'Convolution28'"),
    ("a glob that fits nothing", "dynamic model.onnx OUT --include /conv/*", "--include '/conv/*'", "no node"),
    ("an operator that fits nothing", "dynamic model.onnx OUT --op-types Convv", "--op-types 'op:Convv'", "'Conv'"),
    ("an expression that fits nothing", "dynamic model.onnx OUT --mode re:Conv=float", "--mode 're:Conv'", "no node"),
    ("an expression that is none", "dynamic model.onnx OUT --mode re:(=float", "--mode 're:('", "missing )"),
    ("one end of a range of nodes", "dynamic model.onnx OUT --exclude between:Input3", "between:Input3", "two values"),
    ("ends that are no values", "dynamic model.onnx OUT --exclude between:Input3,nowhere", "between:Input3,nowhere"),
    ("nodes of a kind that a model lacks", "dynamic relu.onnx OUT --keep-float first", "--keep-float 'first'", "no node"),
    ("an explanation of no node", "dynamic model.onnx OUT --explain Convolution29", "'Convolution29'", "'Convolution28'"),
    ("a target that runs nothing dynamic", "dynamic model.onnx OUT --target tensorrt", "'Times212'", "qtool static", "weight_only"),
    ("no such overrides", "dynamic model.onnx OUT --overrides nowhere.yaml", "nowhere.yaml"),
    ("an override of no value", "dynamic model.onnx OUT --overrides no_tensor.yaml", "no_tensor.yaml, line 1", "'ReLU_Output_0'", "'ReLU32_Output_0'"),
    ("an override of no node", "dynamic model.onnx OUT --overrides no_node.yaml", "no_node.yaml, line 1", "'Convolution29'", "'Convolution28'"),
    ("an override with an unknown key", "dynamic model.onnx OUT --overrides no_key.yaml", "no_key.yaml, line 1", "'mode'"),
    ("an override with an unknown mode", "dynamic model.onnx OUT --overrides no_mode.yaml", "no_mode.yaml, line 2", "int8", "weight_only"),
    ("an override of half the parameters", "dynamic model.onnx OUT --overrides no_scale.yaml", "no_scale.yaml, line 2", "go together"),
    ("an override of a constant", "dynamic model.onnx OUT --overrides constant.yaml", "constant.yaml, line 1", "'Parameter5'", "is constant"),
    ("an override with an unknown type", "dynamic model.onnx OUT --overrides no_type.yaml", "no_type.yaml, line 1", "'f16'", "u16"),
    ("an override with a zero point of another type", "static model.onnx OUT --calib images.npy --overrides no_zero.yaml", "no_zero.yaml, line 2", "300", "uint8"),
    ("overrides that are no YAML", "dynamic model.onnx OUT --overrides no_yaml.yaml", "no_yaml.yaml, line 1", "not YAML"),
    ("no such ranges", "static model.onnx OUT --ranges nowhere.json", "nowhere.json"),
    ("ranges that are none", "static model.onnx OUT --ranges text.onnx", "text.onnx"),
    ("no such plan", "static model.onnx OUT --plan nowhere.json", "nowhere.json"),
    ("a plan that is no JSON", "static model.onnx OUT --plan text.onnx", "text.onnx", "JSON"),
    ("a pass that does not exist", "dynamic model.onnx OUT --print-after=fold_everything", "fold_everything"),
    ("labels that do not fit the samples", "bench model.onnx --data images.npy --labels few.npy --json OUT", "few.npy", "3"),
    ("one model of bench does not exist", "bench model.onnx nowhere.onnx --data images.npy --json OUT", "nowhere.onnx"),
    ("conversion of a float model", "convert model.onnx OUT", "model.onnx", "nothing to convert"),
    ("conversion of what is not ONNX", "convert text.onnx OUT", "text.onnx"),
    ("inspect of what is not ONNX", "inspect text.onnx", "text.onnx"),
]


def refuses(world, line, words):
    """Exit code 1, one line on stderr that holds the words, nothing else, and no file comes or goes."""
    before = world.listing()
    done = world.run(line.replace("OUT", "out.onnx"))
    expect(done.returncode == 1, f"exit code {done.returncode}")
    expect(done.stdout == "", f"wrote to stdout: {done.stdout.strip()}")
    lines = done.stderr.splitlines()
    expect(len(lines) == 1 and lines[0].startswith("error: "), f"stderr is not one line 'error: …': {done.stderr!r}")
    missing = [word for word in words if word not in lines[0]]
    expect(not missing, f"{missing} is not in '{lines[0]}'")
    expect(not re.search(r"(\S+): \1: ", lines[0]), f"says the same twice: '{lines[0]}'")
    expect(world.listing() == before, f"files changed: {set(world.listing()) ^ set(before)}")


def keeps_target(world, line):
    """A failed run leaves the file at the target as it was."""
    target = world.path("kept.onnx")
    target.write_bytes(b"precious")
    done = world.run(line.replace("OUT", "kept.onnx"))
    expect(done.returncode == 1, f"exit code {done.returncode}")
    expect(target.read_bytes() == b"precious", "the target changed")
    target.unlink()


for what, command, *needed in REFUSALS:
    case(f"refuse: {what}", refuses, line=command, words=needed)
    if "OUT" in command.split():
        case(f"keep the target: {what}", keeps_target, line=command)


@case("an error is printed in spite of --quiet")
def _(world):
    done = world.run("dynamic nowhere.onnx out.onnx --quiet")
    expect(done.returncode == 1 and "nowhere.onnx" in done.stderr, done.stderr)


# --- Usage ---

USAGE = [
    ("unknown option", "static model.onnx out.onnx --calib images.npy --frobnicate"),
    ("unknown option before the command", "--frobnicate dynamic model.onnx out.onnx"),
    ("unknown command", "frobnicate model.onnx"),
    ("no output", "dynamic model.onnx"),
    ("no samples", "static model.onnx out.onnx"),
    ("no samples for static nodes", "dynamic model.onnx out.onnx --mode Convolution28=static"),
    ("no samples for a plan", "plan model.onnx -o out.json"),
    ("no file for the plan", "plan model.onnx --dynamic"),
    ("no models", "bench --data images.npy"),
    ("no output folder", "run model.onnx --data images.npy"),
    ("unknown format", "static model.onnx out.onnx --calib images.npy --format onnx"),
    ("unknown format to convert to", "convert model.onnx out.onnx --format onnx"),
    ("unknown type of weights", "dynamic model.onnx out.onnx --weight-type s3"),
    ("unknown type of activations", "static model.onnx out.onnx --calib images.npy --activation-type u4"),
    ("type of activations in dynamic mode", "dynamic model.onnx out.onnx --activation-type s8"),
    ("unknown target", "dynamic model.onnx out.onnx --target x86"),
    ("unknown weight method", "dynamic model.onnx out.onnx --weight-method best"),
    ("a mode that is none", "dynamic model.onnx out.onnx --mode Convolution28=int8"),
    ("a mode for no nodes", "dynamic model.onnx out.onnx --mode =float"),
    ("nodes without a mode", "dynamic model.onnx out.onnx --mode Convolution28"),
    ("blocks of nothing", "dynamic model.onnx out.onnx --block-size 0"),
    ("a negative block", "dynamic model.onnx out.onnx --block-size -3"),
    ("two targets", "dynamic model.onnx out.onnx --target arm --target web"),
    ("16 bits as quantized operators", "static model.onnx out.onnx --calib images.npy --activation-type u16 --format qoperator"),
    ("float8 as quantized operators", "static model.onnx out.onnx --calib images.npy --activation-type e4m3fn --weight-type e4m3fn --format qoperator"),
    ("float8 activations and other weights", "static model.onnx out.onnx --calib images.npy --activation-type float8e4m3fn"),
    ("float8 of less bits", "dynamic model.onnx out.onnx --weight-type e4m3fn --reduce-range"),
    ("a plan and samples", "static model.onnx out.onnx --plan plan.json --calib images.npy"),
    ("a plan and ranges", "static model.onnx out.onnx --plan plan.json --ranges ranges.json"),
    ("a plan and a type", "dynamic model.onnx out.onnx --plan plan.json --weight-type s8"),
    ("ranges to save, but no samples", "static model.onnx out.onnx --save-ranges ranges.json"),
    ("a plan and a mode", "dynamic model.onnx out.onnx --plan plan.json --mode *=float16"),
    ("per channel and per tensor", "dynamic model.onnx out.onnx --per-channel --per-tensor"),
    ("types without kernels", "static model.onnx out.onnx --calib images.npy --activation-type s8 --weight-type u8"),
    ("a scale that is no number", "static model.onnx out.onnx --calib images.npy --scale one"),
    ("a scale divided by zero", "static model.onnx out.onnx --calib images.npy --scale 1/0"),
    ("a standard deviation of zero", "static model.onnx out.onnx --calib images.npy --std 0"),
    ("a negative number of samples", "static model.onnx out.onnx --calib images.npy --max-samples -1"),
    ("an unknown layout", "static model.onnx out.onnx --calib images.npy --layout hwc"),
    ("a batch of nothing", "run model.onnx --data images.npy -o out --batch-size 0"),
    ("feedback of half a pair", "run two.onnx --data rows.npy -o out --feedback sum="),
    ("a stream that would be read twice", "bench model.onnx --data -"),
    ("a stream that every trial would read", "advise model.onnx --calib images.npy --data -"),
    ("a shard that is none", "calibrate model.onnx --calib images.npy -o t.json --shard 3/3"),
    ("half a shard", "calibrate model.onnx --calib images.npy -o t.json --shard 1"),
    ("samples for a table nobody named", "calibrate model.onnx --calib images.npy"),
    ("a table to write, but no samples", "calibrate model.onnx -o t.json"),
    ("a table that nothing is done with", "calibrate model.onnx --calib-table t.json"),
    ("an unknown method", "static model.onnx out.onnx --calib images.npy --method best"),
    ("a table for layers that need samples", "static model.onnx out.onnx --calib-table t.json --method auto"),
    ("a table and samples", "static model.onnx out.onnx --calib images.npy --calib-table t.json"),
    ("no rounds", "bench model.onnx --data images.npy --rounds 0"),
]


def is_usage_error(world, line):
    before = world.listing()
    done = world.run(line)
    expect(done.returncode == 2, f"exit code {done.returncode}: {done.stderr.strip()}")
    expect(done.stderr.strip() and done.stdout == "", "the message belongs on stderr")
    expect(world.listing() == before, "files changed")


for what, command in USAGE:
    case(f"usage: {what}", is_usage_error, line=command)


@case("no arguments: help, exit code 2")
def _(world):
    done = world.run("")
    expect(done.returncode == 2, f"exit code {done.returncode}")
    for name in COMMANDS:
        expect(re.search(rf"^\s+{name}\s", done.stdout, re.M), f"help does not list {name}")


@case("--version")
def _(world):
    first, second = world.ok("--version").splitlines()
    expect(re.fullmatch(r"qtool \d+\.\d+\.\d+( \(commit [0-9a-f]{12}(-dirty)?\))?", first), f"version: {first}")
    libraries = dict(library.split() for library in second.removeprefix("with ").split(", "))
    expect({"ONNX", "Protobuf", "dnnl", "CLI11", "spdlog", "libzip"} <= libraries.keys(), f"libraries: {second}")
    expect(all(version[0].isdigit() for version in libraries.values()), f"libraries: {second}")


def helps(world, line, example):
    text = world.ok(line)
    expect(re.search(rf"^\s+{example} \S+\.onnx", text, re.M), f"no example '{example} ….onnx'")
    expect(max(map(len, text.splitlines())) < 400, "overlong lines")


case("--help", helps, line="--help", example="qtool static")
for name in COMMANDS:
    case(f"{name} --help", helps, line=f"{name} --help", example=f"qtool {name}")


# --- Same content, same bytes ---

# Ways to store the same eight samples: (what, where).
STORED = [
    ("uint8", "images_u8.npy"),
    ("float64", "doubles.npy"),
    ("Fortran order", "fortran.npy"),
    ("big-endian", "big_endian.npy"),
    ("big-endian uint16", "big_endian_u16.npy"),
    (".npz", "images.npz"),
    ("compressed .npz", "compressed.npz"),
    ("a folder of files of one sample", "one_each"),
    ("a folder of files of many samples", "many_each"),
    ("a folder named as the input", "by_input"),
    ("labels beside the samples", "with_labels"),
    ("images with the channels last", "channels_last.npy --layout nhwc"),
    ("a list of files", "list.txt"),
    ("ONNX test data sets", "image_sets"),
    ("whatever in another order", "images.npy --shuffle-seed 5"),
]
STATIC = "static model.onnx {} --calib {}"


def same_output(world, place):
    world.ok(STATIC.format("expected.onnx", "images.npy"))
    world.ok(STATIC.format("actual.onnx", place))
    expect(world.bytes("expected.onnx") == world.bytes("actual.onnx"), "the output has other bytes")


for what, place in STORED:
    case(f"samples stored as {what}", same_output, place=place)


@case("samples matter")
def _(world):
    world.ok(STATIC.format("expected.onnx", "images.npy"))
    done = world.run(STATIC.format("actual.onnx", "images.npy --max-samples 1"))
    expect(done.returncode == 0 and done.stderr.startswith("warning: only 1 sample: "), done.stderr)
    expect(world.bytes("expected.onnx") != world.bytes("actual.onnx"), "other samples give the same output")


@case("--scale, --mean and --std are applied")
def _(world):
    world.ok("run model.onnx --data images_u8.npy -o scaled --scale 1/255 --mean 0.25 --std 0.5")
    world.ok("run model.onnx --data normalized.npy -o given")
    for name in sorted(p.name for p in world.path("given").iterdir()):
        a, b = (np.load(world.path(f) / name / "Plus214_Output_0.npy") for f in ("scaled", "given"))
        expect(np.abs(a - b).max() <= 1e-5 * np.abs(b).max(), f"sample {name} differs")


QUANTIZE = ["dynamic model.onnx {}", "dynamic model.onnx {} --dynamic-conv --per-tensor", STATIC.format("{}", "images.npy"),
            STATIC.format("{}", "images.npy --format qoperator")]


def repeats(world, line):
    outputs = set()
    for name, threads in (("first.onnx", 1), ("second.onnx", 2), ("third.onnx", 2), ("fourth.onnx", 4)):
        world.ok(f"{line.format(name)} --threads {threads}")
        outputs.add(world.bytes(name))
    expect(len(outputs) == 1, "runs differ")


def works_in_place(world, line):
    world.ok(line.format("expected.onnx"))
    world.path("place.onnx").write_bytes(world.bytes("model.onnx"))
    world.ok(line.replace("model.onnx", "place.onnx").format("place.onnx"))
    expect(world.bytes("place.onnx") == world.bytes("expected.onnx"), "differs from an output beside the input")


for command in QUANTIZE:
    case(f"same bytes again: {command}", repeats, line=command)
    case(f"output = input: {command}", works_in_place, line=command)


# --- What is printed ---


@case("--quiet prints nothing")
def _(world):
    for line in ("dynamic model.onnx q.onnx", STATIC.format("q.onnx", "images.npy"), "run model.onnx --data images.npy -o q"):
        expect(world.ok(line + " --quiet") == "", f"{line}: stdout is not empty")


@case("-v says why nodes stay float")
def _(world):
    done = world.run("dynamic model.onnx v.onnx -v")
    expect(done.returncode == 0 and "float:" in done.stderr, f"stderr: {done.stderr!r}")


@case("--print-after and --time-passes")
def _(world):
    done = world.run("dynamic model.onnx p.onnx --print-after=fold_constants --time-passes")
    expect(done.returncode == 0, done.stderr)
    expect("Conv" in done.stdout, "stdout does not hold the graph")
    expect(re.search(r"fold_constants\s+[\d.]+ ms", done.stderr), "stderr does not hold the times")


def stderr_on_terminal(world, line):
    """Runs `qtool <line>` with a terminal as stderr; returns what it shows."""
    master, slave = pty.openpty()
    process = subprocess.Popen([world.program, *line.split()], cwd=world.folder, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 4096):
            shown += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(master)
    expect(process.wait() == 0, f"exit code {process.returncode}: {shown!r}")
    return shown.decode()


@case("progress on a terminal, for what takes over a second")
def _(world):
    line = STATIC.format("t.onnx", "many.npy")
    expect(re.search(r"\d+/40000, [\d.]+/s, \d+ s left", stderr_on_terminal(world, line)), "no progress is shown")
    expect(stderr_on_terminal(world, line + " --quiet") == "", "--quiet shows progress")
    start = time.monotonic()
    shown = stderr_on_terminal(world, STATIC.format("t.onnx", "images.npy"))
    expect(shown == "" or time.monotonic() - start > 1, "short work shows progress")


# --- calibration tables ---


def calibrated(world, options):
    """Runs it; so few numbers are told to be too few for a histogram."""
    done = world.run(f"calibrate model.onnx --calib images.npy {options}")
    expect(done.returncode == 0, done.stderr)
    expect("too few for a histogram" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr)
    return done.stdout


@case("calibrate: a table in place of samples gives the same file, by any method")
def _(world):
    expect("16 samples" in calibrated(world, "-o table.json"), "no summary")
    files = set()
    for method in ("minmax", "entropy", "percentile --percentile 99"):
        done = world.run(STATIC.format("measured.onnx", f"images.npy --method {method}"))
        expect(done.returncode == 0, done.stderr)
        world.ok(f"static model.onnx read.onnx --calib-table table.json --method {method}")
        expect(world.bytes("measured.onnx") == world.bytes("read.onnx"), f"{method}: the files differ")
        files.add(world.bytes("read.onnx"))
    expect(len(files) == 3, "the method does not matter")


@case("static: --method auto says what it took, the same on any number of threads")
def _(world):
    done = world.run(STATIC.format("layers.onnx", "images.npy --method auto -v"))
    expect(done.returncode == 0, done.stderr)
    expect(done.stdout.startswith("ranges: ") and " by " in done.stdout.splitlines()[0], done.stdout)
    expect("range of '" in done.stderr, done.stderr)
    world.ok(STATIC.format("threads.onnx", "images.npy --method auto --threads 2 -q"))
    expect(world.bytes("layers.onnx") == world.bytes("threads.onnx"), "threads change the file")


@case("calibrate: shards merge to what one run gives, and --resume goes on")
def _(world):
    calibrated(world, "-o whole.json")
    for shard in range(3):
        calibrated(world, f"-o part{shard}.json --shard {shard}/3")
    world.ok("merge part2.json part0.json part1.json -o merged.json")
    expect(world.bytes("merged.json") == world.bytes("whole.json"), "the tables differ")
    calibrated(world, "-o part1.json --resume")
    expect(world.bytes("part1.json") == world.bytes("whole.json"), "the resumed table differs")


@case("calibrate: a report of the run is a report of its table")
def _(world):
    calibrated(world, "-o reported.json --report run.html")
    done = world.run("calibrate model.onnx --calib-table reported.json --report table.html")
    expect(done.returncode == 0 and "table.html: 16 samples" in done.stdout, done.stderr)
    expect(world.bytes("run.html") == world.bytes("table.html"), "the reports differ")


@case("calibrate: tables of other models are refused")
def _(world):
    calibrated(world, "-o whole.json")
    is_refused(world, "calibrate integers.onnx --calib-table whole.json --report out.html", "whole.json", "another model")
    is_refused(world, "static integers.onnx out.onnx --calib-table whole.json", "whole.json", "another model")
    is_refused(world, "merge whole.json whole.json -o out.json", "whole.json", "sample 0 is there twice")
    is_refused(world, "merge good.yaml -o out.json", "good.yaml")


@case("calibrate: what is doubtful is told")
def _(world):
    done = world.run("calibrate relu.onnx --calib zeros.npy -o t.json --target qnn")
    expect(done.returncode == 0, done.stderr)
    words = "warning: 'x', 'y' are constant in all samples: do the samples stand for real data?"
    expect(words in done.stderr, f"stderr: {done.stderr!r}")


# --- convert ---


@case("convert: the other format computes the same, the same format is the same file")
def _(world):
    for form, other in (("qdq", "qoperator"), ("qoperator", "qdq")):
        world.ok(STATIC.format("c0.onnx", f"images.npy --format {form}"))
        text = world.ok(f"convert c0.onnx c1.onnx --format {other}")
        expect(re.search(r"c1.onnx: [\d.]+ KB", text), f"stdout: {text!r}")
        operators = json.loads(world.ok("inspect c1.onnx --json"))["operators"]
        expect(("QLinearConv" in operators) == (other == "qoperator"), f"operators: {operators}")
        before, after = outputs(world, "c0.onnx"), outputs(world, "c1.onnx")
        expect(np.abs(before - after).max() < 0.02 * np.abs(before).max(), "the results differ")
        world.ok(f"convert c1.onnx c2.onnx --format {other}")
        expect(world.bytes("c1.onnx") == world.bytes("c2.onnx"), "converting again changes the file")
        expect(world.ok(f"convert c0.onnx c1.onnx --format {other} --quiet") == "", "--quiet prints")


@case("convert: qdq is the default")
def _(world):
    world.ok(STATIC.format("c0.onnx", "images.npy --format qoperator"))
    world.ok("convert c0.onnx c1.onnx")
    world.ok("convert c0.onnx c2.onnx --format qdq")
    expect(world.bytes("c1.onnx") == world.bytes("c2.onnx"), "another format")


# --- plans and rules ---

CALIB = "--calib images.npy"


def modes(world, plan):
    return {node["node"]: node["mode"] for node in world.json(plan)["nodes"]}


def edited_plan(world, edit):
    """plan.json of model.onnx, changed by edit(plan), as edited.json."""
    world.ok(f"plan model.onnx -o plan.json {CALIB}")
    plan = world.json("plan.json")
    edit(plan)
    world.path("edited.json").write_text(json.dumps(plan))


def is_refused(world, line, *words):
    world.path("out.onnx").unlink(missing_ok=True)
    refuses(world, line, words)


@case("static: float8 by its own method, which integers do not get")
def _(world):
    float8 = "--activation-type e4m3fn --weight-type float8e4m3fn --method distribution"
    done = world.run(f"static model.onnx out.onnx {CALIB} {float8}")  # warns of values with few numbers
    expect(done.returncode == 0, done.stderr)
    is_refused(world, f"static model.onnx out.onnx {CALIB} --method distribution", "distribution is for float8", "1.7 standard deviations")


@case("plan: its application is what the command writes")
def _(world):
    options = "--weight-type u8 --per-tensor --mode Convolution28=weight_only"
    world.ok(f"plan model.onnx -o plan.json {CALIB} {options}")
    world.ok(f"static model.onnx direct.onnx {CALIB} {options}")
    world.ok("static model.onnx planned.onnx --plan plan.json")
    expect(world.bytes("direct.onnx") == world.bytes("planned.onnx"), "other bytes than static")
    world.ok("plan model.onnx -o plan.json --dynamic --dynamic-conv")
    world.ok("dynamic model.onnx direct.onnx --dynamic-conv")
    world.ok("static model.onnx planned.onnx --plan plan.json")
    expect(world.bytes("direct.onnx") == world.bytes("planned.onnx"), "other bytes than dynamic")


@case("ranges: saved ones give what measured ones give")
def _(world):
    world.ok(f"static model.onnx measured.onnx {CALIB} --save-ranges ranges.json")
    world.ok("static model.onnx read.onnx --ranges ranges.json")
    expect(world.bytes("measured.onnx") == world.bytes("read.onnx"), "other bytes")


def activations(world, options):
    """[smallest, largest] that each activation of model.onnx can have, by the plan of these options."""
    world.ok(f"plan model.onnx -o plan.json {options}")
    found = {}
    for tensor in world.json("plan.json")["tensors"]:
        if "readers" not in tensor:
            scale, zero = tensor["scale"], tensor["zero_point"]
            found[tensor["value"]] = [-zero * scale, (255 - zero) * scale]
    return found


@case("ranges: what a file lacks is measured, and a magnitude behind a Relu has no sign")
def _(world):
    world.path("net.table").write_text("Convolution28 0.1\nConvolution110 0.127\n")  # 127 / largest magnitude
    is_refused(world, "static model.onnx out.onnx --ranges net.table", "no range for value", "--calib")
    measured, both = activations(world, CALIB), activations(world, f"{CALIB} --ranges net.table")
    step = 2 * 1270 / 255
    expect(np.allclose(both["Input3"], [-1270, 1270], atol=step), f"of the file: {both['Input3']}")
    pooled = both["Pooling66_Output_0"]
    expect(np.allclose(pooled, [0, 1000], rtol=1e-6), f"of the file, behind Relu and MaxPool: {pooled}")
    rest = set(measured) - {"Input3", "Pooling66_Output_0", "ReLU32_Output_0"}
    expect(rest and all(both[value] == measured[value] for value in rest), f"measured: {both}, not {measured}")
    world.ok(f"static model.onnx both.onnx {CALIB} --ranges net.table --save-ranges ranges.json")
    world.ok("static model.onnx saved.onnx --ranges ranges.json")
    expect(world.bytes("both.onnx") == world.bytes("saved.onnx"), "the saved ranges are others")


@case("plan: the same for any number of threads")
def _(world):
    for threads in (1, 2):
        world.ok(f"plan model.onnx -o plan{threads}.json {CALIB} --threads {threads}")
        world.ok(f"static model.onnx threads{threads}.onnx {CALIB} --threads {threads}")
    expect(world.bytes("plan1.json") == world.bytes("plan2.json"), "plans differ")
    expect(world.bytes("threads1.onnx") == world.bytes("threads2.onnx"), "models differ")


@case("run, convert: the same for any number of threads")
def _(world):
    world.ok(STATIC.format("quantized.onnx", "images.npy"))
    for threads in (1, 2, 4):
        world.ok(f"run model.onnx --data images.npy --max-samples 1 -o out{threads} --threads {threads}")
        world.ok(f"convert quantized.onnx q{threads}.onnx --format qoperator --threads {threads}")
    for name in ("out{}/Plus214_Output_0.npy", "q{}.onnx"):
        expect(len({world.bytes(name.format(threads)) for threads in (1, 2, 4)}) == 1, f"{name} differ")


@case("threads: there are as many as asked for, by default one a core, and none is an error")
def _(world):
    for argument, expected in (("--threads 3", 3), ("", len(os.sched_getaffinity(0)))):
        world.ok(f"bench model.onnx --data images.npy --rounds 1 --json bench.json {argument}")
        threads = json.loads(world.bytes("bench.json"))["threads"]
        expect(threads == expected if argument else 1 <= threads <= expected, f"{threads} threads")
    done = world.run("run model.onnx --data images.npy -o out --threads 0")
    expect(done.returncode == 2 and "--threads" in done.stderr, done.stderr)


def fits_schema(value, schema, root):
    """Whether the fields, required fields and names of modes, types and sources are those of the schema."""
    schema = root["$defs"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
    if "oneOf" in schema:
        return any(fits_schema(value, each, root) for each in schema["oneOf"])
    if isinstance(value, list):
        return all(fits_schema(each, schema["items"], root) for each in value) if "items" in schema else True
    if isinstance(value, dict):
        fields = schema["properties"]
        known = set(schema["required"]) <= set(value) <= set(fields)
        return known and all(fits_schema(value[k], fields[k], root) for k in value)
    return value in schema.get("enum", [value])


@case("plan: as its schema says")
def _(world):
    schema = json.loads((ROOT / "docs/plan.schema.json").read_text())
    for options in (CALIB, "--dynamic", "--dynamic --weight-type s4 --block-size 32", f"{CALIB} --overrides good.yaml"):
        world.ok(f"plan model.onnx -o plan.json {options}")
        expect(fits_schema(world.json("plan.json"), schema, schema), f"{options}: does not fit the schema")


@case("plan: an edited one is carried out")
def _(world):
    def edit(plan):
        next(n for n in plan["nodes"] if n["node"] == "Times212")["mode"] = "float"
        next(t for t in plan["tensors"] if t["value"] == "Input3").update(scale=2.5, zero_point=7)

    edited_plan(world, edit)
    world.ok("static model.onnx edited.onnx --plan edited.json")
    quantized = json.loads(world.ok("inspect edited.onnx --json"))["quantized"]
    source = next(entry for entry in quantized if "Input3" in entry["value"])
    expect(source["scale"] == [2.5] and source["zero_point"] == [7], f"input: {source}")
    expect(not any("Parameter193" in entry["value"] for entry in quantized), "Times212 is quantized")


def spoil(plan, kind):
    if kind == "value":
        plan["tensors"][0]["value"] = "nowhere"
    elif kind == "node":
        plan["nodes"][0]["node"] = "nowhere"
    elif kind == "mode":
        plan["nodes"][0]["mode"] = "int8"
    elif kind == "field":
        plan["nodes"][0]["mod"] = "float"
    elif kind == "scale":
        plan["tensors"][0]["scale"] = -1
    else:
        plan["tensors"] = []


@case("plan: edits that make no sense are refused")
def _(world):
    words = {"value": ["'nowhere'"], "node": ["'nowhere'"], "mode": ["weight_only"], "field": ["mod"], "scale": ["scale"], "no tensors": ["Convolution28"]}
    for kind, needed in words.items():
        edited_plan(world, lambda plan: spoil(plan, kind))
        is_refused(world, "static model.onnx out.onnx --plan edited.json", *needed)


@case("plan: refused for another model")
def _(world):
    world.ok(f"plan model.onnx -o plan.json {CALIB}")
    is_refused(world, "static integers.onnx out.onnx --plan plan.json", "plan.json", "another model")


def writes_nothing(world, line, *words):
    before = world.listing()
    text = world.ok(line)
    expect(world.listing() == before, "files changed")
    missing = [word for word in words if not re.search(word, text)]
    expect(not missing, f"{missing} is not in {text!r}")


@case("--dry-run: a table, and no file")
def _(world):
    world.path("out.onnx").unlink(missing_ok=True)
    size = r"constants: 23\.4 KB, then [\d.]+ KB"
    writes_nothing(world, "dynamic model.onnx out.onnx --dry-run", r"Conv +weight_only +2 ", size)
    writes_nothing(world, f"static model.onnx out.onnx {CALIB} --dry-run", r"Conv +static +2 *\n", size)
    world.ok("plan model.onnx -o plan.json --dynamic")
    writes_nothing(world, "static model.onnx out.onnx --plan plan.json --dry-run", r"Conv +weight_only +2 ", size)


@case("--dry-run: the size that it predicts is that of the file, but for the graph")
def _(world):
    for command in (f"static model.onnx {{}} {CALIB}", "dynamic model.onnx {} --weight-type s16"):
        text = world.ok(command.format("out.onnx") + " --dry-run")
        predicted = float(re.search(r"then ([\d.]+) KB", text)[1])
        world.ok(command.format("sized.onnx"))
        constants = json.loads(world.ok("inspect sized.onnx --json"))["parameters"]
        widths = {"float32": 4, "int32": 4, "int64": 8, "int16": 2, "int8": 1, "uint8": 1}
        actual = sum(widths[name] * entry["elements"] for name, entry in constants.items()) / 1024
        expect(abs(predicted - actual) <= 0.06, f"{command}: {predicted} KB, {actual:.2f} KB are there")


@case("--explain: mode, reason, and parameters of what a node reads and writes")
def _(world):
    line = f"static model.onnx out.onnx {CALIB} --dry-run"
    text = world.ok(f"{line} --explain Convolution28")
    expect(text.startswith("node 'Convolution28' (Conv): static\n"), text)
    expect(re.search(r"reads +Input3 +uint8 +1 +0 +\[0, 255\]", text), text)  # images hold 0 and 255
    text = world.ok(f"{line} --explain Times212 --exclude Times212")
    expect("float, because --exclude asks for it" in text, text)


@case("rules: later ones win, and say so")
def _(world):
    world.ok(f"plan model.onnx -o plan.json {CALIB} --op-types Conv,Gemm --exclude Convolution28 --mode first=dynamic last=float16")
    expect(modes(world, "plan.json") | {"Convolution28": "weight_only", "Times212": "float16", "Convolution110": "static"} == modes(world, "plan.json"), f"{modes(world, 'plan.json')}")
    nodes = {node["node"]: node for node in world.json("plan.json")["nodes"]}
    expect(nodes["Pooling66"]["reason"].startswith("--op-types asks for"), f"{nodes['Pooling66']}")


@case("rules: each kind of pattern")
def _(world):
    kinds = {
        "Convolution*": {"Convolution28", "Convolution110"},
        "op:Conv": {"Convolution28", "Convolution110"},
        "re:.*(66|110)": {"Convolution110", "Pooling66"},
        "between:Pooling66_Output_0,Pooling160_Output_0": {"Convolution110", "ReLU114", "Pooling160"},
        "first": {"Convolution28"},
        "last": {"Times212"},
    }
    for pattern, wanted in kinds.items():
        world.ok(f"plan model.onnx -o plan.json --dynamic --exclude {pattern}")
        found = {n["node"] for n in world.json("plan.json")["nodes"] if n.get("reason") == "--exclude asks for it"}
        expect(found == wanted, f"{pattern}: {found}")


@case("overrides: of nodes and values")
def _(world):
    world.ok(f"plan model.onnx -o plan.json {CALIB} --overrides good.yaml")
    expect(modes(world, "plan.json")["Convolution28"] == "weight_only", "mode of op:Conv")
    expect(modes(world, "plan.json")["Convolution110"] == "static", "mode of the later rule")
    tensors = {tensor["value"]: tensor for tensor in world.json("plan.json")["tensors"]}
    expect(tensors["Parameter5"]["type"] == "uint8", f"{tensors['Parameter5']}")
    expect("axis" not in tensors["Parameter87"], "per tensor")
    pooled = tensors["Pooling66_Output_0"]
    expect(pooled["scale"] == 4 and pooled["zero_point"] == 3, f"{pooled}")


@case("--target is a default: --per-channel wins")
def _(world):
    world.ok("dynamic model.onnx web.onnx --target web")
    world.ok("dynamic model.onnx tensor.onnx --per-tensor")
    expect(world.bytes("web.onnx") == world.bytes("tensor.onnx"), "web is not per tensor")
    world.ok("dynamic model.onnx web.onnx --per-channel --target web")
    world.ok("dynamic model.onnx channel.onnx")
    expect(world.bytes("web.onnx") == world.bytes("channel.onnx"), "--per-channel is ignored")


@case("--requantize: the float rest of a quantized model")
def _(world):
    world.ok("dynamic half.onnx full.onnx --requantize")
    operators = json.loads(world.ok("inspect full.onnx --json"))["operators"]
    expect(operators["MatMul"] == 1 and operators["MatMulInteger"] == 1, f"{operators}")
    is_refused(world, "dynamic full.onnx out.onnx --requantize", "full.onnx", "nothing to quantize")
    world.ok("plan half.onnx -o plan.json --dynamic --requantize")
    world.ok("dynamic half.onnx planned.onnx --plan plan.json")
    expect(world.bytes("planned.onnx") == world.bytes("full.onnx"), "other bytes than the command's")


@case("--target tensorrt: every zero point is 0, and each QuantizeLinear stands behind its ReLU")
def _(world):
    for line in (f"static model.onnx trt.onnx {CALIB} --target tensorrt", "dynamic model.onnx trt.onnx --target tensorrt --mode *=weight_only"):
        world.ok(line)
        quantized = json.loads(world.ok("inspect trt.onnx --json"))["quantized"]
        expect(quantized and all(not any(entry["zero_point"]) for entry in quantized), f"{line}: {quantized}")
    world.ok(f"static model.onnx trt.onnx {CALIB} --target tensorrt")
    graph = onnx.load(world.path("trt.onnx")).graph
    readers = {name: node.op_type for node in graph.node for name in node.input}
    followers = {(node.op_type, readers[node.output[0]]) for node in graph.node if node.op_type in ("Conv", "Relu")}
    expect(followers == {("Conv", "Relu"), ("Relu", "QuantizeLinear")}, f"{followers}")


# --- run, bench and inspect ---


@case("run: one folder a sample, or none for one sample")
def _(world):
    world.ok("run two.onnx --data two_inputs -o one")
    names = sorted(p.name for p in world.path("one").iterdir())
    expect(names == ["sum.npy", "sums_of_both.npy"], f"files: {names}")
    world.ok("run model.onnx --data images.npy -o several --max-samples 3")
    names = sorted(p.name for p in world.path("several").iterdir())
    expect(names == ["00000", "00001", "00002"], f"folders: {names}")


@case("run: NaN and Inf are numbers too")
def _(world):
    world.ok("run relu.onnx --data set -o from_pb")
    np.testing.assert_array_equal(np.load(world.path("from_pb/y.npy")), np.array([[10, 0, np.nan, np.inf]], np.float32))
    np.save(world.path("not_finite.npy"), np.array([[1, -np.inf, np.nan, np.inf]], np.float32))
    world.ok("run relu.onnx --data not_finite.npy -o from_npy")
    np.testing.assert_array_equal(np.load(world.path("from_npy/y.npy")), np.array([[1, 0, np.nan, np.inf]], np.float32))


@case("run: a stream of paths is read as it comes")
def _(world):
    with subprocess.Popen(
        [world.program, *"run relu.onnx --data - -o streamed".split()], cwd=world.folder, stdin=subprocess.PIPE
    ) as process:
        for index in range(3):
            np.save(world.path(f"came{index}.npy"), np.full((1, 4), index, np.float32))
            process.stdin.write(f"came{index}.npy\n".encode())
            process.stdin.flush()
            output, patience = world.path(f"streamed/{index:05}/y.npy"), time.monotonic() + 20
            while not output.exists() and time.monotonic() < patience:
                time.sleep(0.01)
            expect(output.exists(), f"no output {index} while the stream goes on")
    expect(process.returncode == 0, f"exit code {process.returncode}")
    expect([np.load(world.path(f"streamed/{i:05}/y.npy"))[0, 0] for i in range(3)] == [0, 1, 2], "other outputs")


@case("run: feedback carries a state from sample to sample")
def _(world):
    world.ok("run two.onnx --data rows.npy -o sums --feedback sum=right")
    totals = np.cumsum(np.load(world.path("rows.npy")), 0)
    for index in range(5):
        np.testing.assert_array_equal(np.load(world.path(f"sums/{index:05}/sum.npy"))[0], totals[index])


@case("run: batches, the last one smaller; a random part of the samples")
def _(world):
    rows = np.load(world.path("rows.npy"))
    world.ok("run free.onnx --data rows.npy -o batches --batch-size 2")
    batches = [np.load(p / "y.npy") for p in sorted(world.path("batches").iterdir())]
    expect([len(b) for b in batches] == [2, 2, 1], f"batches: {[b.shape for b in batches]}")
    np.testing.assert_array_equal(np.concatenate(batches), rows)
    drawn = set()
    for seed in range(10):
        world.ok(f"run free.onnx --data rows.npy -o drawn{seed} --batch-size 3 --max-samples 3 --shuffle-seed {seed}")
        part = [tuple(row) for row in np.load(world.path(f"drawn{seed}/y.npy"))]
        expect(len(set(part)) == 3 and set(part) <= set(map(tuple, rows)), f"drawn: {part}")
        drawn.add(tuple(part))
    expect(len(drawn) > 3, "the seed does not matter")


@case("run: bad samples are left out, and told")
def _(world):
    done = world.run("run model.onnx --data with_nan -o left --skip-bad")
    expect(done.returncode == 0, done.stderr)
    words = "warning: skipped 1 of 16 samples: with_nan/2.npy: input 'Input3': holds NaN or Inf"
    expect(words in done.stderr and len(done.stderr.splitlines()) == 1, f"stderr: {done.stderr!r}")
    names = sorted(p.name for p in world.path("left").iterdir())
    expect(names == [f"{i:05}" for i in range(16) if i != 11], f"outputs: {names}")


@case("run: several test data sets come in the order of their numbers")
def _(world):
    world.ok("run relu.onnx --data sets -o from_sets")
    firsts = [np.load(world.path(f"from_sets/{i:05}/y.npy"))[0, 0] for i in range(11)]
    expect(firsts == list(range(11)), f"order: {firsts}")
    world.ok("run relu.onnx --data sets -o from_two_sets --max-samples 2")
    expect(len(list(world.path("from_two_sets").iterdir())) == 2, "--max-samples is not kept")


@case("run: one file for each tensor of a sequence, none for an empty optional")
def _(world):
    world.ok("run passed_on.onnx --data passed_on -o from_sequence")
    names = sorted(p.name for p in world.path("from_sequence").iterdir())
    expect(names == ["a_list.0.npy", "a_list.1.npy"], f"files: {names}")
    np.testing.assert_array_equal(np.load(world.path("from_sequence/a_list.1.npy")), np.arange(3, dtype=np.float32))


@case("run: a model without inputs needs no data, and every type is written")
def _(world):
    world.ok("run constants.onnx -o constants")
    written = dict(bfloat16="<f4", float8e4m3fn="<f4", float4e2m1="<f4", int4="|i1", uint4="|u1", string="<U4")
    for name, values in fixtures.CONSTANTS.items():
        array = np.load(world.path(f"constants/{name}.npy"))
        expect(array.dtype == np.dtype(written.get(name, name)), f"{name}: {array.dtype}")
        expect(array.tolist() == values, f"{name}: {array}")


KINDS = dict(object=dict, array=list, string=str, integer=int, number=(int, float), null=type(None))


def check_schema(value, schema, path="$"):
    """The part of JSON Schema that docs/*.schema.json use; fields that the schema does not name are errors."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    expect(any(isinstance(value, KINDS[kind]) for kind in kinds), f"{path} is {value!r}, not {kinds}")
    expect("enum" not in schema or value in schema["enum"], f"{path} is {value!r}")
    if isinstance(value, dict):
        fields, other = schema.get("properties", {}), schema.get("additionalProperties", False)
        expect(set(schema.get("required", [])) <= set(value), f"{path} lacks {set(schema.get('required', [])) - set(value)}")
        for key, inner in value.items():
            expect(key in fields or other, f"{path}.{key} is not in the schema")
            check_schema(inner, fields.get(key, other), f"{path}.{key}")
    if isinstance(value, list):
        for i, inner in enumerate(value):
            check_schema(inner, schema["items"], f"{path}[{i}]")


def outputs(world, model, count=16):
    world.ok(f"run {model} --data images.npy -o outputs")
    return np.stack([np.load(world.path(f"outputs/{i:05}/Plus214_Output_0.npy"))[0] for i in range(count)])


@case("bench: the figures are those of the outputs")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    text = world.ok("bench model.onnx out8.onnx --data images.npy --labels labels.npy --json b.json --rounds 5")
    expect("model.onnx" in text and "out8.onnx" in text, "the table does not name both models")
    report = world.json("b.json")
    expect(report["samples"] == 16 and len(report["models"]) == 2, "samples or models are wrong")
    values = {name: outputs(world, name) for name in ("model.onnx", "out8.onnx")}
    labels, float_values = np.load(world.path("labels.npy")), values["model.onnx"].astype(np.float64)
    for entry in report["models"]:
        name, value = entry["path"], values[entry["path"]].astype(np.float64)
        ranks = np.argsort(-value, axis=1, kind="stable")
        expect(entry["size_bytes"] == world.path(name).stat().st_size, f"{name}: size")
        expect(np.isclose(entry["scores"]["top1"], np.mean(ranks[:, 0] == labels)), f"{name}: {entry['scores']}")
        expect(np.isclose(entry["scores"]["top5"], np.mean((ranks[:, :5] == labels[:, None]).any(1))), f"{name}: top5")
        times = entry["latency_ms"]
        expect(0 < times["min"] <= times["median"] <= times["p90"] <= times["p99"], f"{name}: latency {times}")
        expect(times["interval"][0] <= times["median"] <= times["interval"][1], f"{name}: interval {times}")
        expect(times["rounds"] == 5, f"{name}: rounds")
        expect(entry["peak_memory_bytes"] > entry["size_bytes"], f"{name}: memory")
    entry, noise = report["models"][1], float_values - values["out8.onnx"]
    figures = entry["outputs"]["Plus214_Output_0"]
    expect(np.isclose(figures["sqnr_db"], 10 * np.log10((float_values**2).sum() / (noise**2).sum()), rtol=1e-6), "SQNR")
    expect(np.isclose(figures["max_abs_error"], np.abs(noise).max(), rtol=1e-6), "max_abs_error")
    product = (float_values * values["out8.onnx"]).sum()
    norms = np.linalg.norm(float_values) * np.linalg.norm(values["out8.onnx"].astype(np.float64))
    expect(np.isclose(figures["cosine"], product / norms, rtol=1e-9), "cosine")
    same = np.mean(float_values.argmax(1) == values["out8.onnx"].argmax(1))
    expect(np.isclose(entry["agreement"], same), f"agreement {entry['agreement']}, not {same}")
    expect(entry["latency_ratio"] > 0, "latency ratio")
    expect("latency_ratio" not in report["models"][0], "the first model is compared with itself")


@case("bench: order, batches and left out samples keep their labels")
def _(world):
    world.ok("bench model.onnx --data images.npy --labels labels.npy --json b.json --rounds 1")
    first = world.json("b.json")["models"][0]
    world.ok("bench model.onnx --data images.npy --labels labels.npy --json b.json --rounds 1 --shuffle-seed 3")
    again = world.json("b.json")["models"][0]
    expect(first["scores"] == again["scores"], "shuffling changes the accuracy")
    done = world.run("bench model.onnx --data with_nan --labels labels.npy --json b.json --rounds 1 --skip-bad")
    expect(done.returncode == 0 and "skipped 1 of 16" in done.stderr, done.stderr)
    expect(world.json("b.json")["samples"] == 15, "the number of samples")


@case("bench: a profile names operators, nodes and providers; a trace holds one run of each model")
def _(world):
    text = world.ok("bench model.onnx out8.onnx --data images.npy --rounds 1 --profile --trace t.json")
    expect(text.count("operator") == 4 and "reference" in text and "onednn" in text, text)
    events = world.json("t.json")["traceEvents"]
    expect({e["tid"] for e in events} == {0, 1}, "threads of the trace")
    expect(all(e["dur"] > 0 for e in events if e["ph"] == "X"), "a step without duration")


# Bounds that the model of 8 bits keeps and breaks: it is smaller, and not exact.
GATES = (("--max-ratio 0.9", "--max-ratio 0.01"), ("--max-size 1MB", "--max-size 1kB"),
         ("--min-sqnr 1", "--min-sqnr 200"), ("--max-latency 1000", "--max-latency 0.00001"),
         ("--min-speedup 0.001", "--min-speedup 1000"),
         ("--max-accuracy-drop 100", "--max-accuracy-drop -101"))


@case("bench: each gate on both sides of its bound, with its exit code")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    line = "bench model.onnx out8.onnx --data images.npy --labels labels.npy --rounds 5"
    for kept, broken in GATES:
        world.ok(f"{line} {kept}")
        done = world.run(f"{line} {broken} --quiet")
        expect(done.returncode == 3, f"{broken}: exit code {done.returncode}")
        expect(broken.split()[0][2:] in done.stderr and "not met" in done.stderr, done.stderr)


@case("bench: all gates are reported, as JSON, Markdown and JUnit's XML")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    bounds = " ".join(bound for bound, _ in GATES[1:]) + " --max-ratio 0.01"
    files = "--json b.json --markdown b.md --junit b.xml"
    done = world.run(f"bench model.onnx out8.onnx --data images.npy --labels labels.npy --rounds 5 {bounds} {files}")
    expect(done.returncode == 3, f"exit code {done.returncode}")
    verdicts = {gate["gate"]: gate["verdict"] for gate in world.json("b.json")["gates"]}
    expect(verdicts.pop("max-ratio") == "not met" and set(verdicts.values()) == {"met"}, str(verdicts))
    suite = xml.etree.ElementTree.parse(world.path("b.xml")).getroot()
    expect((suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "1", "0"), str(suite.attrib))
    expect([c.get("name") for c in suite if c.find("failure") is not None] == ["max-ratio"], "the failure")
    text = world.path("b.md").read_text()
    expect(re.search(r"\| max-ratio +\| out8.onnx +\| <= 0.01 x +\|.*\| not met +\|", text), text)


@case("bench: data that do not fit the model end with 1, wrong gates with 2")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    gate = "--max-ratio 0.01"
    for data in ("missing", "labels.npy", "with_nan", "model.onnx"):
        done = world.run(f"bench model.onnx out8.onnx --data {data} {gate}")
        expect(done.returncode == 1 and data in done.stderr, f"{data}: {done.returncode} {done.stderr}")
    done = world.run(f"bench model.onnx out8.onnx --data images.npy --labels images.npy {gate}")
    expect(done.returncode == 1 and "images.npy" in done.stderr, f"labels: {done.returncode} {done.stderr}")
    for line in (f"model.onnx {gate}", "model.onnx out8.onnx --max-accuracy-drop 1", "model.onnx out8.onnx --metric top1"):
        done = world.run(f"bench {line} --data images.npy")
        expect(done.returncode == 2, f"{line}: {done.returncode}")


@case("bench: a metric of one's own, and the outputs that it judges")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    world.path("metric.py").write_text(
        "import pathlib, sys, numpy\n"
        "files = sorted(pathlib.Path(sys.argv[1]).glob('*/*.npy'))\n"
        "print('of', sys.argv[2])\n"
        "print(len(files) + numpy.load(files[0]).max())\n")
    command = [world.program, *"bench model.onnx out8.onnx --data images.npy --rounds 5 --json b.json --quiet".split()]
    metric = ["--metric-cmd", f"{sys.executable} metric.py {{outputs}} {{model}}"]
    done = subprocess.run([*command, *metric, "--save-outputs", "kept"], cwd=world.folder, capture_output=True, text=True)
    expect(done.returncode == 0, done.stderr)
    for name in ("model", "out8"):
        entry = next(e for e in world.json("b.json")["models"] if e["path"] == name + ".onnx")
        best = np.load(world.path(f"kept/{name}/00000/Plus214_Output_0.npy")).max()
        expect(np.isclose(entry["scores"]["score"], 16 + best), f"{name}: {entry['scores']}")
    done = subprocess.run([*command, "--metric-cmd", "echo none"], cwd=world.folder, capture_output=True, text=True)
    expect(done.returncode == 1 and "must print a number" in done.stderr, done.stderr)


@case("bench: a class for each position, and sequences")
def _(world):
    classes = np.stack([outputs(world, "model.onnx").argmax(1)] * 2, axis=1)
    np.save(world.path("positions.npy"), classes[:, :1])
    done = world.run("bench model.onnx --data images.npy --labels positions.npy --rounds 5")
    expect(done.returncode == 1 and "labels [1, 1] want" in done.stderr, done.stderr)
    world.ok("bench model.onnx --data images.npy --labels positions.npy --metric top1 --rounds 5 --json b.json")
    expect(world.json("b.json")["models"][0]["scores"] == {"top1": 1}, "scores")


@case("bench: a baseline")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    world.ok("bench model.onnx out8.onnx --data images.npy --labels labels.npy --rounds 5 --json base.json")
    text = world.ok("bench out8.onnx --data images.npy --labels labels.npy --rounds 5 --baseline base.json")
    expect(re.search(r"out8.onnx +size KB +(\S+) +\1 +\+0.0 %", text), text)
    world.path("copy.onnx").write_bytes(world.bytes("model.onnx"))
    is_refused(world, "bench copy.onnx --data images.npy --baseline base.json --rounds 5", "base.json", "none of the models")


@case("bench: onnxruntime as a second opinion")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    line = "bench model.onnx out8.onnx --data images.npy --labels labels.npy --rounds 5 --threads 1"
    both = f"{line} --backend builtin,onnxruntime --min-sqnr 1 --json b.json --save-outputs second"
    done = world.run(both, VIRTUAL_ENV=sys.prefix)
    if "built without onnxruntime's header" in done.stderr:
        expect(done.returncode == 1, done.stderr)
        return
    expect(done.returncode == 0, done.stderr)
    rows = world.json("b.json")["models"]
    expect([row["backend"] for row in rows] == ["builtin", "builtin", "onnxruntime", "onnxruntime"], str(rows))
    expect("latency_ratio" not in rows[2] and "latency_ratio" in rows[3], str(rows))
    gates = [gate["model"] for gate in world.json("b.json")["gates"]]
    expect(gates == ["out8.onnx", "out8.onnx (onnxruntime)"], str(gates))

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(world.path("out8.onnx")), options, providers=["CPUExecutionProvider"])
    image = np.load(world.path("images.npy"))[:1]
    (expected,) = session.run(None, {session.get_inputs()[0].name: image})
    written = world.path("second") / "onnxruntime" / "out8" / "00000" / f"{session.get_outputs()[0].name}.npy"
    expect(np.array_equal(np.load(written), expected), "other outputs than from onnxruntime in Python")
    builtin = np.load(world.path("second") / "builtin" / "out8" / "00000" / written.name)
    expect(not np.array_equal(np.load(world.path("second") / "builtin" / "model" / "00000" / written.name), builtin), "")

    is_refused(world, f"{line} --backend onnxruntime --ort-lib nowhere.so", "nowhere.so")
    is_refused(world, f"{line} --backend onnxruntime --ort-lib text.onnx", "text.onnx")
    done = world.run(f"{line} --backend onnxruntime", VIRTUAL_ENV="", CONDA_PREFIX="", PATH="", HOME="")
    found = "libonnxruntime" in done.stdout  # among the system's libraries
    expect(done.returncode == (0 if found else 1) and (found or "pip install onnxruntime" in done.stderr), done.stderr)


@case("bench: its JSON is what the schema says")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    schema = json.loads((ROOT / "docs" / "bench.schema.json").read_text())
    line = "bench model.onnx out8.onnx --data images.npy --rounds 5 --json b.json"
    for more in ("", "--labels labels.npy --max-ratio 0.9 --min-speedup 0.001"):
        world.ok(f"{line} {more}")
        check_schema(world.json("b.json"), schema)


@case("inspect: what two models have differently")
def _(world):
    expect(world.ok("inspect model.onnx --diff model.onnx") == "no difference\n", "a model differs from itself")
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    text = world.ok("inspect model.onnx --diff out8.onnx")
    expect("ConvInteger" in text and re.search(r"\d+ nodes, \d+ constants differ", text), text)
    rows = json.loads(world.ok("inspect model.onnx --diff out8.onnx --json"))
    expect({row["kind"] for row in rows} >= {"opset", "node", "constant"}, str(rows)[:300])
    is_refused(world, "inspect model.onnx --diff text.onnx", "text.onnx")


# --- advise ---

ADVISE = "advise model.onnx --calib images.npy --labels labels.npy --backend builtin --rounds 20"


@case("advise: recommends a model, writes it, and its table is that of bench")
def _(world):
    text = world.ok(f"{ADVISE} --max-accuracy-drop 50 --max-ratio 0.99 -o best.onnx --json a.json --trials t1 --keep-models")
    rows = world.json("a.json")["models"]
    check_schema(world.json("a.json"), json.loads((ROOT / "docs" / "bench.schema.json").read_text()))
    names = [row["path"] for row in rows]
    expect(names[0] == "float" and f"recommended: {names[1]}" in text, text)
    for name in ("float16", "weights only", "dynamic", "static, minmax", "static, entropy, per tensor"):
        expect(name in names, f"{name} is not among {names}")
    expect(len(names) == len(set(names)), str(names))
    expect(world.path("best.onnx").stat().st_size == rows[1]["size_bytes"], "another size than in the table")
    world.ok("bench model.onnx best.onnx --data images.npy --labels labels.npy --rounds 5 --json b.json")
    again = world.json("b.json")["models"]
    expect(again[0]["scores"] == rows[0]["scores"] and again[1]["scores"] == rows[1]["scores"], f"{again} {rows[1]}")
    expect(again[1]["outputs"].keys() == rows[1]["outputs"].keys(), "")
    plan = next(world.path("t1").glob("static-minmax.*.plan.json"))
    world.ok(f"static model.onnx again8.onnx --plan t1/{plan.name}")
    kept = plan.with_name(plan.name.replace(".plan.json", ".onnx"))
    expect(kept.read_bytes() == world.bytes("again8.onnx"), "a plan on disk gives another model than its trial's")


@case("advise: an interrupted search goes on with what is there")
def _(world):
    line = f"{ADVISE} --max-accuracy-drop 50 --trials t2"
    world.ok(f"{line} --max-trials 3")
    figures = {p: p.stat().st_mtime_ns for p in world.path("t2").glob("*.figures.json")}
    expect(len(figures) == 4, f"{sorted(p.name for p in figures)}: not float and three trials")
    world.ok(line)
    later = {p: p.stat().st_mtime_ns for p in world.path("t2").glob("*.figures.json")}
    expect(figures.items() <= later.items() and len(later) > len(figures), "trials were measured again")
    expect(not list(world.path("t2").glob("*.onnx")), "models are left")
    torn = next(world.path("t2").glob("dynamic.*.figures.json"))
    torn.write_text("{")
    done = world.run(line)
    expect(done.returncode == 0 and f"not tried: 'dynamic': t2/{torn.name}" in done.stdout, done.stdout + done.stderr)
    world.ok(f"{line} --metric top5 --max-trials 1")  # judged otherwise: nothing there fits


@case("advise: a bound that nothing keeps ends with 3, wrong options with 2, wrong data with 1")
def _(world):
    done = world.run(f"{ADVISE} --max-accuracy-drop 50 --max-ratio 0.01 --max-trials 3 --trials t3")
    expect(done.returncode == 3 and "max-ratio" in done.stderr and "nothing that was tried" in done.stdout, done.stdout)
    for wrong in ("--max-accuracy-drop 1 --metric top1", "--metric-cmd true"):
        line = f"advise model.onnx --calib images.npy {wrong}"
        expect(world.run(line).returncode == 2, line)
    is_refused(world, "advise model.onnx --calib names.npz --backend builtin --trials t4", "names.npz")
    is_refused(world, "advise model.onnx --calib images.npy --labels few.npy --backend builtin --trials t4", "few.npy")
    text = world.ok("advise relu.onnx --calib four.npy --backend builtin --trials t5")
    expect("recommended: float16" in text and "leave the model as it is" in text, text)


@case("advise: a judge of one's own")
def _(world):
    command = "ls {outputs}/* | wc -l; echo 1"
    done = subprocess.run([world.program, *ADVISE.split(), "--max-accuracy-drop", "0.5", "--max-trials", "2", "--trials", "t6", "--metric-cmd", command],
                          cwd=world.folder, capture_output=True, text=True)
    expect(done.returncode == 0 and re.search(r"recommended: .*", done.stdout) and "score 1, float 1" in done.stdout, done.stdout + done.stderr)


@case("docs: the shell script of ci.md")
def _(world):
    script = re.search(r"```sh\n(#!/bin/sh.*?)```", (ROOT / "docs" / "ci.md").read_text(), re.S).group(1)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, path in (("model.onnx", "model.onnx"), ("samples", "images.npy"), ("labels.npy", "labels.npy")):
            target = folder / name / path if name == "samples" else folder / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(world.bytes(path))
        (folder / "ci.sh").write_text(script)
        paths = f"{world.program.parent}:{os.environ['PATH']}"
        run = functools.partial(subprocess.run, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": paths})
        done = run(["sh", "ci.sh"])
        expect(done.returncode == 0, f"{done.returncode}: {done.stderr}{done.stdout}")
        expect({"int8.onnx", "bench.json", "bench.md", "bench.xml"} <= set(os.listdir(folder)), str(os.listdir(folder)))
        (folder / "ci.sh").write_text(script.replace("--min-sqnr 15", "--min-sqnr 500"))
        done = run(["sh", "ci.sh"])
        expect(done.returncode == 3 and "min-sqnr" in done.stderr, f"{done.returncode}: {done.stderr}")


@case("QTOOL_MAX_ISA that is none")
def _(world):
    done = world.run("inspect model.onnx", QTOOL_MAX_ISA="sse5")
    expect(done.returncode == 1 and "'sse5'" in done.stderr and "avx2" in done.stderr, done.stderr)
    expect(done.stdout == "", done.stdout)


@case("bench: without labels; a model against itself; one model")
def _(world):
    world.ok("bench model.onnx model.onnx --data images.npy --json b.json --rounds 5")
    first, second = world.json("b.json")["models"]
    expect("scores" not in first and "scores" not in second, "scores without labels")
    expect(second["agreement"] == 1 and second["outputs"]["Plus214_Output_0"]["max_abs_error"] == 0, "not equal to itself")
    world.ok("bench model.onnx --data images.npy --json b.json --rounds 5 --max-samples 2")
    expect(world.json("b.json")["samples"] == 2, "--max-samples")


@case("compare: a layer broken on purpose comes first, in every form of the model")
def _(world):
    world.ok(f"static model.onnx whole.onnx {CALIB}")
    for broken in ("Convolution28", "Convolution110"):
        model = onnx.load(world.path("whole.onnx"))
        node = next(n for n in model.graph.node if n.name == broken)
        dequantize = next(n for n in model.graph.node if n.output[0] == node.input[1])
        scale = next(t for t in model.graph.initializer if t.name == dequantize.input[1])
        scale.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(scale) * np.float32(1.3), scale.name))
        onnx.save(model, world.path("broken.onnx"))
        world.ok("convert broken.onnx broken8.onnx --format qoperator")
        for name in ("broken.onnx", "broken8.onnx"):
            text = world.ok(f"compare model.onnx {name} --data images.npy --json layers.json")
            worst = world.json("layers.json")["layers"][0]
            expect(worst["node"] == broken, f"{name}: {worst}")
            expect(f"--mode '{broken}=float'" in text, text)
    layers = world.json("layers.json")["layers"]
    expect(len(layers) > 3 and all(l["alone_sqnr_db"] is None or l["alone_sqnr_db"] > 0 for l in layers), str(layers))


def page_data(world, name):
    """What the scripts of a page read."""
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', world.path(name).read_text(), re.S)[1])


@case("compare: the page and the terminal tell the same cause, of a weight with one scale")
def _(world):
    model = onnx.load(world.path("model.onnx"))
    kernels = next(t for t in model.graph.initializer if len(t.dims) == 4 and t.dims[0] == 8)
    values = onnx.numpy_helper.to_array(kernels).copy()
    values[0] = -100 * np.abs(values[0])  # behind Relu nothing is left of this channel
    kernels.CopyFrom(onnx.numpy_helper.from_array(values, kernels.name))
    onnx.save(model, world.path("uneven.onnx"))
    for granularity, blamed in (("--per-tensor", True), ("--per-channel", False)):
        world.ok(f"static uneven.onnx uneven8.onnx {CALIB} {granularity}")
        text = world.ok("compare uneven.onnx uneven8.onnx --data images.npy --report compare.html")
        causes = page_data(world, "compare.html")["compare"]["causes"]
        kinds = [cause["kind"] for cause in causes]
        expect(("one scale" in kinds) == blamed, f"{granularity}: {kinds}")
        expect(all(cause["text"] in text for cause in causes[:3]), text)
        expect(not blamed or "for 8 channels" in causes[kinds.index("one scale")]["text"], str(causes))


@case("bench: the page has the figures of the JSON, and the gates")
def _(world):
    world.ok("dynamic model.onnx out8.onnx --dynamic-conv")
    done = world.run("bench model.onnx out8.onnx --data images.npy --labels labels.npy --rounds 5 --max-ratio 0.01 --json b.json --report b.html")
    expect(done.returncode == 3, f"exit code {done.returncode}: {done.stderr}")
    page, figures = page_data(world, "b.html"), world.json("b.json")["models"]
    for row, model in zip(page["trials"]["rows"], figures, strict=True):
        expect((row["name"], row["size"]) == (model["path"], model["size_bytes"]), str(row))
        expect(np.isclose(row["latency"][0], model["latency_ms"]["median"]), str(row))
        expect(np.allclose(row["scores"], list(model["scores"].values())), str(row))
    expect([gate["verdict"] for gate in page["gates"]] == ["not met"], str(page["gates"]))
    expect({"qtool", "System", "Threads"} <= {name for name, _ in page["environment"]}, str(page["environment"]))


@case("static: the page holds the plan that was applied, and what was measured")
def _(world):
    world.ok(f"static model.onnx paged.onnx {CALIB} --report paged.html")
    page = page_data(world, "paged.html")
    world.path("paged.json").write_text(page["plan"]["text"])
    expect(len(page["calibration"]["values"]) > 2 and len(page["weights"]["weights"]) > 2, str(page.keys()))
    world.ok("static model.onnx again.onnx --plan paged.json --report again.html")
    expect(world.bytes("again.onnx") == world.bytes("paged.onnx"), "the plan of the page makes another model")
    again = page_data(world, "again.html")
    expect("calibration" not in again and again["graph"] == page["graph"], "the plan alone")
    world.ok(f"static model.onnx plain.onnx {CALIB}")
    expect(world.bytes("plain.onnx") == world.bytes("paged.onnx"), "a report changes the model")
    world.ok("dynamic model.onnx out8.onnx --report dynamic.html")
    expect({node["group"] for node in page_data(world, "dynamic.html")["graph"]["nodes"]} <= {1, 2, 4}, "modes of dynamic")
    done = world.run("dynamic model.onnx out8.onnx --dry-run --report dry.html")
    expect(done.returncode == 2 and not world.path("dry.html").exists(), done.stderr)


@case("inspect: float model")
def _(world):
    text = world.ok("inspect model.onnx")
    for word in ("Input3", "Plus214_Output_0", "Conv", "nothing is quantized"):
        expect(word in text, f"'{word}' is not shown")
    facts = json.loads(world.ok("inspect model.onnx --json"))
    expect(facts["inputs"] == [{"name": "Input3", "type": "float32[1, 1, 28, 28]"}], f"inputs: {facts['inputs']}")
    expect(facts["opsets"]["ai.onnx"] == 8 and facts["ir_version"] == 3, "versions")
    expect(facts["operators"]["Conv"] == 2 and sum(facts["operators"].values()) == 12, "operators")
    # 8·25 + 8 + 16·8·25 + 16 + 256·10 + 10
    expect(facts["parameters"]["float32"]["elements"] == 5994, "parameters")
    expect(facts["quantized"] == [], "quantized")


@case("inspect: a weight, its integers and what they stand for")
def _(world):
    for more in ("", "--per-tensor"):
        world.ok(f"static model.onnx weights.onnx {CALIB} {more}")
        graph = onnx.load(world.path("weights.onnx")).graph
        constants = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
        inputs = next(n.input for n in graph.node if n.input[0] == "Parameter5_quantized")
        integers, scale, zero = (constants[name] for name in inputs)
        facts = json.loads(world.ok("inspect weights.onnx --weights Parameter5 --json"))
        expect(facts["name"] == "Parameter5_quantized" and facts["integers"] == integers.ravel().tolist(), str(facts)[:300])
        numbers = (integers.astype(np.float32) - zero.reshape(-1, 1, 1, 1)) * scale.reshape(-1, 1, 1, 1)
        expect(np.allclose(facts["numbers"], numbers.ravel(), rtol=1e-6), "numbers")
        rows = world.ok("inspect weights.onnx --weights Parameter5").splitlines()[-scale.size:]
        for i, row in enumerate(rows):
            part, whole = (integers[i], numbers[i]) if scale.size > 1 else (integers, numbers)
            _, step, _, low, high, *_, least, most, mean, deviation = row.replace(" %", "").split()
            expect((int(low), int(high)) == (part.min(), part.max()), row)
            wanted = (scale.ravel()[i], whole.min(), whole.max(), whole.mean(), whole.std())
            expect(np.allclose([float(v) for v in (step, least, most, mean, deviation)], wanted, rtol=1e-3, atol=1e-6), row)
    refuses(world, "inspect weights.onnx --weights Parameter55", ("Parameter55", "did you mean"))


@case("inspect: the graph as text")
def _(world):
    text = world.ok("inspect model.onnx --graph")
    expect("input Input3: float32[1, 1, 28, 28]" in text and '"Convolution28"' in text, text[:500])


@case("inspect: quantized model, with scales as ONNX defines them")
def _(world):
    world.ok(STATIC.format("i.onnx", "images.npy --per-channel"))
    facts = json.loads(world.ok("inspect i.onnx --json"))
    roles = {entry["role"] for entry in facts["quantized"]}
    expect(roles >= {"weight", "activation"}, f"roles: {roles}")
    for entry in facts["quantized"]:
        expect(all(scale > 0 for scale in entry["scale"]), f"{entry['value']}: scale")
    source = next(entry for entry in facts["quantized"] if "Input3" in entry["value"])
    images = np.load(world.path("images.npy"))
    expect(source["type"] == "uint8" and source["zero_point"] == [0], f"input: {source}")
    expect(np.isclose(source["scale"][0], images.max() / 255, rtol=1e-6), f"input: {source}")
    per_channel = [entry for entry in facts["quantized"] if len(entry["scale"]) > 1]
    expect({len(entry["scale"]) for entry in per_channel} == {8, 16, 10}, "channels")


main(__doc__)
