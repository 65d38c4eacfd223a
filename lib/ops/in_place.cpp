#include "ops/in_place.h"

#include "kernels/reference/binary.h"
#include "ops/broadcast.h"

namespace qtool {
namespace {

template <class F>
void apply(Tensor& y, const Tensor& a) {
  require_same_type(y, a);
  if (a.rank() > y.rank() || broadcast_shape(y.shape(), a.shape()) != y.shape())
    fail("{} cannot be broadcast to {}", to_string(a.shape()), to_string(y.shape()));
  with_type(FloatTypes{}, y.dtype(),
            [&]<class T>(std::type_identity<T>) { apply_binary<T>(F{}, y, a, y); });
}

}  // namespace

void add_in_place(Tensor& y, const Tensor& a) { apply<reference::Add>(y, a); }

void multiply_in_place(Tensor& y, const Tensor& a) { apply<reference::Mul>(y, a); }

void scale_in_place(Tensor& y, double factor) {
  with_type(FloatTypes{}, y.dtype(), [&]<class T>(std::type_identity<T>) {
    T* data = y.mutable_data<T>();
    reference::map(data, data, y.size(),
                   [factor](T value) { return static_cast<T>(value * factor); });
  });
}

}  // namespace qtool
