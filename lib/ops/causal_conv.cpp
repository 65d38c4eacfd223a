#include <cmath>
#include <cstring>

#include "base/named.h"
#include "kernels/reference/conv.h"
#include "kernels/reference/copy.h"
#include "kernels/reference/elementwise.h"
#include "ops/conv.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

namespace ref = reference;

// Whether the result goes through x · sigmoid(x).
constexpr std::array<Named<bool>, 3> kActivations = {
    {{"none", false}, {"silu", true}, {"swish", true}}};

// Copies `count` elements of each row, from `from` on in rows of x to `to` on in rows of y.
void copy_rows(const Tensor& x, int64_t from, Tensor& y, int64_t to, int64_t count) {
  const auto bytes = static_cast<int64_t>(element_bytes(x));
  ref::copy(ref::StridedLoop<2>({y.dim(0), y.dim(1), count}, {ref::row_major_strides(y.shape()),
                                                              ref::row_major_strides(x.shape())}),
            element_bytes(x), static_cast<std::byte*>(y.mutable_raw()) + to * bytes,
            static_cast<const std::byte*>(x.raw()) + from * bytes);
}

// The state [N, C, count] or zeros, and x after it.
Tensor with_history(KernelCall& call, int64_t count) {
  const Tensor& x = call.input(0);
  Tensor all = call.scratch(x.dtype(), {x.dim(0), x.dim(1), count + x.dim(2)});
  std::memset(all.mutable_raw(), 0, all.bytes());
  if (call.has(3)) {
    const Tensor& past = call.input(3);
    require_same_type(x, past);
    if (past.shape() != Shape{x.dim(0), x.dim(1), count})
      fail("past_state {} must be {}", to_string(past.shape()),
           to_string({x.dim(0), x.dim(1), count}));
    copy_rows(past, 0, all, 0, count);
  }
  copy_rows(x, 0, all, count, x.dim(2));
  return all;
}

// Each channel by its own kernel, which sees the present and the past.
Kernel bind_causal_conv(const BindContext& context) {
  const bool silu =
      find(kActivations, context.attribute<std::string>("activation", "none"), "activation");
  return [silu](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& w = call.input(1);
    require_same_type(x, w);
    if (x.rank() != 3 || w.rank() != 3 || w.dim(0) != x.dim(1) || w.dim(1) != 1 || w.dim(2) < 1)
      fail("weight {} does not fit input {}", to_string(w.shape()), to_string(x.shape()));
    const int64_t channels = x.dim(1);
    const Tensor* bias = read_bias(call, 2, channels);
    const int64_t history = w.dim(2) - 1;
    const Tensor all = with_history(call, history);
    Tensor& y = call.output(0, x.dtype(), x.shape());
    copy_rows(all, x.dim(2), call.output(1, x.dtype(), {x.dim(0), channels, history}), 0, history);
    if (y.size() == 0) return;
    const ConvShape shape = resolve_conv({}, channels, all.shape(), w.shape());
    with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      T* const to = y.mutable_data<T>();
      ref::conv(shape, all.data<T>(), w.data<T>(), data_or_null<T>(bias), to);
      if (silu) ref::map(to, to, y.size(), [](T value) { return value / (1 + std::exp(-value)); });
    });
  };
}

}  // namespace

std::span<const OpSpec> causal_conv_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({reference_op("CausalConvWithState", bind_causal_conv)});
  return kOps;
}

}  // namespace qtool
