#include "op_run.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>

#include "kernels/onednn/isa.h"

namespace qtool::testing {

OpRun::OpRun(std::string op_type, int64_t opset, std::string domain) {
  model_.opsets = {{domain, opset}};
  node_.op_type = std::move(op_type);
  node_.domain = std::move(domain);
}

OpRun& OpRun::attribute(std::string name, AttributeValue value) {
  node_.attributes.push_back({std::move(name), std::move(value), {}});
  return *this;
}

OpRun& OpRun::add(ValueId value, Tensor tensor) {
  node_.inputs.push_back(value);
  tensors_.push_back(std::move(tensor));
  return *this;
}

OpRun& OpRun::input(Tensor tensor) {
  const std::string name = model_.graph.unique_name("x");
  return add(model_.graph.add_value(name, tensor_type(tensor.dtype(), tensor.shape())),
             std::move(tensor));
}

OpRun& OpRun::constant(Tensor tensor) {
  const ValueId value = model_.graph.add_constant(model_.graph.unique_name("w"), Constant(tensor));
  model_.graph.mutable_value(value).type = tensor_type(tensor.dtype(), tensor.shape());
  return add(value, std::move(tensor));
}

OpRun& OpRun::left_out() { return add(ValueId::kNone, {}); }

std::pair<std::vector<Tensor>, Provider> OpRun::run_from(Provider first_provider,
                                                         std::size_t outputs) const {
  Model model = model_;
  Node node = node_;
  for (std::size_t i = 0; i < outputs; ++i)
    node.outputs.push_back(model.graph.add_value(model.graph.unique_name("y")));
  const NodeId id = model.graph.add_node(node);
  const BoundKernel kernel = bind_kernel(bind_context(model, model.graph.node(id)), first_provider);
  if (!kernel.run) fail("no kernel");
  const std::vector<Datum> data(tensors_.begin(), tensors_.end());
  std::vector<const Datum*> inputs;
  for (const Datum& datum : data) inputs.push_back(datum.is_empty() ? nullptr : &datum);
  const Allocate allocate = [](DType dtype, const Shape& shape) { return Tensor(dtype, shape); };
  std::vector<Datum> first(outputs);
  std::vector<Datum> second(outputs);
  for (auto* results : {&first, &second}) {
    KernelCall call(inputs, *results, allocate);
    kernel.run(call);
  }
  REQUIRE(first == second);
  std::vector<Tensor> tensors;
  for (const Datum& datum : first) tensors.push_back(datum.is_empty() ? Tensor() : datum.tensor());
  return {std::move(tensors), kernel.provider};
}

std::vector<Tensor> OpRun::run(Provider provider, std::size_t outputs) {
  auto [tensors, served] = run_from(provider, outputs);
  const bool is_there = provider != Provider::kOneDnn || onednn::is_there();
  REQUIRE(served == (is_there ? provider : Provider::kReference));
  return tensors;
}

Tensor OpRun::fastest() {
  auto [tensors, served] = run_from(Provider::kSimd, 1);
  REQUIRE(served != Provider::kReference);
  return tensors[0];
}

std::string OpRun::error(Provider provider) {
  try {
    run_from(provider, 1);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

Tensor floats(Shape shape, std::vector<float> values) {
  return Tensor::of<float>(std::move(shape), values);
}

Tensor int64s(std::vector<int64_t> values) {
  return Tensor::of<int64_t>({std::ssize(values)}, values);
}

Tensor random_floats(Shape shape, unsigned seed) {
  std::mt19937 generator(seed);
  Tensor tensor(DType::kFloat32, std::move(shape));
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.mutable_data<float>()[i] = static_cast<float>(generator()) / 2147483648.0F - 1.0F;
  return tensor;
}

double relative_error(const Tensor& actual, const Tensor& expected) {
  if (actual.shape() != expected.shape()) return INFINITY;
  double largest = 1e-30;
  double difference = 0;
  for (int64_t i = 0; i < actual.size(); ++i) {
    const double a = actual.data<float>()[i];
    const double e = expected.data<float>()[i];
    largest = std::max(largest, std::abs(e));
    difference = std::isfinite(a) ? std::max(difference, std::abs(a - e)) : INFINITY;
  }
  return difference / largest;
}

}  // namespace qtool::testing
