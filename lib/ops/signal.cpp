#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/fourier.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

using Complex = std::complex<double>;
using Signal = std::vector<Complex>;

// The only element of an integer input, or none if it was left out.
std::optional<int64_t> read_integer(const KernelCall& call, std::size_t index) {
  if (!call.has(index)) return {};
  const std::vector<int64_t> values = to_int64s(call.input(index));
  if (values.size() != 1) fail("input {} must be a scalar", index);
  return values[0];
}

// The axis that tells real from complex numbers: 1 or 2 parts each.
int64_t parts_of(const Tensor& x) {
  const int64_t parts = x.rank() < 2 ? 0 : x.shape().back();
  if (parts != 1 && parts != 2)
    fail("input {} must end in an axis of 1 or 2 elements, for real or complex numbers",
         to_string(x.shape()));
  return parts;
}

// Reads `count` numbers of one or two parts, `step` numbers apart.
template <class T>
void read_numbers(const T* x, int64_t parts, int64_t count, int64_t step, Signal& to) {
  for (int64_t i = 0; i < count; ++i, x += parts * step)
    to[static_cast<std::size_t>(i)] = {static_cast<double>(x[0]),
                                       parts == 2 ? static_cast<double>(x[1]) : 0};
}

// Writes numbers likewise, each times `factor`.
template <class T>
void write_numbers(const Signal& from, double factor, int64_t parts, int64_t count, int64_t step,
                   T* y) {
  for (int64_t i = 0; i < count; ++i, y += parts * step) {
    const Complex value = from[static_cast<std::size_t>(i)] * factor;
    y[0] = static_cast<T>(value.real());
    if (parts == 2) y[1] = static_cast<T>(value.imag());
  }
}

struct DftNode {
  bool inverse;
  bool one_sided;
  std::optional<int64_t> axis;  // an input since opset 20
};

// What a DFT does with each signal.
struct DftPlan {
  AxisSplit split;  // of x without its last axis
  int64_t length;   // of the transform
  int64_t given;    // numbers of x that go in, zeros after them
  int64_t in_parts;
  int64_t out_parts;
  int64_t out_count;
};

DftPlan plan_dft(const DftNode& node, const KernelCall& call, std::size_t axis) {
  const Tensor& x = call.input(0);
  const int64_t parts = parts_of(x);
  const Shape numbers(x.shape().begin(), x.shape().end() - 1);
  const bool to_real = node.inverse && node.one_sided;
  if (node.one_sided && parts != (node.inverse ? 2 : 1))
    fail("a one-sided DFT is of real numbers, and its inverse of complex ones");
  const int64_t size = numbers[axis];
  const int64_t length = read_integer(call, 1).value_or(to_real ? 2 * (size - 1) : size);
  if (length < 1) fail("a DFT of length {} is not possible", length);
  const int64_t half = length / 2 + 1;
  return {split_at(numbers, static_cast<int>(axis)),
          length,
          std::min(size, to_real ? half : length),
          parts,
          to_real ? 1 : 2,
          node.one_sided && !node.inverse ? half : length};
}

// The second half of a real signal's spectrum, which mirrors the first one.
void mirror(Signal& spectrum) {
  const std::size_t n = spectrum.size();
  for (std::size_t k = n / 2 + 1; k < n; ++k) spectrum[k] = std::conj(spectrum[n - k]);
}

template <class T>
void run_dft(const DftNode& node, const DftPlan& plan, const T* x, T* y) {
  ref::Fourier fourier(plan.length, node.inverse);
  Signal in(static_cast<std::size_t>(plan.length), 0.0);
  Signal out(in.size());
  const double factor = node.inverse ? 1 / static_cast<double>(plan.length) : 1;
  const AxisSplit& s = plan.split;
  for (int64_t o = 0; o < s.outer; ++o)
    for (int64_t i = 0; i < s.inner; ++i) {
      read_numbers(x + (o * s.axis * s.inner + i) * plan.in_parts, plan.in_parts, plan.given,
                   s.inner, in);
      if (plan.out_parts == 1) mirror(in);
      fourier.run(in.data(), out.data());
      write_numbers(out, factor, plan.out_parts, plan.out_count, s.inner,
                    y + (o * plan.out_count * s.inner + i) * plan.out_parts);
    }
}

