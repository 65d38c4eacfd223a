#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ops/op.h"

namespace qtool::testing {

/// A model of one node, built up input by input and run by the kernel that it is bound to.
class OpRun {
 public:
  explicit OpRun(std::string op_type, int64_t opset = 17, std::string domain = "");

  OpRun& attribute(std::string name, AttributeValue value);
  /// An input that is known only at run time.
  OpRun& input(Tensor tensor);
  /// An input that is known when the kernel is bound.
  OpRun& constant(Tensor tensor);
  OpRun& left_out();

  /// Binds the node from the provider on, which must be the one that serves it (in a build
  /// without oneDNN the reference instead of that); runs it twice, the
  /// second time with everything cached, and returns the outputs, equal in both.
  std::vector<Tensor> run(Provider provider = Provider::kReference, std::size_t outputs = 1);
  /// The only output.
  Tensor result(Provider provider = Provider::kReference) { return run(provider)[0]; }
  /// The only output by the first provider that serves the node, which must not be the reference.
  Tensor fastest();
  /// The message of the Error that binding, from the provider on, or running throws; empty if there
  /// is none.
  std::string error(Provider provider = Provider::kReference);

 private:
  // The outputs and who gave them: the first from that provider on that serves the node.
  std::pair<std::vector<Tensor>, Provider> run_from(Provider first, std::size_t outputs) const;
  OpRun& add(ValueId value, Tensor tensor);

  Model model_;
  Node node_;
  std::vector<Tensor> tensors_;  // undefined: left out
};

/// Shorthands for tensors.
Tensor floats(Shape shape, std::vector<float> values);
Tensor int64s(std::vector<int64_t> values);
/// Numbers 0, 1, 2… as elements of T.
template <class T>
Tensor counting(Shape shape) {
  Tensor tensor(dtype_of<T>, std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<T>()[i] = static_cast<T>(i);
  return tensor;
}
/// Floats spread over [-1, 1), the same ones for the same seed.
Tensor random_floats(Shape shape, unsigned seed);
/// Largest difference as a part of the largest magnitude in `expected`; infinite if the shapes
/// differ.
double relative_error(const Tensor& actual, const Tensor& expected);

}  // namespace qtool::testing
