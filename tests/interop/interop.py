"""What these scripts share: the sample models with their data, both runtimes, SQNR, a tally."""

import argparse
import dataclasses
import functools
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime

import transformer

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "data"

# Thousands of small files are slow to delete on a disk.
MEMORY = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None

onnxruntime.set_default_logger_severity(4)
onnxruntime.disable_telemetry_events()


@dataclasses.dataclass(frozen=True)
class Sample:
    """A float model of data/ and the images that it takes, as (x * scale - mean) / std."""

    name: str
    images: str
    scale: str = ""
    mean: str = ""
    std: str = ""
    free_batch: bool = False

    @property
    def path(self):
        return DATA / "models" / f"{self.name}.onnx"

    @property
    def calib(self):
        return DATA / "calib" / self.images

    @property
    def flags(self):
        """Options of qtool that say how the images are stored."""
        return ["--scale", self.scale, "--mean", self.mean, "--std", self.std] if self.scale else []

    def normalize(self, images):
        x = images.astype(np.float32)
        if not self.scale:
            return x
        numerator, _, denominator = self.scale.partition("/")
        scale = np.float32(float(numerator) / float(denominator or 1))
        return (x * scale - np.float32(self.mean)) / np.float32(self.std)

    def feeds(self, count=None):
        """Calibration inputs one by one."""
        return [image[None] for image in self.normalize(_array(self.calib)[:count])]

    def evaluation(self, count=None):
        """Float inputs to judge by: the first test images, else the calibration images as they are,
        shifted and mirrored (four images judge by luck: few elements make up most of an error)."""
        folder = DATA / "eval" / self.images
        images = _array(folder) if folder.exists() else _variants(_array(self.calib))
        return self.normalize(images[: count or (None if self.free_batch else 1000)])

    def labels(self):
        """Of the test inputs, or None: `mnist_cntk` reads digits, not clothes."""
        return np.load(DATA / "eval" / self.images / "labels.npy") if self.free_batch else None


@dataclasses.dataclass(frozen=True)
class FileSample:
    """A float model of data/ whose inputs lie there as it takes them, one sample a file; a sub-folder for
    each input if there are several."""

    name: str
    data: str
    flags = []
    free_batch = False

    @property
    def path(self):
        return DATA / "models" / f"{self.name}.onnx"

    @property
    def calib(self):
        return DATA / "calib" / self.data

    def feeds(self, count=None):
        """Calibration inputs of each sample: by name, or the only input."""
        folders = [p for p in sorted(self.calib.iterdir()) if p.is_dir()]
        if not folders:
            return [np.load(p) for p in sorted(self.calib.glob("*.npy"))[:count]]
        columns = [[np.load(p) for p in sorted(f.glob("*.npy"))[:count]] for f in folders]
        return [dict(zip((f.name for f in folders), row)) for row in zip(*columns)]

    def evaluation(self, count=None):
        """Inputs to judge by: the test inputs, else the calibration inputs."""
        stored = DATA / "eval" / self.data / "inputs.npy"
        return [row[None] for row in np.load(stored)[:count]] if stored.exists() else self.feeds(count)

    def labels(self):
        stored = DATA / "eval" / self.data / "labels.npy"
        return np.load(stored) if stored.exists() else None


@dataclasses.dataclass(frozen=True)
class MadeSample:
    """A model that transformer.py makes."""

    name: str
    folder: pathlib.Path
    flags = []
    free_batch = False

    @property
    def path(self):
        return self.folder / f"{self.name}.onnx"

    @property
    def calib(self):
        return self.folder / "calib"

    def feeds(self, count=None):
        return transformer.calibration_feeds()[:count]

    def evaluation(self, count=None):
        return transformer.evaluation_feeds()[:count]

    def labels(self):
        return None


FASHION = dict(images="fashion", scale="1/255", mean="0.2860", std="0.3530", free_batch=True)
SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("fashion_resnet", **FASHION),
        Sample("fashion_mobile", **FASHION),
        Sample("mnist_cntk", "fashion"),
        Sample("ultraface_rfb_320", "ultraface_rfb_320", "1", "127", "128"),
        Sample("yunet_n_320", "yunet_n_320"),
    )
}

