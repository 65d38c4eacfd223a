#include <string>

#include "kernels/reference/binary.h"
#include "ops/broadcast.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"

namespace qtool {
namespace {

namespace ref = reference;

// a < b is b > a.
template <class F>
Kernel bind_swapped(const BindContext&) {
  return [](KernelCall& call) { run_binary<F, NumericTypes>(call, call.input(1), call.input(0)); };
}

}  // namespace

std::span<const OpSpec> compare_ops() {
  using EqualTypes = Types<float, double, uint8_t, uint16_t, uint32_t, uint64_t, bool, std::string>;
  static const std::vector<OpSpec> kOps = halves_as_float({
      modular_binary<ref::Equal, EqualTypes>("Equal"),
      binary<ref::Greater, NumericTypes>("Greater"),
      binary<ref::GreaterOrEqual, NumericTypes>("GreaterOrEqual"),
      reference_op("Less", bind_swapped<ref::Greater>),
      reference_op("LessOrEqual", bind_swapped<ref::GreaterOrEqual>),
  });
  return kOps;
}

}  // namespace qtool
