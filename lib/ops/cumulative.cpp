#include "kernels/reference/cumulate.h"
#include "kernels/reference/reduce.h"
#include "ops/half_as_float.h"
#include "ops/integer_types.h"
#include "ops/registry.h"
#include "ops/shapes.h"

namespace qtool {
namespace {

namespace ref = reference;

// The axis that input 1 names.
int read_axis(const KernelCall& call) {
  const std::vector<int64_t> axis = to_int64s(call.input(1));
  if (axis.size() != 1) fail("axis must be a scalar, got {}", to_string(call.input(1).shape()));
  return normalize_axis(axis[0], call.input(0).rank());
}

template <template <class> class Reduction>
Kernel bind_cumulative(const BindContext& context) {
  const bool exclusive = context.attribute<int64_t>("exclusive", 0) != 0;
  const bool reverse = context.attribute<int64_t>("reverse", 0) != 0;
  return [exclusive, reverse](KernelCall& call) {
    const Tensor& x = call.input(0);
    const AxisSplit s = split_at(x.shape(), read_axis(call));
    Tensor& y = call.output(0, x.dtype(), x.shape());
    using WideTypes = Types<float, double, uint32_t, uint64_t>;
    with_type(WideTypes{}, unsigned_type(x.dtype()), [&]<class T>(std::type_identity<T>) {
      ref::cumulate<Reduction<T>>(s.outer, s.axis, s.inner, exclusive, reverse,
                                  static_cast<const T*>(x.raw()), static_cast<T*>(y.mutable_raw()));
    });
  };
}

}  // namespace

std::span<const OpSpec> cumulative_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("CumSum", bind_cumulative<ref::SumOf>,
                   {.inputs = {Role::kActivation, Role::kPlain}}),
      reference_op("CumProd", bind_cumulative<ref::ProdOf>),
  });
  return kOps;
}

}  // namespace qtool
