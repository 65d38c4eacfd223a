#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

struct InputSpec {
  std::string name;
  DType dtype;
  std::vector<int64_t> dims;  // −1 is free
};

inline ValueType type_of(DType dtype, const std::vector<int64_t>& dims) {
  ValueType type{dtype, std::vector<Dim>{}};
  for (const int64_t dim : dims) type.shape->push_back({dim, {}});
  return type;
}

/// A graph of nothing but these inputs.
inline Graph graph_with(const std::vector<InputSpec>& inputs) {
  Graph graph;
  for (const InputSpec& input : inputs)
    graph.add_input(graph.add_value(input.name, type_of(input.dtype, input.dims)));
  return graph;
}

/// A graph with the input "x".
inline Graph one_input(DType dtype = DType::kFloat32, const std::vector<int64_t>& dims = {1, 2}) {
  return graph_with({{"x", dtype, dims}});
}

/// float32 [1, n].
inline Tensor row(const std::vector<float>& values) {
  return Tensor::of<float>({1, static_cast<int64_t>(values.size())}, values);
}

}  // namespace qtool
