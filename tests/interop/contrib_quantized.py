"""Cases of com.microsoft's operators on quantized tensors."""

import numpy as np
from onnx import TensorProto, helper

from contrib import Case, one_node, packed

RANDOM = np.random.default_rng(11)
BYTES = (np.uint8, np.int8)


def integers(dtype, *shape):
    """Values over the whole range of a type."""
    info = np.iinfo(dtype)
    return RANDOM.integers(info.min, info.max, shape, dtype, endpoint=True)


def floats(*shape, dtype=np.float32):
    return RANDOM.uniform(-2, 2, shape).astype(dtype)


def scale(*shape, dtype=np.float32):
    return RANDOM.uniform(0.005, 0.05, shape).astype(dtype)


def quantized(name, dtype, *shape):
    """A tensor with its scale and zero point, as the QLinear operators take them."""
    return {name: integers(dtype, *shape), f"{name}_scale": scale(), f"{name}_zero": integers(dtype)}


def parameters(name, dtype):
    return {f"{name}_scale": scale(), f"{name}_zero": integers(dtype)}


def elementwise():
    for dtype in BYTES:
        for a, b in (((2, 3, 4), (2, 3, 4)), ((4, 1, 5), (3, 1)), ((7,), ()), ((0, 3), (1, 3))):
            for op in ("QLinearAdd", "QLinearMul"):
                inputs = quantized("a", dtype, *a) | quantized("b", dtype, *b) | parameters("c", dtype)
                yield Case(f"{op} {a} {b} {dtype.__name__}", *one_node(op, inputs), steps=1)
        for op, attributes in (("QLinearSigmoid", {}), ("QLinearLeakyRelu", {}), ("QLinearLeakyRelu", {"alpha": 0.3})):
            inputs = quantized("x", dtype, 3, 100) | parameters("y", dtype)
            yield Case(f"{op} {attributes} {dtype.__name__}", *one_node(op, inputs, **attributes), steps=1)


def where():
    for dtype in BYTES:
        for condition, x, y in (((2, 3), (2, 3), (2, 3)), ((3, 1), (1, 4), (4,)), ((), (5,), (2, 1)), ((2, 1, 3), (), ())):
            inputs = {"condition": RANDOM.integers(0, 2, condition).astype(bool)}
            inputs |= quantized("x", dtype, *x) | quantized("y", dtype, *y) | parameters("z", dtype)
            constants = [name for name in inputs if name.endswith(("_scale", "_zero"))]
            model = one_node("QLinearWhere", inputs, constants)
            yield Case(f"QLinearWhere {condition} {x} {y} {dtype.__name__}", *model, steps=1)


def concat():
    for dtype in BYTES:
        for axis, shapes in ((1, ((2, 3, 4), (2, 1, 4), (2, 2, 4))), (-1, ((3, 5), (3, 2))), (0, ((4,),))):
            inputs = parameters("result", dtype)
            for i, shape in enumerate(shapes):
                inputs |= quantized(f"x{i}", dtype, *shape)
            model = one_node("QLinearConcat", inputs, axis=axis)
            yield Case(f"QLinearConcat {shapes} {axis} {dtype.__name__}", *model, steps=1)


def pool():
    for dtype in BYTES:
        for last in (0, 1):
            shape = (2, 7, 9, 4) if last else (2, 4, 7, 9)
            inputs = quantized("x", dtype, *shape) | parameters("y", dtype)
            model = one_node("QLinearGlobalAveragePool", inputs, channels_last=last)
            yield Case(f"QLinearGlobalAveragePool last={last} {dtype.__name__}", *model, steps=1)
            for attributes in (
                {"kernel_shape": [3, 2]},
                {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2], "count_include_pad": 1},
                {"kernel_shape": [2, 3], "strides": [2, 2], "pads": [0, 1, 1, 1], "ceil_mode": 1},
            ):
                model = one_node("QLinearAveragePool", inputs, channels_last=last, **attributes)
                yield Case(f"QLinearAveragePool {attributes} last={last} {dtype.__name__}", *model, steps=1)


