"""Files made to do harm: what asks for more than there is, nests without end, or would be written over.

Each case is an attack and must end soon, with an error of one line that names the file, and little memory.
    python tests/e2e/hostile.py [--qtool PROGRAM] [--only TEXT]
"""

import os
import resource
import shutil
import subprocess
import time
import zipfile

import numpy as np
from onnx import TensorProto, helper

from world import case, expect, main

SECONDS = 10
MEGABYTES = 400
HUGE = 10**18


def attacked(world, line, *words, megabytes=MEGABYTES):
    """Runs `qtool <line>`; expects exit code 1 in time, with these words in one line, and no more memory."""
    process = subprocess.Popen([world.program, *line.split()], cwd=world.folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)))
    stderr = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    expect(process.returncode == 1, f"'{line}' ended with {process.returncode}: {stderr}")
    expect(len(stderr.splitlines()) == 1, f"'{line}' wrote {stderr!r}")
    for word in words:
        expect(word in stderr, f"'{line}': no '{word}' in {stderr!r}")
    expect(usage.ru_maxrss < megabytes * 1024, f"'{line}' took {usage.ru_maxrss // 1024} MB")


def save(world, name, nodes, initializers=(), outputs=("y",), opset=17):
    """A model of a float input x and these nodes; checked by nobody."""
    value = lambda n: helper.make_tensor_value_info(n, TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "g", [value("x")], [value(n) for n in outputs], list(initializers))
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    world.path(name).write_bytes(model.SerializeToString())


def int64s(name, values):
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


@case("an initializer of 10^18 elements without data")
def _(world):
    for dims in ([HUGE], [2**32, 2**32], [2**62, 4], [-1], [0, 2**62, 2**62]):
        tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=dims)
        save(world, "huge.onnx", [helper.make_node("Add", ["x", "w"], ["y"])], [tensor])
        attacked(world, "inspect huge.onnx", "huge.onnx", "'w'")


@case("a shape of 10^18 elements that is filled, expanded or tiled")
def _(world):
    np.save(world.path("one.npy"), np.ones([1, 1], np.float32))
    for op, inputs in (("ConstantOfShape", ["big"]), ("Expand", ["x", "big"]), ("Tile", ["x", "twice"]), ("Range", ["from", "to", "by"])):
        scalars = [helper.make_tensor(n, TensorProto.FLOAT, [], [v]) for n, v in (("from", 0.0), ("to", 1e18), ("by", 1.0))]
        save(world, "fill.onnx", [helper.make_node(op, inputs, ["y"], "node")], [int64s("big", [HUGE]), int64s("twice", [HUGE, 1]), *scalars])
        attacked(world, "run fill.onnx --data one.npy -o filled", "fill.onnx", "node")


@case("more memory than --max-memory")
def _(world):
    save(world, "large.onnx", [helper.make_node("Expand", ["x", "shape"], ["y"], "grows")], [int64s("shape", [2**28])])
    attacked(world, "run large.onnx --data one.npy -o grown --max-memory 200MB", "large.onnx", "grows", "--max-memory")
    world.ok("run relu.onnx --data rows.npy -o small --max-memory 200MB")


@case("parameters of convolutions and windows without measure")
def _(world):
    np.save(world.path("image.npy"), np.ones([1, 1, 4, 4], np.float32))
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1, 1, 1, 1], [1.0])
    for attributes in ({"pads": [2**62] * 4}, {"pads": [2**40] * 4}, {"dilations": [2**62, 1]}, {"strides": [0, 1]}):
        save(world, "conv.onnx", [helper.make_node("Conv", ["x", "w"], ["y"], "node", **attributes)], [weight])
        attacked(world, "run conv.onnx --data image.npy -o conv", "conv.onnx")


@case("bodies in bodies without end")
def _(world):
    inner = b""
    for _ in range(20000):  # GraphProto in AttributeProto in NodeProto, each message around the one before
        inner = field(1, field(1, b"If") + field(5, field(1, b"g") + field(6, inner)))
    world.path("deep.onnx").write_bytes(b"\x08\x08" + field(7, inner))
    attacked(world, "inspect deep.onnx", "deep.onnx")


def field(number, payload):
    """A length-delimited field of a message."""
    size, length = len(payload), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + payload


