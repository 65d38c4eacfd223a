"""What qtool makes of samples: its outputs are those of onnxruntime on what NumPy makes of them."""

import numpy as np
import onnxruntime

import interop

TOLERANCE = 1e-4  # of the largest absolute value of the output


def loop(path, frames, feedback):
    """Outputs of onnxruntime frame by frame, with states from zero that `feedback` carries on."""
    runner = interop.session(path)
    state = {i.name: np.zeros(i.shape, np.float32) for i in runner.get_inputs() if i.name in feedback.values()}
    only = next(i.name for i in runner.get_inputs() if i.name not in state)
    names, results = [o.name for o in runner.get_outputs()], []
    for frame in frames:
        outputs = dict(zip(names, runner.run(names, {only: frame, **state})))
        state = {into: outputs[out] for out, into in feedback.items()}
        results.append(outputs)
    return {name: np.stack([r[name] for r in results]) for name in names}


def problem(expected, actual):
    """The first output that differs, or nothing."""
    for name, values in expected.items():
        other = actual[interop.file_name(name)]
        if other.shape != values.shape or not np.abs(values - other).max() <= TOLERANCE * np.abs(values).max():
            return f"{name} differs"
    return ""


STATEFUL = {
    "dtln_1": ("input_2", {"tf_op_layer_stack_2": "input_3"}),
    "gtcrn_simple": ("mix", {f"{s}_cache_out": f"{s}_cache" for s in ("conv", "tra", "inter")}),
}


def check_feedback(qtool, tally):
    for name, (only, feedback) in STATEFUL.items():
        sample = interop.ALL_SAMPLES[name]
        expected = loop(sample.path, [feed[only] for feed in sample.feeds()], feedback)
        options = [text for out, into in feedback.items() for text in ("--feedback", f"{out}={into}")]
        actual = qtool.run(sample.path, sample.calib / only, *options)
        tally.add(f"{name}: feedback", problem(expected, actual))


def check_layout(qtool, tally, work):
    sample = interop.ALL_SAMPLES["ultraface_rfb_320"]
    images = np.load(sample.calib / "images.npz")
    images = images[images.files[0]][:3]
    np.save(work / "channels_last.npy", np.ascontiguousarray(images.transpose(0, 2, 3, 1)))
    expected = interop.ort_run(sample.path, sample.feeds(3))
    tally.add("channels last", problem(expected, qtool.run(sample.path, work / "channels_last.npy", "--layout", "nhwc", *sample.flags)))


def check_batch(qtool, tally):
    sample = interop.ALL_SAMPLES["fashion_mobile"]
    images = np.concatenate(sample.feeds(6))
    runner = onnxruntime.InferenceSession(str(sample.path), providers=["CPUExecutionProvider"])
    names = [o.name for o in runner.get_outputs()]
    parts = [runner.run(names, {runner.get_inputs()[0].name: part}) for part in np.split(images, 2)]
    expected = {name: np.stack([part[i] for part in parts]) for i, name in enumerate(names)}
    actual = qtool.run(sample.path, sample.calib, "--batch-size", "3", "--max-samples", "6", *sample.flags)
    tally.add("batches", problem(expected, actual))


def main():
    arguments = interop.parser(__doc__).parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    check_feedback(qtool, tally)
    check_layout(qtool, tally, qtool.work)
    check_batch(qtool, tally)
    tally.finish()


main()
