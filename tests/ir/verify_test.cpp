#include "ir/verify.h"

#include <catch2/catch_test_macros.hpp>

namespace qtool {
namespace {

// x → Relu 'first' → h → Add 'second' (h, w) → y
Model two_nodes() {
  Model model;
  Graph& graph = model.graph;
  const ValueId x = graph.add_value("x");
  const ValueId w = graph.add_constant("w", Constant(Tensor::scalar(1.0F)));
  const ValueId h = graph.add_value("h");
  const ValueId y = graph.add_value("y");
  graph.add_input(x);
  graph.add_output(y);
  graph.add_node({.op_type = "Relu", .name = "first", .inputs = {x}, .outputs = {h}});
  graph.add_node({.op_type = "Add", .name = "second", .inputs = {h, w}, .outputs = {y}});
  return model;
}

std::string error_of(const Model& model) {
  try {
    verify(model);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

// Adds a node with the subgraph `body` as its attribute 'body'.
void add_subgraph(Model& model, Graph body) {
  Node node{.op_type = "Loop", .name = "loop", .outputs = {model.graph.add_value("loop_out")}};
  node.attributes.push_back({"body", std::make_shared<const Graph>(std::move(body)), {}});
  model.graph.add_node(std::move(node));
}

Graph body_reading(const std::string& name) {
  Graph body;
  const ValueId out = body.add_value("out");
  body.add_output(out);
  body.add_node(
      {.op_type = "Neg", .name = "inner", .inputs = {body.add_value(name)}, .outputs = {out}});
  return body;
}

TEST_CASE("a sound graph verifies") {
  Model model = two_nodes();
  CHECK(error_of(model) == "");
  model.graph.set_input(model.graph.nodes()[1], 1, ValueId::kNone);
  CHECK(error_of(model) == "");
  model.graph.compact();
  CHECK(error_of(model) == "");
}

TEST_CASE("verify finds a value that nothing defines") {
  Model model = two_nodes();
  model.graph.remove_node(model.graph.nodes()[0]);
  CHECK(error_of(model) == "node 'second' (Add) reads 'h', which nothing defines");
}

TEST_CASE("verify finds an output that nothing defines") {
  Model model = two_nodes();
  model.graph.add_output(model.graph.add_value("z"));
  CHECK(error_of(model) == "nothing defines the graph output 'z'");
}

TEST_CASE("verify finds a cycle") {
  Model model = two_nodes();
  model.graph.set_input(model.graph.nodes()[0], 0, model.graph.find("y"));
  CHECK(error_of(model).find("the graph has a cycle through node '") == 0);
}

TEST_CASE("verify finds values defined twice") {
  Model model = two_nodes();
  SECTION("a constant that is written") {
    model.graph.mutable_value(model.graph.find("h")).constant = Constant(Tensor::scalar(1.0F));
  }
  SECTION("an input that is written") { model.graph.add_input(model.graph.find("h")); }
  CHECK(error_of(model) == "node 'first' (Relu) writes 'h', which is an input or a constant");
}

TEST_CASE("verify finds two writers of one value") {
  Model model = two_nodes();
  model.graph.mutable_node(model.graph.nodes()[1]).outputs = {model.graph.find("h")};
  CHECK(error_of(model) == "two nodes write 'h'");
}

TEST_CASE("verify finds names that are empty or not unique") {
  Model model = two_nodes();
  SECTION("empty") {
    model.graph.set_name(model.graph.find("h"), "");
    CHECK(error_of(model) == "a value has no name");
  }
  SECTION("twice") {
    model.graph.mutable_value(model.graph.find("h")).name = std::string("y");
    CHECK(error_of(model) == "two values are named 'y'");
  }
}

TEST_CASE("verify finds links that are not true") {
  Model model = two_nodes();
  Value& h = model.graph.mutable_value(model.graph.find("h"));
  SECTION("consumer missing") {
    h.consumers.clear();
    CHECK(error_of(model) == "the consumers of 'h' are not the nodes that read it");
  }
  SECTION("consumer too much") {
    h.consumers.push_back(h.producer);
    CHECK(error_of(model) == "the consumers of 'h' are not the nodes that read it");
  }
  SECTION("producer missing") {
    h.producer = NodeId::kNone;
    CHECK(error_of(model) == "the producer of 'h' is not the node that writes it");
  }
}

TEST_CASE("a subgraph may read what is defined around it") {
  for (const char* name : {"x", "w", "h"}) {
    Model model = two_nodes();
    add_subgraph(model, body_reading(name));
    CHECK(error_of(model) == "");
  }
  Model model = two_nodes();
  Graph middle;
  Node node{.op_type = "Loop", .name = "nested", .outputs = {middle.add_value("middle_out")}};
  node.attributes.push_back({"body", std::make_shared<const Graph>(body_reading("h")), {}});
  middle.add_node(std::move(node));
  add_subgraph(model, std::move(middle));
  CHECK(error_of(model) == "");
}

TEST_CASE("a subgraph that reads an unknown name is found") {
  Model model = two_nodes();
  add_subgraph(model, body_reading("nothing"));
  CHECK(error_of(model) ==
        "node 'loop' (Loop): body: node 'inner' (Neg) reads 'nothing', which nothing defines");
}

TEST_CASE("a value of the subgraph is not seen outside") {
  Model model = two_nodes();
  add_subgraph(model, body_reading("h"));
  model.graph.set_input(model.graph.nodes()[0], 0, model.graph.add_value("out"));
  CHECK(error_of(model) == "node 'first' (Relu) reads 'out', which nothing defines");
}

}  // namespace
}  // namespace qtool
