#pragma once

#include <string>
#include <vector>

#include "ops/op.h"

// What the classifiers and regressors of ai.onnx.ml have in common.
namespace qtool {

/// The record of an operator of ai.onnx.ml.
OpSpec ml_op(std::string_view op_type, BindFn bind);

/// Input 0 as [rows, features], row-major, in double; a single row may be of rank 1. Throws Error
/// for other ranks and types.
struct Features {
  std::vector<double> values;
  int64_t rows;
  int64_t count;
  const double* row(int64_t i) const { return values.data() + i * count; }
};
Features read_features(const KernelCall& call);

/// A list attribute of floats as double, from the tensor of the same name with "_as_tensor" if that
/// is there instead; empty if neither is.
std::vector<double> read_numbers(const BindContext& context, const std::string& name);

/// Attribute post_transform: changes the scores of one row in place.
using PostTransform = void (*)(std::vector<double>& scores);
PostTransform read_post_transform(const BindContext& context);
/// The one of that name, "SOFTMAX". Throws Error if there is none.
PostTransform post_transform(std::string_view name);

/// The names of classes, integers or strings.
class ClassLabels {
 public:
  /// Throws Error unless exactly one of the attributes lists some.
  ClassLabels(const BindContext& context, const char* ints, const char* strings);
  std::size_t size() const { return ints_.empty() ? strings_.size() : ints_.size(); }
  /// The labels of those numbers; number size() stands for 0 or the empty string.
  Tensor pick(const std::vector<std::size_t>& numbers) const;

 private:
  std::vector<int64_t> ints_;
  std::vector<std::string> strings_;
};

/// Rows of scores of one length as a tensor [rows, length].
Tensor score_tensor(KernelCall& call, DType dtype, const std::vector<std::vector<double>>& rows,
                    std::size_t length);

}  // namespace qtool