def softmax():
    for dtype in BYTES:
        for opset, axis, shape in ((13, -1, (3, 10)), (13, 1, (2, 5, 4)), (12, 1, (2, 3, 4)), (13, 0, (6,))):
            zero = np.array(-128 if dtype is np.int8 else 0, dtype)
            inputs = quantized("x", dtype, *shape) | {"y_scale": np.float32(1 / 256), "y_zero": zero}
            model = one_node("QLinearSoftmax", inputs, axis=axis, opset=opset)
            yield Case(f"QLinearSoftmax {shape} axis={axis} opset={opset} {dtype.__name__}", *model, steps=1)


def weight(dtype, *shape):
    """Signed ones in 7 bits: without VNNI instructions onnxruntime adds pairs of products with uint8
    in 16 bits, which saturate."""
    return integers(dtype, *shape) // (2 if dtype is np.int8 else 1)


def weights(dtype, *shape, columns=0):
    """A weight with scale and zero point; `columns`: one of each a column."""
    count = (columns,) if columns else ()
    # Signed weights per column are symmetric in onnxruntime.
    zero = np.zeros(count, dtype) if columns and dtype is np.int8 else weight(dtype, *count)
    return weight(dtype, *shape), scale(*count), zero


def gemm():
    for a_type, b_type, out in (
        (np.uint8, np.uint8, np.uint8),
        (np.uint8, np.int8, np.uint8),
        (np.int8, np.int8, np.int8),
        (np.uint8, np.int8, None),
    ):
        for trans_a, trans_b, columns in ((0, 0, 0), (0, 1, 5), (1, 0, 5), (1, 1, 0)):
            b, b_scale, b_zero = weights(b_type, *((5, 16) if trans_b else (16, 5)), columns=columns)
            inputs = quantized("a", a_type, *((16, 4) if trans_a else (4, 16)))
            inputs |= {"b": b, "b_scale": b_scale, "b_zero": b_zero}
            for c in (None, (5,), (4, 1)):
                inputs["c"] = None if c is None else RANDOM.integers(-5000, 5000, c, np.int32)
                if out is not None:
                    inputs |= {"y_scale": np.float32(2.5), "y_zero": integers(out)}
                model = one_node("QGemm", inputs, ("b",), transA=trans_a, transB=trans_b, alpha=0.75)
                name = f"QGemm {a_type.__name__} {b_type.__name__} {trans_a}{trans_b} {columns} c={c} {out and out.__name__}"
                yield Case(name, *model, steps=1)


def float_products():
    for a_type in BYTES:
        for b_type in BYTES:
            for a, b, columns in (((3, 8), (8, 5), 0), ((2, 3, 8), (8, 5), 5), ((2, 3, 8), (2, 8, 5), 0)):
                if a_type is np.int8 and b_type is np.uint8:
                    continue  # onnxruntime has no kernel
                matrix, b_scale, b_zero = weights(b_type, *b, columns=columns)
                bias = floats(5) if columns else None
                name = f"{a_type.__name__} {b_type.__name__} {a} {b} {columns}"
                inputs = {"a": integers(a_type, *a), "b": matrix, "a_scale": scale(), "b_scale": b_scale}
                inputs |= {"a_zero": integers(a_type), "b_zero": b_zero, "bias": bias}
                for constants in ((), ("b", "b_scale", "b_zero")):
                    label = "constant" if constants else "given"
                    yield Case(f"MatMulIntegerToFloat {label} {name}", *one_node("MatMulIntegerToFloat", inputs, constants))
                    if a_type is np.int8:
                        continue
                    dynamic = {"a": floats(*a), "b": matrix, "b_scale": b_scale, "b_zero": b_zero, "bias": bias}
                    yield Case(f"DynamicQuantizeMatMul {label} {name}", *one_node("DynamicQuantizeMatMul", dynamic, constants))


