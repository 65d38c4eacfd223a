#include <algorithm>

#include "ir/text.h"
#include "ir/text_elements.h"
#include "ir/text_lexer.h"

namespace qtool {
namespace {

DType parse_dtype(const Token& token) {
  for (int i = 0; i <= static_cast<int>(DType::kInt2); ++i)
    if (token.is_word(name(static_cast<DType>(i)))) return static_cast<DType>(i);
  fail_at(token, "expected a type, got '{}'", token.text);
}

bool like_float(const Token& token) {
  return token.kind == TokenKind::kWord && token.text.find_first_of(".en") != std::string::npos;
}

template <class T, class Convert>
std::vector<T> convert_all(const std::vector<Token>& tokens, Convert convert) {
  std::vector<T> result;
  for (const Token& token : tokens) result.push_back(convert(token));
  return result;
}

std::string string_of(const Token& token) {
  if (token.kind != TokenKind::kString) fail_at(token, "expected a string, got '{}'", token.text);
  return token.text;
}

AttributeValue list_attribute(const std::vector<Token>& items) {
  if (!items.empty() && items[0].kind == TokenKind::kString)
    return convert_all<std::string>(items, string_of);
  if (std::any_of(items.begin(), items.end(), like_float))
    return convert_all<float>(items, parse_number<float>);
  return convert_all<int64_t>(items, parse_number<int64_t>);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(tokenize(text)) {}

  Model model() {
    Model model;
    expect_word("model");
    while (!peek().starts_line) {
      const std::string key = name();
      const int64_t number = parse_number<int64_t>(take());
      if (key == "ir")
        model.ir_version = number;
      else
        model.opsets.push_back({key == "opset" ? "" : key, number});
    }
    expect_word("graph");
    if (!peek().starts_line) model.graph.name = name();
    while (peek().kind != TokenKind::kEnd) statement(model.graph);
    return model;
  }

 private:
  // --- tokens ---
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  Token take() {
    const Token token = peek();
    at_ = std::min(at_ + 1, tokens_.size() - 1);
    return token;
  }
  bool accept(char symbol) {
    const bool found = peek().is_symbol(symbol);
    if (found) take();
    return found;
  }
  void expect(char symbol) {
    if (!accept(symbol)) fail_at(peek(), "expected '{}', got {}", symbol, shown(peek()));
  }
  void expect_word(std::string_view word) {
    if (!peek().is_word(word)) fail_at(peek(), "expected '{}', got {}", word, shown(peek()));
    take();
  }
  static std::string shown(const Token& token) {
    return token.kind == TokenKind::kEnd ? "the end" : fmt::format("'{}'", token.text);
  }
  std::string name() {
    const Token token = take();
    if (token.kind != TokenKind::kWord && token.kind != TokenKind::kString)
      fail_at(token, "expected a name, got {}", shown(token));
    return token.text;
  }
  // Calls item() for each of the items up to `close`, which are parted by commas.
  template <class Item>
  void list(char close, Item item) {
    if (accept(close)) return;
    do item();
    while (accept(','));
    expect(close);
  }

  // --- statements ---
  void statement(Graph& graph) {
    if (!peek().starts_line) fail_at(peek(), "expected a new line, got {}", shown(peek()));
    const Token& next = peek(1);
    const bool is_node = next.is_symbol('=') || next.is_symbol(',') || next.is_symbol(':');
    if (!is_node && peek().is_word("input"))
      input(graph);
    else if (!is_node && peek().is_word("const"))
      constant(graph);
    else if (!is_node && peek().is_word("output"))
      output(graph);
    else
      node(graph);
  }

  ValueId value(Graph& graph) {
    const std::string name = this->name();
    const ValueId id = graph.find(name);
    return id == ValueId::kNone ? graph.add_value(name) : id;
  }

  // A value, and its type if that follows.
  ValueId typed_value(Graph& graph) {
    const ValueId id = value(graph);
    if (accept(':')) graph.mutable_value(id).type = type();
    return id;
  }

  void input(Graph& graph) {
    take();
    const Token at = peek();
    const ValueId id = typed_value(graph);
    if (graph.is_input(id)) fail_at(at, "'{}' is an input already", at.text);
    graph.add_input(id);
  }

  void output(Graph& graph) {
    take();
    graph.add_output(typed_value(graph));
  }

  void constant(Graph& graph) {
    take();
    const Token at = peek();
    const ValueId id = value(graph);
    check_undefined(graph, id, at);
    expect(':');
    graph.set_constant(id, typed_constant());
  }

  static void check_undefined(const Graph& graph, ValueId id, const Token& at) {
    if (graph.value(id).producer != NodeId::kNone || graph.value(id).constant)
      fail_at(at, "'{}' is defined twice", at.text);
  }

  void node(Graph& graph) {
    Node node;
    list('=', [&] { node.outputs.push_back(node_output(graph, node)); });
    const std::string op = name();
    const std::size_t dot = op.rfind('.');
    node.domain = dot == std::string::npos ? "" : op.substr(0, dot);
    node.op_type = dot == std::string::npos ? op : op.substr(dot + 1);
    expect('(');
    list(')', [&] { node.inputs.push_back(optional(graph)); });
    if (!peek().starts_line && accept('{'))
      list('}', [&] { node.attributes.push_back(attribute()); });
    if (!peek().starts_line && peek().kind == TokenKind::kString) node.name = take().text;
    graph.add_node(std::move(node));
  }

  ValueId optional(Graph& graph) {
    if (!peek().is_word("_")) return value(graph);
    take();
    return ValueId::kNone;
  }

  ValueId node_output(Graph& graph, const Node& node) {
    const Token at = peek();
    const ValueId id = optional(graph);
    if (id == ValueId::kNone) return id;
    check_undefined(graph, id, at);
    if (std::find(node.outputs.begin(), node.outputs.end(), id) != node.outputs.end())
      fail_at(at, "'{}' is defined twice", at.text);
    if (accept(':')) graph.mutable_value(id).type = type();
    return id;
  }

  // --- types and values ---
  ValueType type() {
    ValueType type{parse_dtype(take()), std::nullopt};
    if (accept('[')) {
      type.shape.emplace();
      list(']', [&] { type.shape->push_back(dim()); });
    }
    return type;
  }

  Dim dim() {
    const Token& token = peek();
    if (token.is_word("?")) {
      take();
      return {};
    }
    const bool number = token.kind == TokenKind::kWord &&
                        std::string_view("0123456789+-").find(token.text[0]) != std::string::npos;
    if (!number) return {-1, name()};
    const Dim dim{parse_number<int64_t>(token), ""};
    if (!dim.known()) fail_at(token, "a dimension is not negative");
    take();
    return dim;
  }

  std::vector<Token> list_items() {
    std::vector<Token> items;
    expect('[');
    list(']', [&] { items.push_back(take()); });
    return items;
  }

  [[noreturn]] void fail_left_out() {
    fail_at(peek(), "the content was left out when this text was printed");
  }

  // TYPE = ELEMENTS
  Constant typed_constant() {
    const Token at = peek();
    const ValueType type = this->type();
    const std::optional<Shape> shape = static_shape(type);
    if (!shape) fail_at(at, "a constant needs a known shape");
    expect('=');
    return Constant(elements(type.dtype, *shape));
  }

  Tensor elements(DType dtype, const Shape& shape) {
    const Token at = peek();
    if (at.is_symbol('<')) fail_left_out();
    if (at.is_symbol('[')) return parse_elements(dtype, shape, list_items(), at);
    take();
    if (at.is_word("hex")) return parse_hex(dtype, shape, take());
    if (!at.is_word("ramp")) return parse_elements(dtype, shape, {at}, at);
    expect('(');
    const Token start = take();
    expect(',');
    const Token step = take();
    expect(')');
    return make_ramp(dtype, shape, start, step);
  }

  Attribute attribute() {
    Attribute attribute{name(), {}, {}};
    if (accept(':')) {
      attribute.value = typed_constant();
    } else {
      expect('=');
      attribute.value = attribute_value();
    }
    return attribute;
  }

  AttributeValue attribute_value() {
    if (peek().is_symbol('<')) fail_left_out();
    if (peek().is_symbol('[')) return list_attribute(list_items());
    const Token token = take();
    if (token.kind == TokenKind::kString) return token.text;
    if (token.is_word("graph")) return subgraph();
    if (token.is_word("floats")) return convert_all<float>(list_items(), parse_number<float>);
    if (token.is_word("strings")) return convert_all<std::string>(list_items(), string_of);
    if (like_float(token)) return parse_number<float>(token);
    return parse_number<int64_t>(token);
  }

  std::shared_ptr<const Graph> subgraph() {
    auto graph = std::make_shared<Graph>();
    if (!peek().is_symbol('{')) graph->name = name();
    expect('{');
    while (!peek().is_symbol('}') && peek().kind != TokenKind::kEnd) statement(*graph);
    expect('}');
    return graph;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

Model parse_text(std::string_view text) { return Parser(text).model(); }

}  // namespace qtool