@case("functions that double with every level")
def _(world):
    functions = []
    for i in range(40):
        calls = [helper.make_node(f"F{i + 1}", [a], [b], domain="own") for a, b in (("x", "t"), ("t", "y"))]
        last = [helper.make_node("Relu", ["x"], ["y"])]
        functions.append(helper.make_function("own", f"F{i}", ["x"], ["y"], calls if i < 39 else last,
                                              [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]))
    value = lambda n: helper.make_tensor_value_info(n, TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("F0", ["x"], ["y"], domain="own")], "g", [value("x")], [value("y")])
    model = helper.make_model(graph, functions=functions, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("own", 1)])
    world.path("double.onnx").write_bytes(model.SerializeToString())
    attacked(world, "dynamic double.onnx double_out.onnx", "double.onnx")


@case("arrays that say they are larger than their file")
def _(world):
    for shape in (f"({HUGE},)", "(4294967296, 4294967296, 16)", "(-1, 28)"):
        header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
        world.path("huge.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        attacked(world, "run relu.onnx --data huge.npy -o huge", "huge.npy")


@case("a zip bomb")
def _(world):
    with zipfile.ZipFile(world.path("bomb.npz"), "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000,), }".ljust(117) + b"\n"
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
            for _ in range(1000):
                member.write(bytes(4_000_000))
    expect(world.path("bomb.npz").stat().st_size < 5e6, "the bomb is large")
    attacked(world, "run relu.onnx --data bomb.npz -o bomb --max-memory 300MB", "bomb.npz", "--max-memory")


@case("plans, overrides and ranges that nest without end")
def _(world):
    for name, text in (("deep.json", "[" * 500_000), ("deep2.json", '{"a":' * 500_000)):
        world.path(name).write_text(text)
        attacked(world, f"dynamic model.onnx deep_out.onnx --plan {name}", name)
        attacked(world, f"static model.onnx deep_out.onnx --ranges {name} --calib images.npy", name)
    for name, text in (("deep.yaml", "nodes: " + "[" * 500_000), ("deep2.yaml", "nodes: " + "{a: " * 500_000), ("deep3.yaml", "- " * 500_000)):
        world.path(name).write_text(text)
        attacked(world, f"dynamic model.onnx deep_out.onnx --overrides {name}", name)


@case("overrides of ten million aliases")
def _(world):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    world.path("laughs.yaml").write_text("\n".join([*lines, "nodes: *a11"]))
    attacked(world, "dynamic model.onnx laughs.onnx --overrides laughs.yaml", "laughs.yaml")


@case("a pipe in place of a file")
def _(world):
    os.mkfifo(world.path("pipe"))
    for line in ("inspect pipe", "static model.onnx o.onnx --calib pipe", "dynamic model.onnx o.onnx --plan pipe",
                 "dynamic model.onnx o.onnx --overrides pipe", "static model.onnx o.onnx --ranges pipe"):
        attacked(world, line, "pipe")


@case("a file that becomes shorter while it is read")
def _(world):
    shutil.copy(world.path("many.npy"), world.path("shrinks.npy"))
    command = [world.program, "bench", "model.onnx", "model.onnx", "--data", "shrinks.npy", "--rounds", "100000000"]
    process = subprocess.Popen(command, cwd=world.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    os.truncate(world.path("shrinks.npy"), 1000)
    stderr = process.communicate(timeout=60)[1]
    expect(process.returncode == 1 and stderr == "error: a file became shorter while it was read\n",
           f"exit code {process.returncode}: {stderr}")


@case("an output in place of a sample")
def _(world):
    folder = world.path("precious")
    folder.mkdir()
    np.save(folder / "a.npy", np.load(world.path("images.npy"))[:2])
    content = (folder / "a.npy").read_bytes()
    (folder / "link.npy").symlink_to("a.npy")
    world.path("way_in.onnx").symlink_to("precious/a.npy")
    for output in ("precious/a.npy", "precious/link.npy", "way_in.onnx", "precious/../precious/a.npy"):
        for samples in ("precious", "precious/a.npy"):
            attacked(world, f"static model.onnx {output} --calib {samples}", output, "one of the samples")
            attacked(world, f"calibrate model.onnx --calib {samples} -o {output}", output, "one of the samples")
            attacked(world, f"bench model.onnx --data {samples} --json {output}", output, "one of the samples")
    expect((folder / "a.npy").read_bytes() == content and len(list(folder.iterdir())) == 2, "a sample changed")
    world.ok("run model.onnx --data precious/link.npy -o linked")  # links are read


main(__doc__)
