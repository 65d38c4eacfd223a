#include "kernels/reference/col2im.h"

#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

Kernel bind_col2im(const BindContext& context) {
  return [attributes = read_window(context)](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() != 3) fail("input {} must have rank 3", to_string(x.shape()));
    const Shape block = to_int64s(call.input(2));
    const Shape image = to_int64s(call.input(1));
    const int64_t taps = element_count(block);
    if (taps == 0 || x.dim(1) % taps != 0)
      fail("input {} does not hold blocks {}", to_string(x.shape()), to_string(block));
    Shape shape = {x.dim(0), x.dim(1) / taps};
    shape.insert(shape.end(), image.begin(), image.end());
    const Window window = resolve_window(attributes, shape, block);
    if (volume(window.output) != x.dim(2))
      fail("input {} must have {} blocks to make an image {}", to_string(x.shape()),
           volume(window.output), to_string(image));
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    with_type(NumericOrBoolTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::col2im(window, shape[0] * shape[1], x.data<T>(), y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> col2im_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({reference_op("Col2Im", bind_col2im)});
  return kOps;
}

}  // namespace qtool
