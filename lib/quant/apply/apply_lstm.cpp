#include "quant/apply/apply_lstm.h"

#include <algorithm>

#include "passes/rewrite.h"
#include "quant/apply/apply_dynamic.h"
#include "quant/params/swap_axes.h"
#include "quant/params/weights.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

constexpr std::size_t kW = 1, kR = 2;
// Of DynamicQuantizeLSTM, behind LSTM's inputs.
constexpr std::size_t kLstmInputs = 8;

std::string matrices_objection(const Graph& graph, const Node& node) {
  const Tensor* w = graph.constant_input(node, kW);
  const Tensor* r = graph.constant_input(node, kR);
  if (w == nullptr || r == nullptr) return "its weights are not constant";
  if (w->dtype() != DType::kFloat32 || r->dtype() != DType::kFloat32)
    return "its weights are not float32";
  if (w->rank() != 3 || r->rank() != 3 || w->size() == 0 || r->size() == 0 ||
      w->dim(0) != r->dim(0) || w->dim(1) != r->dim(1) || r->dim(1) != 4 * r->dim(2))
    return "its weights do not fit each other";
  return {};
}

// `values` as often as there are directions.
template <class T>
std::vector<T> repeated(const std::vector<T>& values, int64_t directions) {
  std::vector<T> result;
  for (int64_t d = 0; d < directions; ++d)
    result.insert(result.end(), values.begin(), values.end());
  return result;
}

// Scales and zero points for a matrix [directions, rows, k] as DynamicQuantizeLSTM takes them.
struct RowParams {
  Shape shape;  // [directions] or [directions, rows]
  std::vector<float> scale;
  std::vector<int32_t> zero_point;
};

RowParams row_params(const QuantParams& params, const Shape& matrix) {
  const int64_t directions = matrix[0], rows = matrix[1];
  RowParams result = {{directions}, params.scale, params.zero_point};
  if (params.per_tensor() || (params.axis == 1 && params.block == 0)) {
    result.scale = repeated(params.scale, directions);
    result.zero_point = repeated(params.zero_point, directions);
  }
  if (params.axis > 0) result.shape.push_back(rows);
  const bool whole_rows =
      params.axis == 2 ? params.block >= matrix[2] : params.axis < 2 && params.block == 0;
  if (!whole_rows || bits(params.dtype) != 8 ||
      std::ssize(result.scale) != element_count(result.shape))
    fail("parameters of an LSTM's weights must be of 8 bits and the same within a row");
  const auto& zeros = result.zero_point;
  if (params.axis > 0 &&
      !std::all_of(zeros.begin(), zeros.end(), [&](int32_t z) { return z == zeros[0]; }))
    fail("the rows of an LSTM's weights must have one zero point");
  return result;
}

// Replaces a matrix by its transposed integers and adds scale and zero point behind the inputs.
void add_matrix(Graph& graph, std::size_t index, const QuantParams& params,
                std::vector<ValueId>& inputs) {
  const std::string name = graph.value(inputs[index]).name;
  const Tensor& matrix = *graph.constant(inputs[index]);
  const RowParams rows = row_params(params, matrix.shape());
  const Tensor integers = swap_last_axes(quantize(matrix, params));
  const Tensor zero_points = cast(Tensor::of<int32_t>(rows.shape, rows.zero_point), params.dtype);
  inputs[index] = shared_constant(graph, name + "_quantized", integers);
  inputs.push_back(
      shared_constant(graph, name + "_scale", Tensor::of<float>(rows.shape, rows.scale)));
  inputs.push_back(shared_constant(graph, name + "_zero_point", zero_points));
}

}  // namespace

std::string dynamic_lstm_objection(const Graph& graph, const Node& node) {
  if (!is_op(node, "LSTM")) return "it is not an LSTM";
  if (attribute_or<int64_t>(node, "layout", 0) != 0)
    return "DynamicQuantizeLSTM has no layout with the batch first";
  const ValueId x = input_of(node, 0);
  if (x == ValueId::kNone || graph.value(x).type.dtype != DType::kFloat32)
    return "its input is not float32";
  return matrices_objection(graph, node);
}

QuantParams lstm_weight_params(const Tensor& weight, const WeightScheme& scheme) {
  QTOOL_ASSERT(weight.rank() == 3);
  const int64_t directions = weight.dim(0), rows = weight.dim(1), k = weight.dim(2);
  const Tensor matrix = weight.reshaped(scheme.per_channel ? Shape{directions * rows, k}
                                                           : Shape{directions, rows * k});
  WeightScheme rows_scheme = scheme;
  rows_scheme.symmetric = scheme.symmetric || scheme.per_channel;
  rows_scheme.per_channel = true;
  rows_scheme.block = 0;
  QuantParams params = choose_weight_params(matrix, rows_scheme, 0, -1);
  if (scheme.per_channel) {
    params.axis = 2;
    params.block = k;
  }
  return params;
}

void apply_dynamic_lstm(Model& model, NodeId id, const QuantParams& w, const QuantParams& r) {
  Graph& graph = model.graph;
  std::vector<ValueId> inputs = graph.node(id).inputs;
  inputs.resize(kLstmInputs, ValueId::kNone);
  add_matrix(graph, kW, w, inputs);
  add_matrix(graph, kR, r, inputs);
  graph.set_inputs(id, std::move(inputs));
  Node& node = graph.mutable_node(id);
  node.domain = "com.microsoft";
  node.op_type = "DynamicQuantizeLSTM";
  remove_attribute(node, "layout");
  require_opset(model, node.domain, 1);
}

}  // namespace qtool
