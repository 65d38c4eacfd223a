#include "ops/window.h"

#include <fmt/ranges.h>

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

// The largest size that products of two still have room for.
constexpr int64_t kLargest = int64_t{1} << 30;

// An attribute's entries put in place of `sizes`, if it is there.
void set_sizes(Window::Sizes& sizes, int rank, std::span<const int64_t> values,
               std::string_view name) {
  if (values.empty()) return;
  if (std::ssize(values) != rank)
    fail("{} [{}] must have {} entries", name, fmt::join(values, ", "), rank);
  std::copy(values.begin(), values.end(), sizes.end() - rank);
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

std::vector<int64_t> read_sizes(const BindContext& context, std::string_view name, int64_t low) {
  auto values = context.attribute<std::vector<int64_t>>(name, {});
  for (const int64_t value : values)
    if (value < low || value > kLargest)
      fail("{} {} must be at least {} and at most {}", name, to_string(values), low, kLargest);
  return values;
}

WindowAttributes read_window(const BindContext& context) {
  return {.auto_pad = parse_auto_pad(context.attribute<std::string>("auto_pad", "NOTSET")),
          .kernel_shape = read_sizes(context, "kernel_shape", 1),
          .strides = read_sizes(context, "strides", 1),
          .dilations = read_sizes(context, "dilations", 1),
          .pads = read_sizes(context, "pads", 0),
          .ceil_mode = context.attribute<int64_t>("ceil_mode", 0) != 0};
}

Window start_window(const WindowAttributes& attributes, std::span<const int64_t> kernel) {
  const int rank = static_cast<int>(kernel.size());
  const auto axes = static_cast<std::size_t>(std::max(rank, 3));
  const Window::Sizes ones(axes, 1);
  const Window::Sizes zeros(axes, 0);
  Window window{rank, ones, ones, ones, ones, ones, zeros, zeros};
  for (const int64_t size : kernel)
    if (size < 1 || size > kLargest) fail("a window cannot be of size {}", size);
  set_sizes(window.kernel, rank, kernel, "kernel_shape");
  set_sizes(window.stride, rank, attributes.strides, "strides");
  set_sizes(window.dilation, rank, attributes.dilations, "dilations");
  const std::span<const int64_t> pads(attributes.pads);
  if (pads.empty() || attributes.auto_pad != AutoPad::kNotSet) return window;
  if (pads.size() != 2 * kernel.size())
    fail("pads {} must have {} entries", to_string(attributes.pads), 2 * rank);
  set_sizes(window.pad_begin, rank, pads.first(kernel.size()), "pads");
  set_sizes(window.pad_end, rank, pads.last(kernel.size()), "pads");
  return window;
}

Window resolve_window(const WindowAttributes& attributes, const Shape& input,
                      std::span<const int64_t> kernel) {
  if (input.size() < 3) fail("input {} must have spatial axes", to_string(input));
  const Shape sizes(input.begin() + 2, input.end());
  element_count(sizes);
  if (kernel.size() != sizes.size())
    fail("a window with {} axes does not fit input {}", kernel.size(), to_string(input));
  Window window = start_window(attributes, kernel);
  set_sizes(window.input, window.rank, sizes, "input");
  for (std::size_t axis = 0; axis < window.input.size(); ++axis)
    resolve_axis(window, axis, attributes);
  return window;
}

std::span<const int64_t> kernel_sizes(const WindowAttributes& attributes, const Shape& x,
                                      const Shape& w) {
  if (x.size() < 3) fail("input {} must have spatial axes", to_string(x));
  if (w.size() != x.size())
    fail("weight {} must have the rank of input {}", to_string(w), to_string(x));
  const std::span<const int64_t> kernel = std::span(w).subspan(2);
  const std::vector<int64_t>& given = attributes.kernel_shape;
  if (!given.empty() && !std::equal(kernel.begin(), kernel.end(), given.begin(), given.end()))
    fail("weight {} does not fit kernel_shape {}", to_string(w), to_string(given));
  return kernel;
}

ConvShape resolve_conv(const WindowAttributes& attributes, int64_t groups, const Shape& x,
                       const Shape& w) {
  const std::span<const int64_t> kernel = kernel_sizes(attributes, x, w);
  if (groups < 1 || w[0] % groups != 0 || x[1] % groups != 0 || x[1] / groups != w[1])
    fail("weight {} does not fit input {} with {} groups", to_string(w), to_string(x), groups);
  return {resolve_window(attributes, x, kernel), x[0], groups, x[1], w[0]};
}

Shape window_output_shape(int64_t batch, int64_t channels, const Window& window) {
  Shape shape = {batch, channels};
  shape.insert(shape.end(), window.output.end() - window.rank, window.output.end());
  return shape;
}

}  // namespace qtool
