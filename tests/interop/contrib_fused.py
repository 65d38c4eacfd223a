"""Cases of com.microsoft's float operators that exporters' optimizers fuse."""

import itertools

import numpy as np

from contrib import Case, one_node

RANDOM = np.random.default_rng(12)
BATCH, LENGTH, HEADS, SIZE = 2, 3, 2, 4
COLUMNS = HEADS * SIZE


def floats(*shape, dtype=np.float32):
    return RANDOM.uniform(-2, 2, shape).astype(dtype)


def integers(high, *shape, low=0):
    return RANDOM.integers(low, high, shape, np.int32)


def without_outputs(case, *indices):
    """The model and feeds of a node that does not ask for those outputs."""
    model, feeds = case
    for index in sorted(indices, reverse=True):
        model.graph.node[0].output[index] = ""
        del model.graph.output[index]
    return model, feeds


def gelu():
    x, bias = floats(3, 100) * 3, floats(100)
    for op in ("Gelu", "QuickGelu", "FastGelu"):
        yield Case(op, *one_node(op, {"x": x}))
        yield Case(f"{op} float16", *one_node(op, {"x": x.astype(np.float16)}), relative=1e-3)
    yield Case("QuickGelu alpha", *one_node("QuickGelu", {"x": x}, alpha=0.7))
    for op in ("BiasGelu", "FastGelu"):
        yield Case(f"{op} bias", *one_node(op, {"x": x, "bias": bias}, ("bias",)))


def conv():
    activations = {"": [], "Relu": [], "Tanh": [], "Sigmoid": [], "LeakyRelu": [0.3], "Clip": [-0.5, 0.7], "HardSigmoid": [0.3, 0.4]}
    for (activation, parameters), added in itertools.product(activations.items(), (False, True)):
        inputs = {"x": floats(2, 4, 6, 6), "w": floats(6, 2, 3, 3), "b": floats(6)}
        if added:
            inputs["z"] = floats(2, 6, 6, 6)
        attributes = {"group": 2, "pads": [1, 1, 1, 1]}
        if activation:
            attributes["activation"] = activation
        if parameters:
            attributes["activation_params"] = parameters
        model = one_node("FusedConv", inputs, ("w", "b"), **attributes)
        yield Case(f"FusedConv {activation} {'added' if added else ''}", *model)


def gemm():
    for a, b, activation in itertools.product((0, 1), (0, 1), ("Relu", "LeakyRelu")):
        inputs = {"a": floats(*((4, 3) if a else (3, 4))), "b": floats(*((5, 4) if b else (4, 5))), "c": floats(5)}
        attributes = {"transA": a, "transB": b, "alpha": 0.5, "beta": 2.0, "activation": activation}
        if activation == "LeakyRelu":
            attributes["activation_alpha"] = 0.2
        yield Case(f"FusedGemm {a}{b} {activation}", *one_node("FusedGemm", inputs, **attributes))


def stored(rows, columns, transposed, batch_transposed):
    """A matrix that is [2, 3, rows, columns] once it is transposed as told."""
    if transposed:
        rows, columns = columns, rows
    return floats(rows, 2, 3, columns) if batch_transposed else floats(2, 3, rows, columns)


def matmul():
    for a, b, batch_a, batch_b in itertools.product((0, 1), repeat=4):
        inputs = {"a": stored(4, 5, a, batch_a), "b": stored(5, 6, b, batch_b)}
        attributes = {"transA": a, "transB": b, "transBatchA": batch_a, "transBatchB": batch_b, "alpha": 0.7}
        yield Case(f"FusedMatMul {a}{b}{batch_a}{batch_b}", *one_node("FusedMatMul", inputs, ("b",), **attributes))
    for a, b, attributes in (((5,), (2, 5, 3), {}), ((2, 5, 3), (3,), {}), ((2, 3, 5), (3, 4), {"transA": 1})):
        inputs = {"a": floats(*a), "b": floats(*b)}
        yield Case(f"FusedMatMul {a} {b}", *one_node("FusedMatMul", inputs, **attributes))


