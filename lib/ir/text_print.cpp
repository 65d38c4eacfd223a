#include <fmt/ranges.h>

#include <algorithm>

#include "ir/text.h"
#include "ir/text_elements.h"
#include "ir/text_lexer.h"

namespace qtool {
namespace {

std::string print_name(const std::string& name) {
  const bool bare =
      !name.empty() && name != "_" && std::all_of(name.begin(), name.end(), is_word_character);
  return bare ? name : quote(name);
}

std::string print_dim(const Dim& dim) {
  if (dim.known()) return std::to_string(dim.value);
  if (dim.name.empty()) return "?";
  const bool like_number = std::string_view("0123456789+-?").find(dim.name[0]) != std::string::npos;
  return like_number ? quote(dim.name) : print_name(dim.name);
}

template <class Items, class Print>
std::string print_list(const Items& items, Print print) {
  std::vector<std::string> texts;
  for (const auto& item : items) texts.push_back(print(item));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string print_type(const ValueType& type) {
  std::string text(name(type.dtype));
  return type.shape ? fmt::format("{}[{}]", text, print_list(*type.shape, print_dim)) : text;
}

// ": float32[2]", or nothing if nothing is known.
std::string type_suffix(const ValueType& type) {
  return type == ValueType{} ? "" : fmt::format(": {}", print_type(type));
}

std::string print_float(float value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

std::string name_after_blank(const std::string& name) {
  return name.empty() ? "" : fmt::format(" {}", print_name(name));
}

class Printer {
 public:
  Printer(std::string indent, int64_t max_elements)
      : indent_(std::move(indent)), max_elements_(max_elements) {}

  void graph(const Graph& graph) {
    for (const ValueId id : graph.inputs()) {
      const Value& value = graph.value(id);
      line("input {}{}", print_name(value.name), type_suffix(value.type));
    }
    for (const ValueId id : graph.values())
      if (const Value& value = graph.value(id); value.constant)
        line("const {}{}", print_name(value.name), constant(value.constant));
    for (const NodeId id : graph.nodes()) line("{}", statement(graph, graph.node(id)));
    for (const ValueId id : graph.outputs()) {
      const Value& value = graph.value(id);
      const bool typed_above = graph.is_input(id) || value.constant;
      line("output {}{}", print_name(value.name), typed_above ? "" : type_suffix(value.type));
    }
  }

  std::string statement(const Graph& graph, const Node& node) const {
    const auto input = [&](ValueId id) {
      return id == ValueId::kNone ? "_" : print_name(graph.value(id).name);
    };
    const auto output = [&](ValueId id) {
      const bool typed_here = id != ValueId::kNone && !graph.is_output(id);
      return input(id) + (typed_here ? type_suffix(graph.value(id).type) : "");
    };
    std::string rest;
    if (!node.attributes.empty())
      rest = fmt::format(" {{{}}}", print_list(node.attributes, [&](const Attribute& attribute) {
                           return this->attribute(attribute);
                         }));
    if (!node.name.empty()) rest += fmt::format(" {}", quote(node.name));
    return fmt::format("{}{}= {}({}){}", print_list(node.outputs, output),
                       node.outputs.empty() ? "" : " ", print_name(full_op_type(node)),
                       print_list(node.inputs, input), rest);
  }

  std::string text;

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text += indent_ + fmt::format(format, std::forward<Args>(args)...) + "\n";
  }

  std::string constant(const Constant& constant) const {
    const Tensor& tensor = *constant.tensor;
    return fmt::format("{} = {}", type_suffix(tensor_type(tensor.dtype(), tensor.shape())),
                       print_elements(tensor, max_elements_));
  }

  std::string attribute(const Attribute& attribute) const {
    const auto* tensor = std::get_if<Constant>(&attribute.value);
    if (tensor != nullptr) return print_name(attribute.name) + constant(*tensor);
    return print_name(attribute.name) + "=" +
           std::visit([&](const auto& value) { return print(value); }, attribute.value);
  }

  std::string print(int64_t value) const { return std::to_string(value); }
  std::string print(float value) const { return print_float(value); }
  std::string print(const std::string& value) const { return quote(value); }
  std::string print(const std::vector<int64_t>& list) const {
    return fmt::format("[{}]", fmt::join(list, ", "));
  }
  std::string print(const std::vector<float>& list) const {
    return fmt::format("{}[{}]", list.empty() ? "floats" : "", print_list(list, print_float));
  }
  std::string print(const std::vector<std::string>& list) const {
    return fmt::format("{}[{}]", list.empty() ? "strings" : "", print_list(list, quote));
  }
  std::string print(const OpaqueAttribute& opaque) const {
    return fmt::format("<{} bytes>", opaque.bytes.size());
  }
  std::string print(const Constant& value) const { return constant(value); }
  std::string print(const std::shared_ptr<const Graph>& subgraph) const {
    Printer inner(indent_ + "  ", max_elements_);
    inner.graph(*subgraph);
    return fmt::format("graph{} {{\n{}{}}}", name_after_blank(subgraph->name), inner.text, indent_);
  }

  std::string indent_;
  int64_t max_elements_;
};

}  // namespace

std::string print_node(const Graph& graph, const Node& node) {
  constexpr int64_t kMostElements = 16;
  return Printer("", kMostElements).statement(graph, node);
}

std::string print_text(const Model& model, int64_t max_elements) {
  std::string text = fmt::format("model ir {}", model.ir_version);
  for (const Opset& opset : model.opsets)
    text += fmt::format(" {} {}", opset.domain.empty() ? "opset" : print_name(opset.domain),
                        opset.version);
  Printer printer("", max_elements);
  printer.graph(model.graph);
  return fmt::format("{}\ngraph{}\n{}", text, name_after_blank(model.graph.name), printer.text);
}

}  // namespace qtool
