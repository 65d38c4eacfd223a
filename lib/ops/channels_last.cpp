#include "ops/channels_last.h"

#include <algorithm>

#include "kernels/transpose.h"
#include "ops/types.h"

namespace qtool {
namespace {

int64_t pixels_of(const Shape& channels_first) {
  return element_count(Shape(channels_first.begin() + 2, channels_first.end()));
}

Shape other_layout(const Shape& shape, Layout from) {
  return from == Layout::kChannelsLast ? to_channels_first(shape, from)
                                       : from_channels_first(shape, Layout::kChannelsLast);
}

// The image in the other layout, as `y`.
Tensor moved(const Tensor& x, Layout from, Tensor y) {
  const Shape first = to_channels_first(x.shape(), from);
  const bool is_last = from == Layout::kChannelsLast;
  const int64_t rows = is_last ? pixels_of(first) : first[1];
  const int64_t columns = is_last ? first[1] : pixels_of(first);
  transpose(first[0], rows, columns, element_bytes(x), x.raw(), y.mutable_raw());
  return y;
}

// The same in scratch memory.
Tensor moved(const Tensor& x, Layout from, KernelCall& call) {
  return x.rank() < 3 ? x : moved(x, from, call.scratch(x.dtype(), other_layout(x.shape(), from)));
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
  const Layout first = Layout::kChannelsFirst;
  return moved(image, first, Tensor(image.dtype(), other_layout(image.shape(), first)));
}

Tensor as_channels_first(const Tensor& image, Layout layout) {
  if (layout == Layout::kChannelsFirst || image.rank() < 3) return image;
  return moved(image, layout, Tensor(image.dtype(), other_layout(image.shape(), layout)));
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
