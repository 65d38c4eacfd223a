#include "mutation/mutate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "ops/registry.h"

namespace qtool {
namespace {

std::size_t below(std::size_t count, Random& random) { return random() % count; }

template <class T, std::size_t N>
T one_of(const std::array<T, N>& choices, Random& random) {
  return choices[below(N, random)];
}

int64_t odd_integer(Random& random) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  constexpr std::array<int64_t, 16> kChoices = {
      kMin, kMin + 1,         -(int64_t{1} << 31) - 1, -1000, -3, -2, -1, 0, 1, 2, 3, 7,
      1000, int64_t{1} << 31, int64_t{1} << 62,        kMax};
  return one_of(kChoices, random);
}

float odd_float(Random& random) {
  constexpr std::array<float, 9> kChoices = {NAN,   INFINITY, -INFINITY, 0.0F, -1.0F,
                                             1e38F, -1e38F,   1e-40F,    0.5F};
  return one_of(kChoices, random);
}

// --- attributes

void mutate_ints(std::vector<int64_t>& values, Random& random) {
  switch (below(4, random)) {
    case 0:
      values.clear();
      break;
    case 1:
      values.push_back(odd_integer(random));
      break;
    case 2:
      if (!values.empty()) values.pop_back();
      break;
    default:
      if (!values.empty()) values[below(values.size(), random)] = odd_integer(random);
  }
}

void mutate_value(AttributeValue& value, Random& random) {
  if (auto* integer = std::get_if<int64_t>(&value)) *integer = odd_integer(random);
  if (auto* number = std::get_if<float>(&value)) *number = odd_float(random);
  if (auto* ints = std::get_if<std::vector<int64_t>>(&value)) mutate_ints(*ints, random);
  if (auto* floats = std::get_if<std::vector<float>>(&value))
    floats->resize(below(5, random), odd_float(random));
  if (auto* text = std::get_if<std::string>(&value))
    *text = one_of(std::array<const char*, 3>{"", "nonsense", "(((((["}, random);
  if (auto* texts = std::get_if<std::vector<std::string>>(&value))
    texts->resize(below(4, random), "nonsense");
}

std::string mutate_attribute(Node& node, Random& random) {
  if (node.attributes.empty()) return "nothing";
  const std::size_t index = below(node.attributes.size(), random);
  const std::string name = node.attributes[index].name;
  if (below(4, random) == 0) {
    remove_attribute(node, name);
    return "dropped attribute " + name;
  }
  mutate_value(node.attributes[index].value, random);
  return "changed attribute " + name;
}

// --- tensors

Shape odd_shape(Shape shape, Random& random) {
  switch (below(5, random)) {
    case 0:
      shape.insert(shape.begin(), 1);
      break;
    case 1:
      if (!shape.empty()) shape.pop_back();
      break;
    case 2:
      shape.clear();
      break;
    default:
      if (!shape.empty())
        shape[below(shape.size(), random)] = static_cast<int64_t>(below(6, random));
  }
  return shape;
}

DType odd_type(Random& random) {
  constexpr std::array<DType, 14> kChoices = {
      DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16,    DType::kInt8,
      DType::kUInt8,   DType::kInt16,   DType::kInt32,   DType::kInt64,       DType::kUInt64,
      DType::kBool,    DType::kString,  DType::kInt4,    DType::kFloat8E4M3FN};
  return one_of(kChoices, random);
}

// A tensor whose elements are copies of those of `model`, or bytes that are odd for any type.
Tensor filled(DType dtype, const Shape& shape, const Tensor& model, Random& random) {
  Tensor tensor(dtype, shape);
  if (dtype == DType::kString) return tensor;
  auto* bytes = static_cast<unsigned char*>(tensor.mutable_raw());
  const auto* source = static_cast<const unsigned char*>(model.raw());
  const bool copies = model.dtype() == dtype && model.bytes() > 0;
  const unsigned char odd = one_of(std::array<unsigned char, 4>{0, 0x7F, 0x80, 0xFF}, random);
  for (std::size_t i = 0; i < tensor.bytes(); ++i)
    bytes[i] = copies ? source[i % model.bytes()] : dtype == DType::kBool ? odd & 1 : odd;
  return tensor;
}

// One element becomes extreme.
Tensor with_odd_element(const Tensor& tensor, Random& random) {
  if (tensor.size() == 0 || tensor.dtype() == DType::kString || tensor.dtype() == DType::kBool)
    return tensor;
  Tensor result = tensor.clone();
  const std::size_t at = below(static_cast<std::size_t>(result.size()), random);
  if (result.dtype() == DType::kFloat32) {
    result.mutable_data<float>()[at] = odd_float(random);
  } else if (result.dtype() == DType::kInt64) {
    result.mutable_data<int64_t>()[at] = odd_integer(random);
  } else {
    auto* bytes = static_cast<unsigned char*>(result.mutable_raw());
    bytes[below(result.bytes(), random)] ^= 0x80;
  }
  return result;
}

Tensor mutate_tensor(const Tensor& tensor, Random& random) {
  switch (below(4, random)) {
    case 0:
      return filled(tensor.dtype(), odd_shape(tensor.shape(), random), tensor, random);
    case 1:
      return filled(odd_type(random), tensor.shape(), tensor, random);
    default:
      return with_odd_element(tensor, random);
  }
}

// --- graphs

// Types stated in the file would only make the feed fail.
void forget_types(Graph& graph) {
  for (const ValueId id : graph.values())
    if (graph.constant(id) == nullptr) graph.mutable_value(id).type = {};
}

std::string mutate_feed(Model& model, DatumMap& feed, Random& random) {
  if (feed.empty()) return "nothing";
  auto it = feed.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(below(feed.size(), random)));
  forget_types(model.graph);
  if (it->second.is_tensor())
    it->second = mutate_tensor(it->second.tensor(), random);
  else
    it->second = Datum();
  return "changed input " + it->first;
}

