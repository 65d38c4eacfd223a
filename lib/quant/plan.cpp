#include "quant/plan.h"

#include <algorithm>
#include <set>

#include "onnx_io/onnx_io.h"

namespace qtool {
namespace {

// The first opset whose QuantizeLinear and DequantizeLinear take the type and the blocks.
int64_t first_opset(const QuantParams& params) {
  if (params.dtype == DType::kInt2 || params.dtype == DType::kUInt2) return 25;
  if (bits(params.dtype) != 8 || params.block > 0) return 21;
  const bool is_integer = params.dtype == DType::kInt8 || params.dtype == DType::kUInt8;
  return is_integer ? kQuantizationOpset : 19;
}

}  // namespace

std::string_view name(Source source) {
  switch (source) {
    case Source::kOwn:
      return "own";
    case Source::kShared:
      return "shared";
    case Source::kDerived:
      return "derived";
    case Source::kDynamic:
      return "dynamic";
  }
  QTOOL_ASSERT(false);
}

int64_t required_opset(const QuantPlan& plan) {
  std::set<std::string> dynamic;  // what these read goes through no DequantizeLinear
  for (const NodePlan& node : plan.nodes)
    if (node.mode == Mode::kDynamic) dynamic.insert(node.node);
  int64_t opset = kQuantizationOpset;
  for (const TensorPlan& tensor : plan.tensors)
    if (tensor.source != Source::kDynamic &&
        (tensor.readers.empty() || !dynamic.contains(tensor.readers[0])))
      opset = std::max(opset, first_opset(tensor.params));
  return opset;
}

}  // namespace qtool
