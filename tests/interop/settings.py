"""The ways to quantize that the tests try, told to qtool and to onnxruntime's quantizer."""

import dataclasses
import itertools

import onnx
from onnxruntime import quantization

TYPES = {
    "u8": quantization.QuantType.QUInt8,
    "s8": quantization.QuantType.QInt8,
    "u16": quantization.QuantType.QUInt16,
}


@dataclasses.dataclass(frozen=True)
class Setting:
    """One way to quantize. `form` is QDQ, QOperator or dynamic."""

    form: str
    per_channel: bool = True
    activation: str = "u8"
    weight: str = "s8"
    dynamic_conv: bool = False

    @property
    def name(self):
        words = ["dynamic" if self.form == "dynamic" else f"static {self.form}"]
        words += ["with ConvInteger"] if self.dynamic_conv else []
        return " ".join([*words, "per channel" if self.per_channel else "per tensor", self.activation + self.weight])

    def qtool_arguments(self, sample):
        """The command, then options; those that are the default are left out."""
        words = ["static", "--calib", sample.calib, *sample.flags]
        if self.form == "dynamic":
            words = ["dynamic"]
        words += ["--format", "qoperator"] if self.form == "QOperator" else []
        words += [] if self.per_channel else ["--per-tensor"]
        words += [] if self.activation == "u8" else ["--activation-type", self.activation]
        words += [] if self.weight == "s8" else ["--weight-type", self.weight]
        return words + (["--dynamic-conv"] if self.dynamic_conv else [])

    def onnxruntime_quantize(self, source, output, reader):
        """Runs its quantizer; `reader` is a CalibrationDataReader."""
        common = dict(per_channel=self.per_channel, weight_type=TYPES[self.weight])
        if self.form == "dynamic":
            quantization.quantize_dynamic(source, output, **common)
            return
        quantization.quantize_static(
            source,
            output,
            reader,
            quant_format=quantization.QuantFormat[self.form],
            activation_type=TYPES[self.activation],
            calibrate_method=quantization.CalibrationMethod.MinMax,
            **common,
        )

    @property
    def exact(self):
        """Whether onnxruntime is to run with exact sums: see interop.session."""
        return not (self.form == "QOperator" and self.activation == "s8")


def all_settings():
    """Every way; the default ones first."""
    pairs = {"dynamic": ["u8s8", "u8u8"], "QDQ": ["u8s8", "s8s8", "u8u8", "u16s8"], "QOperator": ["u8s8", "s8s8", "u8u8"]}
    for form, types in pairs.items():
        for types, per_channel in itertools.product(types, (True, False)):
            activation, weight = types[:-2], types[-2:]
            yield Setting(form, per_channel, activation, weight)
            if form == "dynamic":
                yield Setting(form, per_channel, activation, weight, dynamic_conv=True)


def write_and_check(qtool, sample, setting, path):
    """Has qtool write the file; it must be valid and smaller than the float file."""
    command, *options = setting.qtool_arguments(sample)
    path.unlink(missing_ok=True)
    qtool(command, sample.path, path, *options)
    onnx.checker.check_model(str(path), full_check=True)
    if path.stat().st_size >= sample.path.stat().st_size:
        raise ValueError(f"{path.stat().st_size} bytes are not smaller than the float file")
