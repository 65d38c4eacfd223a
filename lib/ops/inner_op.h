#pragma once

#include "ops/op.h"

namespace qtool {

/// An operator that another one is made of: a node of its own with the kernel that it is bound to.
class InnerOp {
 public:
  InnerOp(std::string op_type, int64_t opset, std::string domain = "", std::size_t outputs = 1);

  InnerOp& attribute(std::string name, AttributeValue value);
  /// The attributes of a node, as they are.
  InnerOp& attributes_of(const Node& node);
  /// The next input, known when run.
  InnerOp& input(ValueType type);
  /// The next input, known now. Must outlive this.
  InnerOp& constant(const Tensor& tensor);
  InnerOp& left_out();
  /// The next input, as input `index` of another node is known.
  InnerOp& input_of(const BindContext& context, std::size_t index);

  /// Binds as bind_kernel does. Throws Error if no provider serves the operator.
  BoundKernel bind(Provider first) const;

 private:
  Node node_;
  int64_t opset_;
  std::vector<const Tensor*> constants_;
  std::vector<ValueType> types_;
};

/// Runs a kernel on inputs of which those undefined are left out, within another's call.
std::vector<Datum> run_inner(const Kernel& kernel, const KernelCall& call,
                             const std::vector<Tensor>& inputs, std::size_t outputs = 1);

}  // namespace qtool
