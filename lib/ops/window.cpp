#include "ops/window.h"

#include <algorithm>

namespace qtool {
namespace {

using AutoPad = WindowAttributes::AutoPad;

AutoPad parse_auto_pad(const std::string& text) {
  if (text == "NOTSET" || text.empty()) return AutoPad::kNotSet;
  if (text == "SAME_UPPER") return AutoPad::kSameUpper;
  if (text == "SAME_LOWER") return AutoPad::kSameLower;
  if (text == "VALID") return AutoPad::kValid;
  fail("auto_pad '{}' is not known", text);
}

std::vector<int64_t> positive_ints(const BindContext& context, std::string_view name) {
  auto values = context.attribute<std::vector<int64_t>>(name, {});
  for (const int64_t value : values)
    if (value < 1) fail("{} {} must be at least 1", name, to_string(values));
  return values;
}

// Entry `i` of an attribute that may have been left out.
int64_t entry(const std::vector<int64_t>& values, std::size_t i, int64_t fallback) {
  return values.empty() ? fallback : values[i];
}

void check_length(const std::vector<int64_t>& values, std::size_t length, std::string_view name) {
  if (!values.empty() && values.size() != length)
    fail("{} {} must have {} entries", name, to_string(values), length);
}

// Sets the paddings and the output size of axis `i` (of `window`), all else being there.
void resolve_axis(Window& window, std::size_t i, const WindowAttributes& attributes) {
  const int64_t input = window.input[i];
  const int64_t stride = window.stride[i];
  const int64_t extent = window.dilation[i] * (window.kernel[i] - 1) + 1;
  int64_t& begin = window.pad_begin[i];
  int64_t& end = window.pad_end[i];
  if (attributes.auto_pad == AutoPad::kSameUpper || attributes.auto_pad == AutoPad::kSameLower) {
    window.output[i] = (input + stride - 1) / stride;
    const int64_t total = std::max<int64_t>(0, (window.output[i] - 1) * stride + extent - input);
    begin = attributes.auto_pad == AutoPad::kSameLower ? (total + 1) / 2 : total / 2;
    end = total - begin;
    return;
  }
  const int64_t room = input + begin + end - extent;
  if (room < 0)
    fail("a window of extent {} does not fit an input of size {} padded by {} and {}", extent,
         input, begin, end);
  window.output[i] = room / stride + 1;
  // ONNX: with ceil_mode a last window counts only if it starts inside the input or its left pad.
  if (attributes.ceil_mode && room % stride != 0 && window.output[i] * stride < input + begin)
    ++window.output[i];
}

}  // namespace

WindowAttributes read_window(const BindContext& context) {
  return {.auto_pad = parse_auto_pad(context.attribute<std::string>("auto_pad", "NOTSET")),
          .kernel_shape = positive_ints(context, "kernel_shape"),
          .strides = positive_ints(context, "strides"),
          .dilations = positive_ints(context, "dilations"),
          .pads = context.attribute<std::vector<int64_t>>("pads", {}),
          .ceil_mode = context.attribute<int64_t>("ceil_mode", 0) != 0};
}

Window resolve_window(const WindowAttributes& attributes, const Shape& input,
                      std::span<const int64_t> kernel) {
  if (input.size() < 3 || input.size() > 5)
    fail("input {} must have one to three spatial axes", to_string(input));
  const std::size_t rank = input.size() - 2;
  if (kernel.size() != rank)
    fail("a window with {} axes does not fit input {}", kernel.size(), to_string(input));
  check_length(attributes.strides, rank, "strides");
  check_length(attributes.dilations, rank, "dilations");
  check_length(attributes.pads, 2 * rank, "pads");
  const bool padded = attributes.auto_pad == AutoPad::kNotSet;
  Window window{.rank = static_cast<int>(rank)};
  for (std::size_t i = 0; i < rank; ++i) {
    const std::size_t axis = 3 - rank + i;
    window.input[axis] = input[2 + i];
    window.kernel[axis] = kernel[i];
    window.stride[axis] = entry(attributes.strides, i, 1);
    window.dilation[axis] = entry(attributes.dilations, i, 1);
    window.pad_begin[axis] = padded ? entry(attributes.pads, i, 0) : 0;
    window.pad_end[axis] = padded ? entry(attributes.pads, rank + i, 0) : 0;
    resolve_axis(window, axis, attributes);
  }
  return window;
}

ConvShape resolve_conv(const WindowAttributes& attributes, int64_t groups, const Shape& x,
                       const Shape& w) {
  if (w.size() != x.size())
    fail("weight {} must have the rank of input {}", to_string(w), to_string(x));
  const std::span<const int64_t> kernel(w.begin() + std::min<std::ptrdiff_t>(2, std::ssize(w)),
                                        w.end());
  const Window window = resolve_window(attributes, x, kernel);
  if (groups < 1 || w[0] % groups != 0 || x[1] != w[1] * groups)
    fail("weight {} does not fit input {} with {} groups", to_string(w), to_string(x), groups);
  if (!attributes.kernel_shape.empty() &&
      !std::equal(kernel.begin(), kernel.end(), attributes.kernel_shape.begin(),
                  attributes.kernel_shape.end()))
    fail("weight {} does not fit kernel_shape {}", to_string(w),
         to_string(attributes.kernel_shape));
  return {window, x[0], groups, x[1], w[0]};
}

Shape window_output_shape(int64_t batch, int64_t channels, const Window& window) {
  Shape shape = {batch, channels};
  shape.insert(shape.end(), window.output.end() - window.rank, window.output.end());
  return shape;
}

}  // namespace qtool
