#include "kernels/reference/deform_conv.h"

#include "kernels/reference/matmul.h"
#include "ops/conv.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace qtool {
namespace {

namespace ref = reference;

struct DeformNode {
  WindowAttributes window;
  int64_t groups;
  int64_t offset_groups;
};

// [batch, entries, output...], the shape of offsets and mask.
void check_entries(const KernelCall& call, std::size_t index, const ConvShape& s, int64_t entries) {
  const Tensor& tensor = call.input(index);
  require_same_type(call.input(0), tensor);
  const Shape expected = window_output_shape(s.batch, entries, s.window);
  if (tensor.shape() != expected)
    fail("input {} of shape {} must be {}", index, to_string(tensor.shape()), to_string(expected));
}

ConvShape resolve(const DeformNode& node, const KernelCall& call) {
  const Tensor& x = call.input(0);
  require_same_type(x, call.input(1));
  const ConvShape s = resolve_conv(node.window, node.groups, x.shape(), call.input(1).shape());
  if (node.offset_groups < 1 || s.in_channels % node.offset_groups != 0)
    fail("{} channels cannot be divided into {} groups", s.in_channels, node.offset_groups);
  const int64_t entries = element_count({node.offset_groups, volume(s.window.kernel)});
  check_entries(call, 2, s, entries * s.window.rank);
  if (call.has(4)) check_entries(call, 4, s, entries);
  return s;
}

// y = bias + w · columns for each image and group.
template <class T>
void run(const DeformNode& node, const ConvShape& s, KernelCall& call, const Tensor* bias,
         Tensor& y) {
  const int64_t outputs = volume(s.window.output);
  const int64_t taps = volume(s.window.kernel);
  Tensor columns = call.scratch(y.dtype(), {s.in_channels, taps, outputs});
  const int64_t entries = node.offset_groups * taps * outputs;
  const T* mask = call.has(4) ? call.input(4).data<T>() : nullptr;
  const MatMulShape product = {
      {s.groups}, {s.groups}, s.out_channels / s.groups, s.in_channels / s.groups * taps, outputs,
      false,      false};
  T* to = y.mutable_data<T>();
  for (int64_t n = 0; n < s.batch; ++n) {
    const ref::Deformation<T> deformation = {node.offset_groups,
                                             call.input(2).data<T>() + n * entries * s.window.rank,
                                             mask == nullptr ? nullptr : mask + n * entries};
    ref::deformed_columns(s.window, s.in_channels, deformation,
                          call.input(0).data<T>() + n * s.in_channels * volume(s.window.input),
                          columns.mutable_data<T>());
    ref::matmul(product, 1, call.input(1).data<T>(), columns.data<T>(), to);
    for (int64_t m = 0; m < s.out_channels; ++m)
      for (int64_t o = 0; o < outputs; ++o, ++to)
        if (bias != nullptr) *to += bias->data<T>()[m];
  }
}

Kernel bind_deform_conv(const BindContext& context) {
  const DeformNode node = {read_window(context), context.attribute<int64_t>("group", 1),
                           context.attribute<int64_t>("offset_group", 1)};
  return [node](KernelCall& call) {
    const ConvShape s = resolve(node, call);
    const Tensor* bias = read_bias(call, 3, s.out_channels);
    const Tensor& x = call.input(0);
    Tensor& y = call.output(0, x.dtype(), window_output_shape(s.batch, s.out_channels, s.window));
    if (y.size() == 0) return;
    if (volume(s.window.input) == 0) fail("input {} has no elements", to_string(x.shape()));
    with_type(FloatTypes{}, x.dtype(),
              [&]<class T>(std::type_identity<T>) { run<T>(node, s, call, bias, y); });
  };
}

}  // namespace

std::span<const OpSpec> deform_conv_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({reference_op("DeformConv", bind_deform_conv)});
  return kOps;
}

}  // namespace qtool
