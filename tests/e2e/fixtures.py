"""Files that the cases of command_line.py use."""

import shutil

import numpy as np
import onnx

INPUT = "Input3"  # of model.onnx, float32 [1, 1, 28, 28]

RELU = """<ir_version: 8, opset_import: ["" : 17]>
relu (float[1, 4] x) => (float[1, 4] y) { y = Relu(x) }"""
TWO = """<ir_version: 8, opset_import: ["" : 17]>
two (float[1, 4] left, float[1, 4] right) => (float[1, 4] sum, float[1, 4] "sums/of:both")
{ sum = Add(left, right) "sums/of:both" = Add(sum, sum) }"""

FREE = """<ir_version: 8, opset_import: ["" : 17]>
free (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }"""

# A model that another tool quantized in part.
HALF = """<ir_version: 8, opset_import: ["" : 17]>
half (float[1, 4] x) => (float[1, 64] y)
<float s = {0.1}, int8[4, 64] w = {W}, float[64, 64] v = {V}> {
    q = DequantizeLinear(w, s)
    a = MatMul(x, q)
    y = MatMul(a, v)
}""".replace("W", ", ".join(["3", "-5"] * 128)).replace("V", ", ".join(["0.25", "-0.5"] * 2048))

PASSED_ON = """<ir_version: 8, opset_import: ["" : 17]>
kinds (seq(float[N]) "a/list", optional(float[N]) nothing) => (seq(float[N]) "a/list", optional(float[N]) nothing) {}"""
ENDLESS = """<ir_version: 8, opset_import: ["" : 17]>
endless (float[1, 4] x) => (float[1, 4] y) {
    yes = Constant <value = bool {1}> ()
    y = Loop (, yes, x) <body = turn (int64 i, bool on, float[1, 4] v) => (bool again, float[1, 4] w) {
        again = Identity(on)
        w = Relu(v)
    }>
}"""


# Of model.onnx, whose node Convolution28 reads Input3.
OVERRIDES = {
    "good": """
nodes:
  "op:Conv": {mode: weight_only, weight_type: u8}
  Convolution110: {mode: static, symmetric: true, per_channel: false}
tensors:
  Pooling66_Output_0: {scale: 4, zero_point: 3}
""",
    "no_tensor": "tensors: {ReLU_Output_0: {symmetric: true}}",
    "constant": "tensors: {Parameter5: {type: u8}}",
    "no_zero": "tensors:\n  Input3: {scale: 1, zero_point: 300}",
    "no_type": "tensors: {Input3: {type: f16}}",
    "no_node": "nodes: {Convolution29: {mode: float}}",
    "no_key": "nodes: {Convolution28: {mod: float}}",
    "no_mode": "nodes:\n  Convolution28: {mode: int8}",
    "no_scale": "tensors:\n  Input3: {zero_point: 3}",
    "no_yaml": "nodes: {Convolution28",
}


def write(folder, data):
    write_models(folder, data / "models")
    images = np.load(data / "calib" / "fashion" / "images.npy")[:16]
    write_samples(folder, images)
    np.save(folder / "labels.npy", np.load(data / "calib" / "fashion" / "labels.npy")[:16])
    write_bad_samples(folder, images.astype(np.float32))
    write_data_sets(folder)
    for name, text in OVERRIDES.items():
        (folder / f"{name}.yaml").write_text(text)