# With the models that are not convolutional.
ALL_SAMPLES = SAMPLES | {
    sample.name: sample
    for sample in (
        Sample("fashion_lstm", **FASHION),
        Sample("fashion_vit", **FASHION),
        FileSample("dtln_1", "dtln_1"),
        FileSample("gtcrn_simple", "gtcrn_simple"),
        FileSample("magika_fast_v2_1", "magika"),
    )
}


def made_samples(work):
    """The models of transformer.py, written into a folder."""
    folder = pathlib.Path(work).resolve() / "transformer"
    transformer.write(folder)
    return [MadeSample(name, folder) for name in transformer.MODELS]


@functools.cache
def _array(folder):
    path = next(p for p in sorted(folder.glob("images.np*")))
    loaded = np.load(path)
    return loaded[loaded.files[0]] if path.suffix == ".npz" else loaded


def _variants(images):
    shifted = [np.roll(images, shift, (2, 3)) for shift in ((0, 0), (40, -24), (-64, 72), (96, 120), (7, -50))]
    return np.concatenate([*shifted, *(image[..., ::-1] for image in shifted)])


def session(path, exact=True):
    """One thread. Exact integer sums: on CPUs without VNNI instructions onnxruntime would add
    products of uint8 and int8 in 16 bits, which saturates, and results would depend on the CPU. The
    option makes weights uint8. QOperator models with int8 activations need `exact` off: they are
    exact anyway, and there is no kernel for int8 with uint8. Products with weights in blocks stay
    products of floats, as their file says."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1" if exact else "0")
    options.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def ort_run(path, inputs, batch=1, exact=True):
    """Outputs by name, samples stacked on a new first axis. `inputs`: one array, or a list of feeds. A
    batch above 1 is for models that treat samples alone, so not for those with DynamicQuantizeLinear."""
    runner = session(path, exact)
    only = runner.get_inputs()[0].name
    names = [o.name for o in runner.get_outputs()]
    if not isinstance(inputs, list):
        inputs = [inputs[i : i + batch] for i in range(0, len(inputs), batch)]
    runs = [runner.run(None, feed if isinstance(feed, dict) else {only: feed}) for feed in inputs]
    if batch == 1:
        return {name: np.stack([run[k] for run in runs]) for k, name in enumerate(names)}
    return {name: np.concatenate([run[k] for run in runs])[:, None] for k, name in enumerate(names)}


class Qtool:
    """The program under test, with `environment` on top of ours; `launcher` is what runs it, if anything."""

    def __init__(self, program, work, environment=None, launcher=()):
        self.program = pathlib.Path(program).resolve()
        self.launcher = launcher
        # Cases run side by side.
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
        self.work = pathlib.Path(work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)

    def __call__(self, *arguments):
        """Runs it; raises RuntimeError with its message if it fails."""
        done = subprocess.run(
            [*self.launcher, self.program, *map(str, arguments)],
            capture_output=True,
            text=True,
            env=self.environment,
        )
        if done.returncode != 0:
            raise RuntimeError(f"qtool {arguments[0]}: exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def run(self, model, data, *flags):
        """Outputs by name as of ort_run; `data` is a file or folder of samples."""
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            self("run", model, "--data", data, "-o", folder, *flags)
            samples = sorted(p for p in pathlib.Path(folder).iterdir() if p.is_dir()) or [pathlib.Path(folder)]
            names = sorted(p.name for p in samples[0].iterdir())
            return {n.removesuffix(".npy"): np.stack([np.load(s / n) for s in samples]) for n in names}


def file_name(output):
    """What `qtool run` makes of an output's name."""
    return output.replace("/", "_").replace(":", "_")


def sqnr(reference, value):
    """10 log10(sum r^2 / sum (r - v)^2) in dB."""
    noise = np.square(reference.astype(np.float64) - value).sum()
    return float("inf") if noise == 0 else 10 * np.log10(np.square(reference.astype(np.float64)).sum() / noise)


class Tally:
    """Counts and prints verdicts."""

    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, problem, figures=""):
        """`problem` is empty if the case holds."""
        if problem:
            self.failed += 1
        else:
            self.passed += 1
        words = [f"{'FAIL' if problem else 'PASS'} {name}", figures, problem]
        print(": ".join(w for w in words if w), flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(0 if self.failed == 0 and self.passed > 0 else 1)


def parser(description):
    """Arguments of every script: the program and a folder for what it writes."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--qtool", default=ROOT / "build/release/bin/qtool")
    made.add_argument("--work", default=ROOT / "build/release/interop/work", help="folder for output files")
    return made
