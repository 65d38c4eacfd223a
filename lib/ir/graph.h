#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

class Graph;

/// Index of a node in its graph; stays valid until the node is removed.
enum class NodeId : int32_t { kNone = -1 };
/// Index of a value in its graph; kNone as an input stands for an optional one left out.
enum class ValueId : int32_t { kNone = -1 };

/// Bytes of a protobuf message that qtool does not model and writes back as they came.
using Opaque = std::string;

/// A tensor written in the model: an initializer or a tensor attribute.
struct Constant {
  std::shared_ptr<const Tensor> tensor;
  bool typed_fields = false;  // the file holds it in float_data, int32_data… instead of raw_data
  Opaque extra;               // what else its TensorProto says

  Constant() = default;
  explicit Constant(Tensor value) : tensor(std::make_shared<const Tensor>(std::move(value))) {}
  explicit operator bool() const { return tensor != nullptr; }
};

/// A whole attribute that qtool does not model: sparse tensor, type, reference to a function's.
struct OpaqueAttribute {
  Opaque bytes;
};

using AttributeValue = std::variant<int64_t, float, std::string, Constant,
                                    std::shared_ptr<const Graph>, std::vector<int64_t>,
                                    std::vector<float>, std::vector<std::string>, OpaqueAttribute>;

struct Attribute {
  std::string name;
  AttributeValue value;
  Opaque extra;
};

struct Dim {
  int64_t value = -1;  // -1: not known
  std::string name;    // symbolic name of an unknown one, may be empty
  bool known() const { return value >= 0; }
  bool operator==(const Dim&) const = default;
};

/// Type of a value as far as it is known before a run.
struct ValueType {
  DType dtype = DType::kUndefined;
  std::optional<std::vector<Dim>> shape;  // absent: not even the rank is known
  bool operator==(const ValueType&) const = default;
};

/// The shape if all of it is known.
std::optional<Shape> static_shape(const ValueType& type);
/// Type of a tensor, or a type with the given known shape.
ValueType tensor_type(DType dtype, const Shape& shape);

/// An edge: a graph input, a constant, or the output of one node; named uniquely in its graph.
struct Value {
  std::string name;
  ValueType type;
  Constant constant;  // set for initializers
  NodeId producer = NodeId::kNone;
  std::vector<NodeId> consumers;  // one entry per input slot that reads it
  bool listed = false;            // the file lists it in value_info
  Opaque extra;                   // what else its ValueInfoProto says
};

struct Node {
  std::string domain;  // empty for ai.onnx
  std::string op_type;
  std::string name;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Attribute> attributes;
  Opaque extra;
};

/// "Conv" or "com.microsoft.QLinearAdd".
std::string full_op_type(const Node& node);
/// The attribute of that name or null.
const Attribute* find_attribute(const Node& node, std::string_view name);
/// The attribute's value or null; throws Error if it is there with another type than T.
template <class T>
const T* find_attribute(const Node& node, std::string_view name) {
  const Attribute* attribute = find_attribute(node, name);
  if (attribute == nullptr) return nullptr;
  const T* value = std::get_if<T>(&attribute->value);
  if (value == nullptr) fail("attribute '{}' of {} has the wrong type", name, full_op_type(node));
  return value;
}
/// The attribute's value or `fallback`; throws Error as find_attribute does.
template <class T>
T attribute_or(const Node& node, std::string_view name, T fallback) {
  const T* value = find_attribute<T>(node, name);
  return value == nullptr ? std::move(fallback) : *value;
}
/// Adds the attribute or replaces its value.
void set_attribute(Node& node, std::string_view name, AttributeValue value);
void remove_attribute(Node& node, std::string_view name);
/// How messages call a node: "node 'conv1' (Conv)", by its first output if it has no name.
std::string describe(const Graph& graph, const Node& node);

/// Topology and constants of an ONNX graph as a plain value: a copy shares the weights and nothing
/// else. Producers and consumers are kept up to date by every change made through its functions.
class Graph {
 public:
  std::string name;
  Opaque extra;  // what else its GraphProto says