def layer_norms():
    for skip in ((2, 3, 8), (1, 3, 8), (3, 8)):
        for beta, bias in itertools.product((False, True), repeat=2):
            inputs = {"x": floats(2, 3, 8), "skip": floats(*skip), "gamma": floats(8)}
            tail = {"bias": floats(8)} if bias else {}
            full = inputs | {"beta": floats(8) if beta else None} | tail
            model = one_node("SkipLayerNormalization", full, outputs=4)
            yield Case(f"SkipLayerNormalization {skip} {beta} {bias}", *without_outputs(model, 1, 2))
            if not beta:
                model = one_node("SkipSimplifiedLayerNormalization", inputs | tail, outputs=4)
                yield Case(f"SkipSimplifiedLayerNormalization {skip} {bias}", *without_outputs(model, 1, 2))
    for axis in (0, 1, -1):
        shape = (2, 3, 8)[axis:]
        inputs = {"x": floats(2, 3, 8), "scale": floats(*shape)}
        model = one_node("SimplifiedLayerNormalization", inputs, outputs=2, domain="", axis=axis)
        yield Case(f"SimplifiedLayerNormalization {axis}", *model)


def embed():
    for segments, mask, positions in itertools.product((False, True), (False, True), (0, 1, 2)):
        tables = {"words": floats(6, 8), "places": floats(5, 8), "kinds": floats(2, 8) if segments else None}
        inputs = {
            "ids": integers(6, 2, 3),
            "segments": integers(2, 2, 3) if segments else None,
            **tables,
            "gamma": floats(8),
            "beta": floats(8),
            "mask": integers(2, 2, 3) if mask else None,
            "positions": integers(5, positions, 3) if positions else None,
        }
        model = one_node("EmbedLayerNormalization", inputs, tuple(tables), outputs=3)
        yield Case(f"EmbedLayerNormalization {segments} {mask} {positions}", *model)


def masks(queries, keys):
    """Every kind of mask, none of which masks all keys of a query: then only rounding is compared."""
    lengths = integers(keys + 1, BATCH, low=1)
    raw = RANDOM.integers(0, 2, (BATCH, queries, keys)).astype(np.int32)
    raw[:, :, 0] = 1
    return {
        "none": None,
        "lengths": lengths,
        "ends and starts": np.concatenate([np.full(BATCH, keys, np.int32), integers(keys, BATCH)]),
        "keys": raw[:, 0],
        "queries and keys": raw,
        "dummy": np.ones((BATCH, 1), np.int32),
    }


def attention():
    for past, causal, added in itertools.product((0, 2), (0, 1), (False, True)):
        if past and added:
            continue  # onnxruntime refuses it
        for kind, mask in masks(LENGTH, LENGTH + past).items():
            if causal and kind == "ends and starts":
                continue
            inputs = {
                "x": floats(BATCH, LENGTH, COLUMNS),
                "w": floats(COLUMNS, 3 * COLUMNS),
                "b": floats(3 * COLUMNS),
                "mask": mask,
                "past": floats(2, BATCH, HEADS, past, SIZE) if past else None,
                "added": floats(1, HEADS, LENGTH, LENGTH) if added else None,
            }
            attributes = {"num_heads": HEADS, "unidirectional": causal}
            if added:
                attributes |= {"scale": 0.3, "mask_filter_value": -7.0}
            model = one_node("Attention", inputs, ("w", "b"), outputs=2 if past else 1, **attributes)
            yield Case(f"Attention past {past} causal {causal} mask {kind} {'added' if added else ''}", *model)
    inputs = {"x": floats(BATCH, LENGTH, COLUMNS), "w": floats(COLUMNS, 22), "b": floats(22)}
    model = one_node("Attention", inputs, ("w", "b"), num_heads=HEADS, qkv_hidden_sizes=[8, 8, 6])
    yield Case("Attention qkv_hidden_sizes", *model)


