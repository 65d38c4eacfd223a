#include "quant/quantized_operators.h"

#include <re2/re2.h>

#include "ir/bodies.h"

namespace qtool {

std::map<std::string, int> quantized_operators(const Graph& graph) {
  // QuantizeLinear, DynamicQuantizeLSTM; QLinearConv, QGemm; ConvInteger; MatMulNBits, MatMulBnb4
  static const re2::RE2 kNames("(?i:quantize)|^Q[A-Z]|Integer|NBits|Bnb4|FpQ4");
  std::map<std::string, int> found;
  for_each_graph(graph, [&](const Graph& each) {
    for (const NodeId id : each.nodes()) {
      const Node& node = each.node(id);
      const bool is_known = node.domain.empty() || node.domain == "com.microsoft";
      if (is_known && re2::RE2::PartialMatch(node.op_type, kNames)) ++found[full_op_type(node)];
    }
  });
  return found;
}

}  // namespace qtool