  // --- reading ---
  const Value& value(ValueId id) const { return values_[static_cast<std::size_t>(id)]; }
  const Node& node(NodeId id) const { return *nodes_[static_cast<std::size_t>(id)]; }
  bool contains(NodeId id) const { return nodes_[static_cast<std::size_t>(id)].has_value(); }
  const std::vector<ValueId>& inputs() const { return inputs_; }
  const std::vector<ValueId>& outputs() const { return outputs_; }
  /// Upper bound of the ids in use; values without any use are kept until compact().
  std::size_t value_count() const { return values_.size(); }
  std::vector<ValueId> values() const;
  /// All nodes, every one after those it reads from; otherwise in the order they were added.
  /// Throws Error, naming a node, if the graph has a cycle.
  std::vector<NodeId> nodes() const;
  std::size_t node_count() const;
  /// The value of that name, or kNone.
  ValueId find(std::string_view name) const;
  /// The constant that input `index` of `node` reads, or null: left out, or not constant.
  const Tensor* constant_input(const Node& node, std::size_t index) const;
  const Tensor* constant(ValueId id) const;
  bool is_input(ValueId id) const;
  bool is_output(ValueId id) const;
  /// Values that subgraphs of this graph's nodes read by name. Their names must not change.
  std::set<ValueId> captured() const;
  /// Names of this graph that are read but defined outside: what a subgraph captures.
  std::set<std::string> free_names() const;

  // --- changing ---
  /// Adds a value. The name must be new; see unique_name.
  ValueId add_value(std::string name, ValueType type = {});
  ValueId add_constant(std::string name, Constant constant);
  /// `base`, or `base` with the first suffix "_1", "_2"… that makes it new.
  std::string unique_name(std::string_view base) const;
  void set_name(ValueId id, std::string name);
  Value& mutable_value(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
  void set_constant(ValueId id, Constant constant);

  /// Adds a node; inputs and outputs are values of this graph, outputs have no other producer.
  NodeId add_node(Node node);
  void remove_node(NodeId id);
  /// Name, type, attributes of a node; inputs and outputs are changed by the functions below.
  Node& mutable_node(NodeId id) { return *nodes_[static_cast<std::size_t>(id)]; }
  void set_input(NodeId node, std::size_t index, ValueId value);
  void set_inputs(NodeId node, std::vector<ValueId> inputs);
  void set_output(NodeId node, std::size_t index, ValueId value);
  /// Every node that reads `from` reads `to` instead. Graph outputs and captured names are not
  /// touched: the caller checks is_output and captured first.
  void replace_uses(ValueId from, ValueId to);

  void add_input(ValueId id) { inputs_.push_back(id); }
  void set_graph_inputs(std::vector<ValueId> ids) { inputs_ = std::move(ids); }
  void add_output(ValueId id) { outputs_.push_back(id); }
  /// Drops values that nothing produces, reads, outputs or captures. Invalidates all ids.
  void compact();

 private:
  void link(NodeId id);
  void unlink(NodeId id);

  std::vector<Value> values_;
  std::vector<std::optional<Node>> nodes_;
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  std::unordered_map<std::string, ValueId> by_name_;
};

/// The domain of nodes that only the runtime makes; files never hold it.
inline constexpr std::string_view kInternalDomain = "qtool.internal";

struct Opset {
  std::string domain;  // empty for ai.onnx
  int64_t version = 0;
  bool operator==(const Opset&) const = default;
};

/// A whole model. Functions, metadata and the like are carried in `extra`.
struct Model {
  int64_t ir_version = 0;
  std::vector<Opset> opsets;
  Graph graph;
  Opaque extra;  // what else its ModelProto says
};

/// Version of the domain that the model imports, or 0. "ai.onnx" and "" are the same domain.
int64_t opset_version(const Model& model, std::string_view domain);
/// Adds the domain or raises its version.
void require_opset(Model& model, std::string_view domain, int64_t version);

}  // namespace qtool