def write_models(folder, models):
    shutil.copy(models / "mnist_cntk.onnx", folder / "model.onnx")
    shutil.copy(models / "magika_fast_v2_1.onnx", folder / "integers.onnx")  # int32 [N, 1024]
    onnx.save(onnx.parser.parse_model(RELU), folder / "relu.onnx")
    onnx.save(onnx.parser.parse_model(TWO), folder / "two.onnx")
    onnx.save(onnx.parser.parse_model(FREE), folder / "free.onnx")
    onnx.save(onnx.parser.parse_model(HALF), folder / "half.onnx")
    onnx.save(onnx.parser.parse_model(PASSED_ON), folder / "passed_on.onnx")
    onnx.save(onnx.parser.parse_model(ENDLESS), folder / "endless.onnx")
    onnx.save(constants_model(), folder / "constants.onnx")
    content = (folder / "model.onnx").read_bytes()
    (folder / "cut10.onnx").write_bytes(content[: len(content) // 10])
    (folder / "cut50.onnx").write_bytes(content[: len(content) // 2])
    (folder / "cut99.onnx").write_bytes(content[:-1])
    (folder / "empty.onnx").touch()
    (folder / "text.onnx").write_text("This is not a model.\n")
    (folder / "picture.onnx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (folder / "folder").mkdir()
    (folder / "hollow").mkdir()


CONSTANTS = {
    "bfloat16": [1.5, -2, np.inf],
    "float8e4m3fn": [1.5, -2, 448],
    "float4e2m1": [1.5, -2, 6],
    "int4": [-8, 0, 7],
    "uint4": [15, 0, 7],
    "float16": [1.5, -2, 6],
    "bool": [True, False, True],
    "string": ["", "€uro", "text"],
}


def constants_model():
    """A model without inputs whose outputs are CONSTANTS, one of each type."""
    tensors = []
    for name, values in CONSTANTS.items():
        number = onnx.TensorProto.DataType.Value(name.upper())
        tensors.append(onnx.helper.make_tensor(name, number, [len(values)], values))
    outputs = [onnx.helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in tensors]
    graph = onnx.helper.make_graph([], "constants", [], outputs, tensors)
    return onnx.helper.make_model(graph, ir_version=11, opset_imports=[onnx.helper.make_opsetid("", 23)])


def write_data_sets(folder):
    """Test data sets as ONNX has them, for relu.onnx (sets, set) and passed_on.onnx."""
    for index in range(11):
        message = onnx.numpy_helper.from_array(np.array([[index, -1, np.nan, np.inf]], np.float32))
        write_messages(folder / "sets" / f"test_data_set_{index}", [message])
    write_messages(folder / "set", [message])
    arrays = [np.arange(2, dtype=np.float32), np.arange(3, dtype=np.float32)]
    messages = [onnx.numpy_helper.from_list(arrays), onnx.numpy_helper.from_optional(None)]
    write_messages(folder / "passed_on", messages)
    write_messages(folder / "cut_set", [onnx.numpy_helper.from_array(np.zeros((2, 4), np.float32))])


def write_messages(folder, messages):
    folder.mkdir(parents=True)
    for index, message in enumerate(messages):
        (folder / f"input_{index}.pb").write_bytes(message.SerializeToString())


def write_samples(folder, images):
    """The same samples in every way that they may be stored."""
    floats = images.astype(np.float32)
    np.save(folder / "images.npy", floats)
    np.save(folder / "images_u8.npy", images)
    np.save(folder / "zeros.npy", np.zeros((20, 4), np.float32))
    np.save(folder / "doubles.npy", images.astype(np.float64))
    np.save(folder / "fortran.npy", np.asfortranarray(floats))
    np.save(folder / "big_endian.npy", floats.astype(">f4"))
    np.save(folder / "big_endian_u16.npy", images.astype(">u2"))
    np.savez(folder / "images.npz", anything=floats)
    np.savez_compressed(folder / "compressed.npz", **{INPUT: floats})
    write_folder(folder / "one_each", np.split(floats, 8))
    write_folder(folder / "many_each", [floats[:5], floats[5:]])
    write_folder(folder / "by_input" / INPUT, np.split(floats, 4))
    write_folder(folder / "with_labels", [floats])
    np.save(folder / "with_labels" / "labels.npy", np.arange(8))
    np.save(folder / "normalized.npy", (floats * np.float32(1 / 255) - np.float32(0.25)) / np.float32(0.5))
    np.save(folder / "many.npy", np.tile(images, (2500, 1, 1, 1)))
    np.save(folder / "channels_last.npy", images.transpose(0, 2, 3, 1))
    (folder / "list.txt").write_text("# the first five\nmany_each/0.npy\n\nmany_each/1.npy\n")
    for index, image in enumerate(floats):
        write_messages(folder / "image_sets" / f"test_data_set_{index}", [onnx.numpy_helper.from_array(image[None])])
    np.save(folder / "rows.npy", np.arange(20, dtype=np.float32).reshape(5, 4))
    two = folder / "two_inputs"
    two.mkdir()
    np.save(two / "left.npy", np.ones((1, 4), np.float32))
    np.save(two / "right.npy", np.zeros((1, 4), np.float32))


def write_folder(folder, arrays):
    folder.mkdir(parents=True)
    for index, array in enumerate(arrays):
        np.save(folder / f"{index}.npy", array)


def write_bad_samples(folder, floats):
    np.savez(folder / "names.npz", pixels=floats, other=floats)
    np.save(folder / "shape.npy", floats[:, :, :27])
    np.save(folder / "rank.npy", floats[0, 0, 0])
    np.save(folder / "none.npy", floats[:0])
    np.save(folder / "complex.npy", floats.astype(np.complex64))
    np.save(folder / "strings.npy", floats.astype("<U4"))
    np.save(folder / "floats.npy", np.zeros((2, 1024), np.float32))
    np.save(folder / "large.npy", np.full(floats.shape, 2**24 + 1, np.int64))
    np.save(folder / "objects.npy", np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    np.save(folder / "structured.npy", np.zeros(4, dtype=[("x", "f4"), ("y", "i4")]))
    np.save(folder / "four.npy", np.ones((2, 4), np.float32))
    np.save(folder / "few.npy", np.arange(3))
    (folder / "text.npy").write_text("This is not an array.\n")
    for name in ("images.npy", "images.npz"):
        content = (folder / name).read_bytes()
        (folder / f"cut{name[-4:]}").write_bytes(content[: len(content) // 2])
    (folder / "bad_list.txt").write_text("two_inputs\nnowhere.npy\n")
    np.save(folder / "nan.npy", np.full_like(floats[:1], np.nan))
    for name, place, value in (("with_nan", 2, np.nan), ("with_inf", 1, -np.inf)):
        arrays = [array.copy() for array in np.split(floats, 4)]
        arrays[place][-1, 0, 27, 27] = value
        write_folder(folder / name, arrays)
