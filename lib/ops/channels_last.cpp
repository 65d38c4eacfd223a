#include "ops/channels_last.h"

#include <algorithm>

#include "kernels/transpose.h"
#include "ops/types.h"

namespace qtool {
namespace {

int64_t pixels_of(const Shape& channels_first) {
  return element_count(Shape(channels_first.begin() + 2, channels_first.end()));
}

// Writes an image in the other layout.
void transpose_image(const Tensor& x, Layout from, Tensor& y) {
  const Shape first = to_channels_first(x.shape(), from);
  const bool is_last = from == Layout::kChannelsLast;
  const int64_t rows = is_last ? pixels_of(first) : first[1];
  const int64_t columns = is_last ? first[1] : pixels_of(first);
  transpose(first[0], rows, columns, element_bytes(x), x.raw(), y.mutable_raw());
}

Tensor moved(const Tensor& x, Layout from, KernelCall& call) {
  if (x.rank() < 3) return x;
  Shape first = to_channels_first(x.shape(), from);
  Tensor y = call.scratch(x.dtype(), from == Layout::kChannelsLast
                                         ? std::move(first)
                                         : from_channels_first(first, Layout::kChannelsLast));
  transpose_image(x, from, y);
  return y;
}

void run(const Kernel& kernel, const std::vector<std::size_t>& images, KernelCall& call) {
  std::vector<Datum> moved_images;
  moved_images.reserve(images.size());
  std::vector<const Datum*> inputs;
  for (std::size_t i = 0; i < call.input_count(); ++i)
    inputs.push_back(call.has(i) ? &call.datum(i) : nullptr);
  for (const std::size_t i : images)
    if (call.has(i))
      inputs[i] = &moved_images.emplace_back(moved(call.input(i), Layout::kChannelsLast, call));
  std::vector<Datum> outputs(call.output_count());
  KernelCall inner = call.with(inputs, outputs);
  kernel(inner);
  call.set_output(0, moved(outputs[0].tensor(), Layout::kChannelsFirst, call));
}

}  // namespace

Layout read_layout(const BindContext& context) {
  return context.attribute<int64_t>("channels_last", 0) == 0 ? Layout::kChannelsFirst
                                                             : Layout::kChannelsLast;
}

Shape to_channels_first(Shape shape, Layout layout) {
  if (layout == Layout::kChannelsLast && shape.size() > 2)
    std::rotate(shape.begin() + 1, shape.end() - 1, shape.end());
  return shape;
}

Shape from_channels_first(Shape shape, Layout layout) {
  if (layout == Layout::kChannelsLast && shape.size() > 2)
    std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
  return shape;
}

Tensor channels_last_copy(const Tensor& image) {
  Tensor result(image.dtype(), from_channels_first(image.shape(), Layout::kChannelsLast));
  transpose_image(image, Layout::kChannelsFirst, result);
  return result;
}

Tensor as_channels_first(const Tensor& image, Layout layout) {
  if (layout == Layout::kChannelsFirst || image.rank() < 3) return image;
  Tensor result(image.dtype(), to_channels_first(image.shape(), layout));
  transpose_image(image, layout, result);
  return result;
}

int axis_in(Layout layout, int64_t axis, std::size_t rank) {
  const int a = normalize_axis(axis, rank);
  if (layout == Layout::kChannelsFirst || a == 0) return a;
  return a == 1 ? static_cast<int>(rank) - 1 : a - 1;
}

Kernel through_channels_first(Kernel kernel, const std::vector<std::size_t>& images) {
  return [kernel = std::move(kernel), images](KernelCall& call) { run(kernel, images, call); };
}

Kernel bind_channels_first(BindFn bind, const BindContext& context,
                           const std::vector<std::size_t>& images) {
  Kernel kernel = bind(context);
  if (!kernel || images.empty() || read_layout(context) == Layout::kChannelsFirst) return kernel;
  return through_channels_first(std::move(kernel), images);
}

}  // namespace qtool
