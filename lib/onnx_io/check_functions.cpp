#include "onnx_io/check_functions.h"

#include <map>
#include <tuple>

#include "base/error.h"

namespace qtool {
namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;
using Key = std::tuple<std::string, std::string, std::string>;

constexpr int64_t kMostNodes = 100'000;
constexpr int kDeepest = 64;

Key key(const std::string& domain, const std::string& name, const std::string& overload) {
  return {domain == "ai.onnx" ? "" : domain, name, overload};
}

// Goes through all nodes as if functions were expanded.
class Expansion {
 public:
  explicit Expansion(const onnx::ModelProto& model) {
    for (const onnx::FunctionProto& f : model.functions())
      functions_.emplace(key(f.domain(), f.name(), f.overload()), &f);
  }

  void count(const Nodes& nodes, int depth) {
    for (const onnx::NodeProto& node : nodes) {
      if (depth > 0 && ++count_ > kMostNodes)
        fail("its functions expand to more than {} nodes", kMostNodes);
      for (const onnx::AttributeProto& attribute : node.attribute()) {
        count(attribute.g().node(), depth);
        for (const onnx::GraphProto& graph : attribute.graphs()) count(graph.node(), depth);
      }
      count_called(node, depth);
    }
  }

 private:
  void count_called(const onnx::NodeProto& node, int depth) {
    const auto called = functions_.find(key(node.domain(), node.op_type(), node.overload()));
    if (called == functions_.end()) return;
    if (depth == kDeepest)
      fail("its functions call each other more than {} deep, or themselves: '{}'", kDeepest,
           node.op_type());
    count(called->second->node(), depth + 1);
  }

  std::map<Key, const onnx::FunctionProto*> functions_;
  int64_t count_ = 0;
};

}  // namespace

void check_functions(const onnx::ModelProto& model) {
  if (model.functions().empty()) return;
  Expansion expansion(model);
  expansion.count(model.graph().node(), 0);
  for (const onnx::FunctionProto& f : model.functions()) expansion.count(f.node(), 1);
}

}  // namespace qtool
