"""Float models: `qtool run` gives what onnxruntime gives, now and when data/reference was written."""

import numpy as np

import interop

TOLERANCE = 1e-4  # of the largest absolute value of the output


def worst(expected, actual):
    return np.abs(expected.astype(np.float64) - actual).max() / np.abs(expected).max()


def problems(reference, outputs):
    """Largest error over the outputs, and what is wrong."""
    errors = {}
    for name, expected in reference.items():
        actual = outputs.get(interop.file_name(name))
        if actual is None or actual.shape != expected.shape:
            return 0, f"output {name} has shape {actual if actual is None else actual.shape}, not {expected.shape}"
        errors[name] = worst(expected, actual)
    name = max(errors, key=errors.get)
    # "not <=" so that NaN fails
    return errors[name], "" if errors[name] <= TOLERANCE else f"{name} is off by more than {TOLERANCE}"


def main():
    arguments = interop.parser(__doc__).parse_args()
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    tally = interop.Tally()
    for sample in interop.ALL_SAMPLES.values():
        references = {"onnxruntime": interop.ort_run(sample.path, sample.feeds(4))}
        stored = interop.DATA / "reference" / f"{sample.name}.npz"
        if stored.exists():  # not of models whose data may not be passed on
            references["data/reference"] = dict(np.load(stored))
        try:
            outputs = qtool.run(sample.path, sample.calib, "--max-samples", "4", *sample.flags)
        except RuntimeError as error:
            tally.add(sample.name, str(error))
            continue
        for origin, reference in references.items():
            error, problem = problems(reference, outputs)
            tally.add(f"{sample.name} = {origin}", problem, f"largest relative error {error:.1e}")
    tally.finish()


main()
