#include "ir/graph.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>

#include "ir/text.h"

namespace qtool {
namespace {

Graph parse_graph(const std::string& statements) {
  return parse_text("model ir 8 opset 13\ngraph g\n" + statements).graph;
}

NodeId producer(const Graph& graph, std::string_view name) {
  return graph.value(graph.find(name)).producer;
}

std::vector<std::string> op_types(const Graph& graph) {
  std::vector<std::string> result;
  for (const NodeId id : graph.nodes()) result.push_back(graph.node(id).op_type);
  return result;
}

// The producer and consumer lists as they must be, found from the nodes alone.
void check_links(const Graph& graph) {
  for (const ValueId id : graph.values()) {
    NodeId producer = NodeId::kNone;
    std::vector<NodeId> consumers;
    for (const NodeId node : graph.nodes()) {
      for (const ValueId output : graph.node(node).outputs)
        if (output == id) producer = node;
      for (const ValueId input : graph.node(node).inputs)
        if (input == id) consumers.push_back(node);
    }
    INFO(graph.value(id).name);
    CHECK(graph.value(id).producer == producer);
    std::vector<NodeId> found = graph.value(id).consumers;
    std::sort(found.begin(), found.end());
    std::sort(consumers.begin(), consumers.end());
    CHECK(found == consumers);
  }
}

TEST_CASE("nodes come after those they read from, otherwise in the order they were added") {
  const Graph graph = parse_graph(R"(
    input x: float32[1]
    d = D(c, b)
    a = A(x)
    b = B(a)
    c = C(a)
    e = E(x))");
  CHECK(op_types(graph) == std::vector<std::string>{"A", "C", "B", "D", "E"});
}

TEST_CASE("a node with a subgraph comes after the values that the subgraph captures") {
  const Graph graph = parse_graph(R"(
    input x: bool[]
    y = If(x) {then_branch=graph {
      r = Neg(late)
      output r
    }}
    late = Late(x))");
  CHECK(op_types(graph) == std::vector<std::string>{"Late", "If"});
}

TEST_CASE("cycles are found") {
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES(parse_graph("a = A(b)\nb = B(a) \"second\"").nodes(), Error,
                       Message("the graph has a cycle through the A node that writes 'a'"));
  CHECK_THROWS_AS(parse_graph("a = A(a)").nodes(), Error);
  CHECK_NOTHROW(parse_graph("a = A(x, x)\nb = B(a, a)\nc = C(a, b)").nodes());
}

TEST_CASE("replace_uses moves every reader and keeps the lists true") {
  Graph graph = parse_graph(R"(
    input x: float32[1]
    input z: float32[1]
    a = A(x, x)
    b = B(x, a)
    output x)");
  graph.replace_uses(graph.find("x"), graph.find("z"));
  check_links(graph);
  CHECK(graph.value(graph.find("x")).consumers.empty());
  CHECK(graph.value(graph.find("z")).consumers.size() == 3);
  CHECK(graph.is_output(graph.find("x")));
}

TEST_CASE("changing inputs and outputs of a node keeps the lists true") {
  Graph graph = parse_graph("input x: float32[1]\na = A(x, x)\nb = B(a)");
  const NodeId a = producer(graph, "a");
  graph.set_input(a, 1, ValueId::kNone);
  check_links(graph);
  graph.set_inputs(a, {graph.find("x"), graph.add_value("late")});
  graph.set_output(a, 0, graph.add_value("other"));
  check_links(graph);
  CHECK(producer(graph, "a") == NodeId::kNone);
  CHECK(producer(graph, "other") == a);
  graph.remove_node(a);
  CHECK_FALSE(graph.contains(a));
  check_links(graph);
  CHECK(graph.node_count() == 1);
}

TEST_CASE("compact drops what nothing uses and renumbers the rest") {
  Graph graph = parse_graph(R"(
    input cond: bool[]
    input unused: float32[1]
    const dead: float32[1] = 1
    const captured: float32[1] = 2
    const out: float32[1] = 3
    a = A(cond)
    b = B(cond)
    y = If(b) {then_branch=graph {
      r = Neg(captured)
      output r
    }}
    output y
    output out)");
  graph.remove_node(producer(graph, "a"));
  graph.compact();
  check_links(graph);
  CHECK(graph.find("dead") == ValueId::kNone);
  CHECK(graph.find("a") == ValueId::kNone);
  for (const char* name : {"cond", "unused", "captured", "out", "b", "y"}) {
    INFO(name);
    REQUIRE(graph.find(name) != ValueId::kNone);
    CHECK(graph.value(graph.find(name)).name == name);
  }
  CHECK(graph.value_count() == 6);
  CHECK(graph.is_output(graph.find("y")));
  CHECK(graph.is_input(graph.find("unused")));
  CHECK(op_types(graph) == std::vector<std::string>{"B", "If"});
}

TEST_CASE("names captured by subgraphs of subgraphs are known outside") {
  const Graph graph = parse_graph(R"(
    input x: bool[]
    input inner: float32[1]
    input far: float32[1]
    y = If(x) {then_branch=graph {
      inner = Neg(x)
      z = If(x) {then_branch=graph {
        r = Add(inner, far)
        output r
      }}
      output z
    }})");
  CHECK(graph.captured() == std::set{graph.find("x"), graph.find("far")});
  CHECK(graph.free_names().empty());
}

TEST_CASE("a copy of a graph is independent and shares the weights") {
  Graph graph = parse_graph("input x: float32[1]\nconst w: float32[1] = 1\na = A(x, w)\noutput a");
  Graph copy = graph;
  copy.set_name(copy.find("a"), "renamed");
  copy.remove_node(producer(copy, "renamed"));
  CHECK(graph.find("a") != ValueId::kNone);
  CHECK(graph.node_count() == 1);
  CHECK(graph.value(graph.find("x")).consumers.size() == 1);
  CHECK(copy.node_count() == 0);
  CHECK(copy.value(copy.find("x")).consumers.empty());
  CHECK(copy.constant(copy.find("w")) == graph.constant(graph.find("w")));
}

TEST_CASE("unique names take the first free suffix") {
  Graph graph = parse_graph("input a: float32[1]\ninput a_1: float32[1]");
  CHECK(graph.unique_name("b") == "b");
  CHECK(graph.unique_name("a") == "a_2");
  graph.set_name(graph.find("a_1"), "c");
  CHECK(graph.unique_name("a") == "a_1");
  CHECK(graph.find("a_1") == ValueId::kNone);
}

TEST_CASE("a constant gives its value a type") {
  Graph graph;
  const ValueId id = graph.add_constant("c", Constant(Tensor::of<int64_t>({2}, {1, 2})));
  CHECK(graph.value(id).type == tensor_type(DType::kInt64, {2}));
  CHECK(static_shape(graph.value(id).type) == Shape{2});
}

TEST_CASE("an attribute of the wrong type is an error") {
  const Graph graph = parse_graph("y = A() {k=1}");
  const Node& node = graph.node(producer(graph, "y"));
  CHECK(attribute_or<int64_t>(node, "k", 7) == 1);
  CHECK(attribute_or<int64_t>(node, "other", 7) == 7);
  CHECK_THROWS_AS(attribute_or<float>(node, "k", 0), Error);
}

}  // namespace
}  // namespace qtool