// The axis of a DFT; it cannot be the last one.
std::size_t signal_axis(const DftNode& node, const KernelCall& call) {
  const int64_t named = node.axis ? *node.axis : read_integer(call, 2).value_or(-2);
  const std::size_t rank = call.input(0).rank();
  const auto axis = static_cast<std::size_t>(normalize_axis(named, rank));
  if (axis + 1 == rank) fail("the last axis cannot be transformed");
  return axis;
}

Kernel bind_dft(const BindContext& context) {
  DftNode node = {context.attribute<int64_t>("inverse", 0) != 0,
                  context.attribute<int64_t>("onesided", 0) != 0,
                  {}};
  if (context.opset < 20) node.axis = context.attribute<int64_t>("axis", 1);
  return [node](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::size_t axis = signal_axis(node, call);
    const DftPlan plan = plan_dft(node, call, axis);
    Shape shape = x.shape();
    shape[axis] = plan.out_count;
    shape.back() = plan.out_parts;
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      run_dft(node, plan, x.data<T>(), y.mutable_data<T>());
    });
  };
}

// Frames of a signal x [batch, length, parts].
struct FramePlan {
  int64_t length;
  int64_t step;
  int64_t count;
  int64_t bins;  // of the spectrum that are written
};

FramePlan plan_frames(const KernelCall& call, bool one_sided) {
  const Tensor& x = call.input(0);
  if (x.rank() != 3) fail("signal {} must have rank 3", to_string(x.shape()));
  if (parts_of(x) == 2 && one_sided) fail("onesided is for real signals only");
  const int64_t step = read_integer(call, 1).value_or(0);
  int64_t length = x.dim(1);
  if (call.has(2)) {
    require_same_type(x, call.input(2));
    if (call.input(2).rank() != 1) fail("window must have rank 1");
    length = call.input(2).size();
  }
  const int64_t given = read_integer(call, 3).value_or(length);
  if (call.has(2) && given != length) fail("window of length {} is not frame_length", length);
  if (step < 1 || given < 1 || given > x.dim(1))
    fail("frames of length {} every {} do not fit signal {}", given, step, to_string(x.shape()));
  return {given, step, (x.dim(1) - given) / step + 1, one_sided ? given / 2 + 1 : given};
}

// `window` is null for ones.
template <class T>
void run_stft(const FramePlan& plan, const Tensor& x, const T* window, T* y) {
  ref::Fourier fourier(plan.length, false);
  Signal frame(static_cast<std::size_t>(plan.length));
  Signal spectrum(frame.size());
  const int64_t parts = x.dim(2);
  for (int64_t n = 0; n < x.dim(0); ++n)
    for (int64_t f = 0; f < plan.count; ++f, y += 2 * plan.bins) {
      read_numbers(x.data<T>() + (n * x.dim(1) + f * plan.step) * parts, parts, plan.length, 1,
                   frame);
      for (std::size_t i = 0; window != nullptr && i < frame.size(); ++i)
        frame[i] *= static_cast<double>(window[i]);
      fourier.run(frame.data(), spectrum.data());
      write_numbers(spectrum, 1, 2, plan.bins, 1, y);
    }
}

Kernel bind_stft(const BindContext& context) {
  const bool one_sided = context.attribute<int64_t>("onesided", 1) != 0;
  return [one_sided](KernelCall& call) {
    const Tensor& x = call.input(0);
    const FramePlan plan = plan_frames(call, one_sided);
    Tensor& y = call.output(0, x.dtype(), {x.dim(0), plan.count, plan.bins, 2});
    if (y.size() == 0) return;
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      run_stft(plan, x, call.has(2) ? call.input(2).data<T>() : nullptr, y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> signal_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("DFT", bind_dft),
      reference_op("STFT", bind_stft),
  });
  return kOps;
}

}  // namespace qtool