def matmul_nbits():
    n = 7
    for bits in (2, 4, 8):
        for k, block in ((32, 16), (70, 32), (16, 64)):
            blocks = -(-k // block)
            codes = RANDOM.integers(0, 1 << bits, (n, blocks, block))
            zeros = RANDOM.integers(0, 1 << bits, (n, blocks))
            for zero in ("none", "packed", "float"):
                if zero == "float" and bits != 4:
                    continue  # onnxruntime has no kernel
                inputs = {"a": floats(2, 3, k), "b": packed(codes, bits), "scales": scale(n, blocks)}
                inputs["zeros"] = {"none": None, "packed": packed(zeros, bits), "float": floats(n, blocks) + 7}[zero]
                inputs |= {"g_idx": None, "bias": floats(n)}
                attributes = {"K": k, "N": n, "bits": bits, "block_size": block}
                for constants in ((), ("b", "scales", "zeros")):
                    model = one_node("MatMulNBits", inputs, constants, **attributes)
                    yield Case(f"MatMulNBits {bits} bits k={k} block={block} zero={zero} {len(constants)}", *model)
    groups = RANDOM.permutation(np.arange(64) // 16).astype(np.int32)
    codes = RANDOM.integers(0, 16, (n, 4, 16))
    inputs = {"a": floats(5, 64), "b": packed(codes, 4), "scales": scale(n, 4), "zeros": None, "g_idx": groups}
    model = one_node("MatMulNBits", inputs, ("b", "scales", "g_idx"), K=64, N=n, bits=4, block_size=16)
    yield Case("MatMulNBits g_idx", *model)


def gather_block_quantized():
    indices = np.array([[2, -1], [0, 4]])
    for bits in (2, 4, 8):
        for zero in (False, True):
            codes = RANDOM.integers(0, 1 << bits, (5, 3, 48))
            zeros = packed(RANDOM.integers(0, 1 << bits, (5, 3, 3)), bits) if zero else None
            inputs = {"data": packed(codes, bits), "indices": indices, "scales": scale(5, 3, 3), "zeros": zeros}
            attributes = {"block_size": 16, "bits": bits, "gather_axis": 0, "quantize_axis": 2}
            model = one_node("GatherBlockQuantized", inputs, ("data", "scales", "zeros"), **attributes)
            yield Case(f"GatherBlockQuantized uint8 {bits} bits zero={zero}", *model)
    for kind in (TensorProto.INT4, TensorProto.UINT4):
        for gather, quantize in ((0, 1), (1, 0), (-1, 0), (0, -1)):
            shape, blocks = [5, 6, 35], [5, 6, 35]
            blocks[quantize] = -(-shape[quantize] // 16)
            low = -8 if kind == TensorProto.INT4 else 0

            def four_bits(dims):
                return helper.make_tensor("", kind, dims, RANDOM.integers(low, low + 16, dims).ravel().tolist())

            inputs = {"data": four_bits(shape), "indices": indices, "scales": scale(*blocks), "zeros": four_bits(blocks)}
            attributes = {"block_size": 16, "gather_axis": gather, "quantize_axis": quantize}
            model = one_node("GatherBlockQuantized", inputs, ("scales",), **attributes)
            yield Case(f"GatherBlockQuantized type {kind} {gather} {quantize}", *model)


def quantize():
    for dtype in (np.uint8, np.int8, np.uint16, np.int16):
        for axis in (None, 1):
            shape = () if axis is None else (3,)
            attributes = {} if axis is None else {"axis": axis}
            q = {"x_scale": scale(*shape), "x_zero": integers(dtype, *shape)}
            model = one_node("QuantizeLinear", {"x": floats(2, 3, 4)} | q, **attributes)
            yield Case(f"QuantizeLinear {dtype.__name__} axis={axis}", *model)
            model = one_node("DequantizeLinear", {"x": integers(dtype, 2, 3, 4)} | q, **attributes)
            yield Case(f"DequantizeLinear {dtype.__name__} axis={axis}", *model)


def lstm():
    steps, batch, inputs, hidden = 5, 2, 6, 4
    for dtype in BYTES:
        for direction, per_column, extra in (
            ("forward", False, False),
            ("reverse", True, False),
            ("bidirectional", True, True),
            ("bidirectional", False, False),
        ):
            d = 2 if direction == "bidirectional" else 1
            parameter = (d, 4 * hidden) if per_column else (d,)
            zero = np.zeros(parameter, dtype) if per_column else weight(dtype, *parameter)
            values = {"x": floats(steps, batch, inputs)}
            values |= {"w": weight(dtype, d, inputs, 4 * hidden), "r": weight(dtype, d, hidden, 4 * hidden)}
            values |= {"b": floats(d, 8 * hidden) if extra else None, "lengths": None}
            values |= {f"initial_{s}": floats(d, batch, hidden) if extra else None for s in "hc"}
            values["p"] = floats(d, 3 * hidden) if extra else None
            values |= {"w_scale": scale(*parameter) / 5, "w_zero": zero, "r_scale": scale(*parameter) / 5, "r_zero": zero}
            for constants in ((), ("w", "r", "w_scale", "w_zero", "r_scale", "r_zero")):
                model = one_node("DynamicQuantizeLSTM", values, constants, 3, direction=direction, hidden_size=hidden)
                label = "constant" if constants else "given"
                name = f"DynamicQuantizeLSTM {dtype.__name__} {direction} {per_column} {extra} {label}"
                yield Case(name, *model, relative=1e-4)


def attention():
    batch, length, size, heads = 2, 4, 8, 2
    for weight_type in BYTES:
        for per_column, causal, mask_kind, past_length in (
            (False, 0, None, 0),
            (True, 1, None, 0),
            (False, 0, "counts", 0),
            (True, 0, "keys", 3),
            (False, 1, None, 2),
        ):
            w, w_scale, w_zero = weights(weight_type, size, 3 * size, columns=3 * size if per_column else 0)
            mask = {
                None: None,
                "counts": np.array([3, 4], np.int32),
                "keys": RANDOM.integers(0, 2, (batch, past_length + length), np.int32),
            }[mask_kind]
            inputs = {"x": integers(np.uint8, batch, length, size), "w": w, "bias": floats(3 * size)}
            inputs |= {"x_scale": scale(), "w_scale": w_scale, "mask": mask, "x_zero": integers(np.uint8), "w_zero": w_zero}
            shape = (2, batch, heads, past_length, size // heads)
            inputs["past"] = floats(*shape) if past_length else None
            attributes = {"num_heads": heads, "unidirectional": causal}
            for constants in ((), ("w", "bias", "w_scale", "w_zero")):
                model = one_node("QAttention", inputs, constants, 2 if past_length else 1, **attributes)
                label = "constant" if constants else "given"
                name = f"QAttention {weight_type.__name__} {per_column} {causal} {mask_kind} {past_length} {label}"
                yield Case(name, *model)


def embed():
    batch, length, size = 2, 5, 8
    for dtype in BYTES:
        for segments, mask in ((True, True), (True, False), (False, False)):
            ids = {"ids": RANDOM.integers(0, 20, (batch, length), np.int32)}
            ids["segments"] = RANDOM.integers(0, 2, (batch, length), np.int32) if segments else None
            shapes = {"word": (20, size), "position": (length, size), "segment": (2, size), "gamma": (size,), "beta": (size,)}
            there = {name: segments or name != "segment" for name in shapes}
            values = {n: integers(dtype, *shape) if there[n] else None for n, shape in shapes.items()}
            values["mask"] = RANDOM.integers(0, 2, (batch, length), np.int32) if mask else None
            scales = {f"{n}_scale": scale() if there[n] else None for n in shapes}
            zeros = {f"{n}_zero": integers(dtype) if there[n] else None for n in shapes}
            inputs = ids | values | scales | zeros
            for constants in ((), [name for name in inputs if name not in ("ids", "segments", "mask")]):
                model = one_node("QEmbedLayerNormalization", inputs, constants, 2, epsilon=1e-9)
                label = "constant" if constants else "given"
                yield Case(f"QEmbedLayerNormalization {dtype.__name__} {segments} {mask} {label}", *model)


def cases():
    for family in (
        elementwise,
        where,
        concat,
        pool,
        softmax,
        gemm,
        float_products,
        matmul_nbits,
        gather_block_quantized,
        quantize,
        lstm,
        attention,
        embed,
    ):
        yield from family()
