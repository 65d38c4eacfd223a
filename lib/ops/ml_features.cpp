#include <algorithm>
#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/ml_scores.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

// Takes the features that input 1 lists along the last axis; a vector counts as one row.
Kernel bind_array_feature_extractor(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& given = call.input(0);
    const Tensor x = given.rank() == 1 ? given.reshaped({1, given.size()}) : given;
    if (x.rank() == 0) fail("a scalar has no features");
    std::vector<int64_t> indices = to_int64s(call.input(1));
    for (int64_t& index : indices) {
      if (index < 0) fail("index {} is negative", index);
      normalize_index(index, x.shape().back());
    }
    Shape shape = x.shape();
    shape.back() = std::ssize(indices);
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::gather(product(shape, 0, shape.size() - 1), x.shape().back(), 1, element_bytes(x), x.raw(),
                indices.data(), std::ssize(indices), y.mutable_raw());
  };
}

// Entry `i` of a list with one entry per feature, or only one for all.
double entry(const std::vector<double>& list, int64_t i) {
  return list.size() == 1 ? list[0] : list[static_cast<std::size_t>(i)];
}

void require_entries(const char* name, const std::vector<double>& list, int64_t features) {
  if (list.size() != 1 && std::ssize(list) != features)
    fail("attribute '{}' has {} entries for {} features", name, list.size(), features);
}

Kernel bind_scaler(const BindContext& context) {
  return [offset = read_numbers(context, "offset"),
          scale = read_numbers(context, "scale")](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() == 0) fail("a scalar has no features");
    const int64_t features = x.shape().back();
    require_entries("offset", offset, features);
    require_entries("scale", scale, features);
    std::vector<double> values = to_doubles(x);
    for (int64_t i = 0; i < x.size(); ++i) {
      double& value = values[static_cast<std::size_t>(i)];
      value = (value - entry(offset, i % features)) * entry(scale, i % features);
    }
    call.set_output(0, from_doubles(call, DType::kFloat32, x.shape(), values));
  };
}

using Norm = double (*)(const double* row, int64_t count);

// The largest value, not the largest magnitude: so ONNX says, and onnxruntime does.
double norm_max(const double* row, int64_t count) {
  return count == 0 ? 0 : *std::max_element(row, row + count);
}

double norm_l1(const double* row, int64_t count) {
  double norm = 0;
  for (int64_t i = 0; i < count; ++i) norm += std::abs(row[i]);
  return norm;
}

double norm_l2(const double* row, int64_t count) {
  double norm = 0;
  for (int64_t i = 0; i < count; ++i) norm += row[i] * row[i];
  return std::sqrt(norm);
}

Norm read_norm(const BindContext& context) {
  const auto name = context.attribute<std::string>("norm", "MAX");
  if (name == "MAX") return norm_max;
  if (name == "L1") return norm_l1;
  if (name == "L2") return norm_l2;
  fail("norm '{}' is not known", name);
}

// A row whose norm is 0 stays as it is.
Kernel bind_normalizer(const BindContext& context) {
  return [norm = read_norm(context)](KernelCall& call) {
    Features x = read_features(call);
    for (int64_t row = 0; row < x.rows; ++row) {
      const double size = norm(x.row(row), x.count);
      double* values = x.values.data() + row * x.count;
      for (int64_t i = 0; size != 0 && i < x.count; ++i) values[i] /= size;
    }
    call.set_output(0, from_doubles(call, DType::kFloat32, call.input(0).shape(), x.values));
  };
}

template <class T>
void impute(KernelCall& call, const std::vector<T>& imputed, T replaced) {
  const Tensor& x = call.input(0);
  if (x.rank() == 0) fail("a scalar has no features");
  const int64_t features = x.shape().back();
  if (imputed.size() != 1 && std::ssize(imputed) != features)
    fail("{} imputed values for {} features", imputed.size(), features);
  Tensor y = copied(call, x);
  with_type(
      Types<float, double, int32_t, int64_t>{}, x.dtype(), [&]<class X>(std::type_identity<X>) {
        X* values = y.mutable_data<X>();
        for (int64_t i = 0; i < y.size(); ++i) {
          const bool both_nan = values[i] != values[i] && replaced != replaced;
          if (both_nan || values[i] == static_cast<X>(replaced))
            values[i] = static_cast<X>(
                imputed.size() == 1 ? imputed[0] : imputed[static_cast<std::size_t>(i % features)]);
        }
      });
  call.set_output(0, y);
}

Kernel bind_imputer(const BindContext& context) {
  const auto floats = context.attribute<std::vector<float>>("imputed_value_floats", {});
  const auto ints = context.attribute<std::vector<int64_t>>("imputed_value_int64s", {});
  if (floats.empty() == ints.empty())
    fail("one of imputed_value_floats and imputed_value_int64s must be given");
  return [floats, ints, replaced_float = context.attribute("replaced_value_float", 0.0F),
          replaced_int = context.attribute<int64_t>("replaced_value_int64", 0)](KernelCall& call) {
    const DType dtype = call.input(0).dtype();
    const bool integers = dtype == DType::kInt32 || dtype == DType::kInt64;
    if (integers != floats.empty()) fail("imputed values of another type than {}", name(dtype));
    if (integers) return impute(call, ints, replaced_int);
    impute(call, floats, replaced_float);
  };
}

Kernel bind_binarizer(const BindContext& context) {
  return [threshold = context.attribute("threshold", 0.0F)](KernelCall& call) {
    const Tensor& x = call.input(0);
    std::vector<double> values = to_doubles(x);
    for (double& value : values) value = value > threshold ? 1 : 0;
    call.set_output(0, from_doubles(call, x.dtype(), x.shape(), values));
  };
}

// Puts rows of all inputs side by side, each cut or filled up with zeros to its length.
Kernel bind_feature_vectorizer(const BindContext& context) {
  const auto lengths = context.attribute<std::vector<int64_t>>("inputdimensions", {});
  return [lengths](KernelCall& call) {
    if (lengths.size() != call.input_count())
      fail("{} inputdimensions for {} inputs", lengths.size(), call.input_count());
    int64_t width = 0;
    for (const int64_t length : lengths) width = checked_add(width, element_count({length}));
    const int64_t rows = call.input(0).rank() == 0 ? 1 : call.input(0).dim(0);
    Tensor y = filled(call, {rows, width}, Tensor::scalar(0.0F));
    int64_t start = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      const Tensor& x = call.input(i);
      const int64_t own = product(x.shape(), std::min<std::size_t>(x.rank(), 1), x.rank());
      if (x.size() != rows * own) fail("input {} has other rows than {}", i, rows);
      const std::vector<double> from = to_doubles(x);
      for (int64_t row = 0; row < rows; ++row)
        ref::convert(from.data() + row * own, y.mutable_data<float>() + row * width + start,
                     std::min(own, lengths[i]));
      start += lengths[i];
    }
    call.set_output(0, y);
  };
}

}  // namespace

std::span<const OpSpec> ml_features_ops() {
  static const std::vector<OpSpec> kOps = {
      ml_op("ArrayFeatureExtractor", bind_array_feature_extractor),
      ml_op("Scaler", bind_scaler),
      ml_op("Normalizer", bind_normalizer),
      ml_op("Imputer", bind_imputer),
      ml_op("Binarizer", bind_binarizer),
      ml_op("FeatureVectorizer", bind_feature_vectorizer),
  };
  return kOps;
}

}  // namespace qtool