def multi_head_attention():
    for keys, past, causal in ((3, 0, 0), (3, 0, 1), (5, 0, 0), (3, 2, 0), (3, 2, 1)):
        for kind, mask in masks(LENGTH, keys + past).items():
            if kind in ("ends and starts", "dummy"):
                continue
            inputs = {
                "query": floats(BATCH, LENGTH, COLUMNS),
                "key": floats(BATCH, keys, COLUMNS),
                "value": floats(BATCH, keys, COLUMNS),
                "bias": floats(3 * COLUMNS) if kind == "none" else None,
                "mask": mask,
                "added": floats(1, HEADS, LENGTH, keys + past) if kind != "lengths" else None,
            }
            if past:
                inputs |= {name: floats(BATCH, HEADS, past, SIZE) for name in ("past_key", "past_value")}
            attributes = {"num_heads": HEADS, "unidirectional": causal}
            model = one_node("MultiHeadAttention", inputs, outputs=3 if past else 1, **attributes)
            yield Case(f"MultiHeadAttention keys {keys} past {past} causal {causal} mask {kind}", *model)
    inputs = {"query": floats(BATCH, LENGTH, COLUMNS)}
    inputs |= {name: floats(BATCH, HEADS, 4, SIZE) for name in ("key", "value")}
    yield Case("MultiHeadAttention heads apart", *one_node("MultiHeadAttention", inputs, num_heads=HEADS))


def group_query_attention():
    # Batch, new tokens, longest sequence, the others' last keys, length of the past.
    situations = {
        "prompt": (2, 4, 4, [3, 3], 0),
        "padded prompt": (2, 4, 4, [3, 2], 0),
        "decoding": (2, 1, 6, [5, 3], 5),
        "continued": (1, 2, 6, [5], 4),
    }
    heads, kv_heads, size = 4, 2, 16
    for (name, (batch, length, total, last, past)), packed, window in itertools.product(
        situations.items(), (False, True), (-1, 2)
    ):
        for rotary in ({}, {"do_rotary": 1}, {"do_rotary": 1, "rotary_interleaved": 1}):
            columns = size * (heads + 2 * kv_heads if packed else heads)
            inputs = {"query": floats(batch, length, columns)}
            for each in ("key", "value"):
                inputs[each] = None if packed else floats(batch, length, size * kv_heads)
            for each in ("past_key", "past_value"):
                inputs[each] = floats(batch, kv_heads, past, size) if past else None
            inputs |= {"last": np.array(last, np.int32), "total": np.array([total], np.int32)}
            if rotary:
                inputs |= {"cos": floats(16, size // 2), "sin": floats(16, size // 2)}
            attributes = {"num_heads": heads, "kv_num_heads": kv_heads, "local_window_size": window}
            if window > 0:
                attributes |= {"softcap": 2.0, "smooth_softmax": 1}
            model = one_node("GroupQueryAttention", inputs, outputs=3, **attributes, **rotary)
            yield Case(f"GroupQueryAttention {name} packed {packed} window {window} {list(rotary)}", *model)


def rotary_embedding():
    for interleaved, first, apart in itertools.product((0, 1), (False, True), (False, True)):
        inputs = {
            "x": floats(2, HEADS, LENGTH, 8) if apart else floats(2, LENGTH, HEADS * 8),
            "positions": np.array([2], np.int64) if first else RANDOM.integers(0, 10, (2, LENGTH)),
            "cos": floats(12, 4),
            "sin": floats(12, 4),
        }
        name = f"RotaryEmbedding {interleaved} {first} {apart}"
        yield Case(name, *one_node("RotaryEmbedding", inputs, interleaved=interleaved))
        inputs |= {"cos": floats(12, 2), "sin": floats(12, 2)}
        attributes = {"interleaved": interleaved, "rotary_embedding_dim": 4, "num_heads": HEADS}
        yield Case(f"{name} partial", *one_node("RotaryEmbedding", inputs, **attributes))


def cases():
    for family in (
        gelu,
        conv,
        gemm,
        matmul,
        layer_norms,
        embed,
        attention,
        multi_head_attention,
        group_query_attention,
        rotary_embedding,
    ):
        yield from family()
