#include "ir/fingerprint.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace qtool {
namespace {

static_assert(std::endian::native == std::endian::little, "constants are hashed as they lie");

std::string digest(const void* data, std::size_t size) {
  XXH128_canonical_t canonical;  // big-endian, the same on every machine
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
  return {reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
}

std::string digest_of(const Graph& graph);

/// Appends what it is given to one text from which it could be read back: every part has its length
/// or a fixed one.
class Canonical {
 public:
  void add(int64_t number) { text_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void add(float number) { add(int64_t{std::bit_cast<uint32_t>(number)}); }
  void add(const std::string& text) {
    add(static_cast<int64_t>(text.size()));
    text_ += text;
  }
  void add(const Tensor& tensor);
  void add(const Constant& constant) { add(*constant.tensor); }
  void add(const OpaqueAttribute& attribute) { add(attribute.bytes); }
  void add(const std::shared_ptr<const Graph>& body) { add(digest_of(*body)); }
  void add(const ValueType& type);
  template <class T>
  void add(const std::vector<T>& list) {
    add(static_cast<int64_t>(list.size()));
    for (const T& each : list) add(each);
  }
  /// In the order of the texts, so that the order of the list does not count.
  void add_unordered(std::vector<std::string> list) {
    std::sort(list.begin(), list.end());
    add(list);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void Canonical::add(const Tensor& tensor) {
  add(static_cast<int64_t>(tensor.dtype()));
  add(tensor.shape());
  if (tensor.dtype() == DType::kString)
    add(tensor.to_vector<std::string>());
  else
    add(digest(tensor.loaded().raw(), tensor.bytes()));
}

void Canonical::add(const ValueType& type) {
  add(static_cast<int64_t>(type.dtype));
  add(type.shape ? static_cast<int64_t>(type.shape->size()) : int64_t{-1});
  if (!type.shape) return;
  for (const Dim& dim : *type.shape) {
    add(dim.value);
    add(dim.name);
  }
}

std::string canonical(const Attribute& attribute) {
  Canonical result;
  result.add(attribute.name);
  result.add(static_cast<int64_t>(attribute.value.index()));
  std::visit([&](const auto& value) { result.add(value); }, attribute.value);
  return result.text();
}

// A left-out value has no name.
std::vector<std::string> names(const Graph& graph, const std::vector<ValueId>& values) {
  std::vector<std::string> result;
  for (const ValueId id : values)
    result.push_back(id == ValueId::kNone ? "" : graph.value(id).name);
  return result;
}

std::string canonical(const Graph& graph, const Node& node) {
  Canonical result;
  result.add(names(graph, node.outputs));
  result.add(names(graph, node.inputs));
  result.add(std::vector<std::string>{node.name, node.domain, node.op_type});
  std::vector<std::string> attributes;
  for (const Attribute& attribute : node.attributes) attributes.push_back(canonical(attribute));
  result.add_unordered(std::move(attributes));
  return result.text();
}

std::vector<std::string> constants_in_use(const Graph& graph) {
  const std::set<ValueId> captured = graph.captured();
  std::vector<std::string> result;
  for (const ValueId id : graph.values()) {
    const Value& value = graph.value(id);
    if (!value.constant) continue;
    if (value.consumers.empty() && !graph.is_output(id) && !captured.contains(id)) continue;
    Canonical constant;
    constant.add(value.name);
    constant.add(value.constant);
    result.push_back(constant.text());
  }
  return result;
}

std::string digest_of(const Graph& graph) {
  Canonical result;
  for (const auto& ports : {graph.inputs(), graph.outputs()}) {
    result.add(names(graph, ports));
    for (const ValueId id : ports) result.add(graph.value(id).type);
  }
  std::vector<std::string> nodes;
  for (const NodeId id : graph.nodes()) nodes.push_back(canonical(graph, graph.node(id)));
  result.add_unordered(std::move(nodes));
  result.add_unordered(constants_in_use(graph));
  return digest(result.text().data(), result.text().size());
}

std::string in_hexadecimal(const std::string& digest) {
  std::string text;
  for (const char byte : digest) text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return text;
}

}  // namespace

std::string fingerprint(const Graph& graph) { return in_hexadecimal(digest_of(graph)); }

std::string fingerprint(std::string_view text) {
  return in_hexadecimal(digest(text.data(), text.size()));
}

}  // namespace qtool
