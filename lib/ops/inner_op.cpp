#include "ops/inner_op.h"

namespace qtool {

InnerOp::InnerOp(std::string op_type, int64_t opset, std::string domain, std::size_t outputs)
    : opset_(opset) {
  node_.op_type = std::move(op_type);
  node_.domain = std::move(domain);
  node_.outputs.resize(outputs);
}

InnerOp& InnerOp::attribute(std::string name, AttributeValue value) {
  node_.attributes.push_back({std::move(name), std::move(value), {}});
  return *this;
}

InnerOp& InnerOp::attributes_of(const Node& node) {
  node_.attributes.insert(node_.attributes.end(), node.attributes.begin(), node.attributes.end());
  return *this;
}

InnerOp& InnerOp::input(ValueType type) {
  node_.inputs.push_back(static_cast<ValueId>(node_.inputs.size()));
  constants_.push_back(nullptr);
  types_.push_back(std::move(type));
  return *this;
}

InnerOp& InnerOp::constant(const Tensor& tensor) {
  input(tensor_type(tensor.dtype(), tensor.shape()));
  constants_.back() = &tensor;
  return *this;
}

InnerOp& InnerOp::left_out() {
  node_.inputs.push_back(ValueId::kNone);
  constants_.push_back(nullptr);
  types_.emplace_back();
  return *this;
}

InnerOp& InnerOp::input_of(const BindContext& context, std::size_t index) {
  if (!context.has(index)) return left_out();
  if (const Tensor* tensor = context.constant(index)) return constant(*tensor);
  return input(index < context.input_types.size() ? context.input_types[index] : ValueType{});
}

BoundKernel InnerOp::bind(Provider first) const {
  BoundKernel kernel = bind_kernel({.node = node_,
                                    .opset = opset_,
                                    .constants = constants_,
                                    .input_types = types_,
                                    .output_types = std::vector<ValueType>(node_.outputs.size())},
                                   first);
  if (!kernel.run) fail("there is no kernel for {} on these types", full_op_type(node_));
  return kernel;
}

std::vector<Datum> run_inner(const Kernel& kernel, const KernelCall& call,
                             const std::vector<Tensor>& inputs, std::size_t outputs) {
  const std::vector<Datum> data(inputs.begin(), inputs.end());
  std::vector<const Datum*> pointers;
  for (const Datum& datum : data) pointers.push_back(datum.is_empty() ? nullptr : &datum);
  std::vector<Datum> results(outputs);
  KernelCall inner = call.with(pointers, results);
  kernel(inner);
  return results;
}

}  // namespace qtool