// An input becomes a constant, so that passes and bindings see it.
std::string mutate_constant(Model& model, DatumMap& feed, Random& random) {
  if (feed.empty()) return "nothing";
  auto it = feed.begin();
  std::advance(it, static_cast<std::ptrdiff_t>(below(feed.size(), random)));
  if (!it->second.is_tensor()) return "nothing";
  const std::string name = it->first;
  model.graph.set_constant(model.graph.find(name),
                           Constant(mutate_tensor(it->second.tensor(), random)));
  feed.erase(it);
  return "made a constant of input " + name;
}

std::string mutate_edges(Graph& graph, NodeId id, Random& random) {
  std::vector<ValueId> inputs = graph.node(id).inputs;
  if (inputs.empty()) return "nothing";
  const std::size_t at = below(inputs.size(), random);
  switch (below(4, random)) {
    case 0:
      inputs.pop_back();
      break;
    case 1:
      inputs[at] = ValueId::kNone;
      break;
    case 2:
      std::swap(inputs[at], inputs[0]);
      break;
    default:
      inputs.push_back(inputs[at]);
  }
  graph.set_inputs(id, std::move(inputs));
  return "changed the inputs of a node";
}

std::string mutate_operator(Node& node, Random& random) {
  const OpSpec& op = all_ops()[below(all_ops().size(), random)];
  node.domain = op.domain;
  node.op_type = op.op_type;
  return "made a node " + full_op_type(node);
}

std::string mutate_opset(Model& model, Random& random) {
  const auto version = static_cast<int64_t>(7 + below(20, random));
  for (Opset& opset : model.opsets)
    if (opset.domain.empty()) opset.version = version;
  return fmt::format("made the opset {}", version);
}

}  // namespace

std::string mutate(Model& model, DatumMap& feed, Random& random) {
  const std::vector<NodeId> nodes = model.graph.nodes();
  if (nodes.empty()) return "nothing";
  const NodeId id = nodes[below(nodes.size(), random)];
  switch (below(10, random)) {
    case 0:
    case 1:
    case 2:
      return mutate_attribute(model.graph.mutable_node(id), random);
    case 3:
    case 4:
    case 5:
      return mutate_feed(model, feed, random);
    case 6:
      return mutate_constant(model, feed, random);
    case 7:
      return mutate_edges(model.graph, id, random);
    case 8:
      forget_types(model.graph);
      return mutate_operator(model.graph.mutable_node(id), random);
    default:
      return mutate_opset(model, random);
  }
}

}  // namespace qtool
