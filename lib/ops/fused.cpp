#include "ops/fused.h"

#include "kernels/reference/elementwise.h"
#include "kernels/reference/unary.h"
#include "ops/types.h"

namespace qtool {

ClipRange read_clip(const BindContext& context) {
  const auto* limits = find_attribute<std::vector<float>>(context.node, "clip");
  if (limits == nullptr) return {};
  if (limits->size() != 2) fail("attribute 'clip' must have two entries");
  return {(*limits)[0], (*limits)[1]};
}

void apply_clip(const ClipRange& clip, Tensor& y) {
  if (!clip.active()) return;
  with_type(FloatTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
    T* data = y.mutable_data<T>();
    reference::map(data, data, y.size(), reference::Clip<T>{clip.low, clip.high});
  });
}

}  // namespace qtool
