#include "tensor/cast.h"

#include <memory>

#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

DType read_to(const BindContext& context) {
  const int64_t* to = find_attribute<int64_t>(context.node, "to");
  if (to == nullptr) fail("attribute 'to' is missing");
  if (*to <= 0 || *to > static_cast<int64_t>(DType::kInt2)) fail("type {} is not known", *to);
  return static_cast<DType>(*to);
}

CastRule read_rule(const BindContext& context) {
  const auto mode = context.attribute<std::string>("round_mode", "up");
  CastRule rule{.saturate = context.attribute<int64_t>("saturate", 1) != 0};
  if (mode == "down")
    rule.rounding = ExponentRounding::kDown;
  else if (mode == "nearest")
    rule.rounding = ExponentRounding::kNearest;
  else if (mode != "up")
    fail("round_mode '{}' is not known", mode);
  return rule;
}

void cast_input(KernelCall& call, DType to, const CastRule& rule) {
  const Tensor& x = call.input(0);
  if (x.dtype() == to) return call.set_output(0, x);
  cast(x, call.output(0, to, x.shape()), rule);
}

Kernel bind_cast(const BindContext& context) {
  return [to = read_to(context), rule = read_rule(context)](KernelCall& call) {
    cast_input(call, to, rule);
  };
}

Kernel bind_cast_like(const BindContext& context) {
  return [rule = read_rule(context)](KernelCall& call) {
    cast_input(call, call.input(1).dtype(), rule);
  };
}

// The same bytes as another type. Those of a bool can only be 0 and 1.
Tensor bit_cast(const Tensor& x, DType to) {
  if (x.dtype() == DType::kString || bits(x.dtype()) != bits(to))
    fail("elements of type {} do not have the bits of {}", name(x.dtype()), name(to));
  const auto owner = std::make_shared<const Tensor>(x);
  const auto as = [&](DType dtype) { return Tensor::view(dtype, x.shape(), owner, owner->raw()); };
  return to == DType::kBool ? cast(as(DType::kUInt8), to) : as(to);
}

Kernel bind_bit_cast(const BindContext& context) {
  return [to = read_to(context)](KernelCall& call) {
    call.set_output(0, bit_cast(call.input(0), to));
  };
}

}  // namespace

std::span<const OpSpec> cast_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Cast", bind_cast),
      reference_op("CastLike", bind_cast_like),
      reference_op("BitCast", bind_bit_cast),
  };
  return kOps;
}

}  // namespace qtool
