#include "calib/readers/feedback.h"

#include <algorithm>
#include <cstring>

#include "base/nearest.h"
#include "runtime/inputs.h"

namespace qtool {
namespace {

const Value& find_value(const Graph& graph, const std::vector<ValueId>& ids,
                        const std::string& name, const char* kind) {
  std::vector<std::string> names;
  for (const ValueId id : ids) {
    if (graph.value(id).name == name) return graph.value(id);
    names.push_back(graph.value(id).name);
  }
  fail("the model has no {} '{}' to feed{}", kind, name, did_you_mean(name, names));
}

bool may_be_equal(const Dim& a, const Dim& b) {
  return !a.known() || !b.known() || a.value == b.value;
}

void check_fit(const ValueType& output, const ValueType& input) {
  if (output.dtype != DType::kUndefined && output.dtype != input.dtype)
    fail("the output is {}, the input {}", name(output.dtype), name(input.dtype));
  if (!output.shape || !input.shape) return;
  if (!std::equal(output.shape->begin(), output.shape->end(), input.shape->begin(),
                  input.shape->end(), may_be_equal))
    fail("the output has shape {}, the input {}", to_string(*output.shape),
         to_string(*input.shape));
}

Tensor zeros(const std::string& input, const ValueType& type) {
  const std::optional<Shape> shape = static_shape(type);
  if (!shape || bits(type.dtype) == 0)
    fail("input '{}' has no fixed shape to start from zeros; give data for its first sample",
         input);
  Tensor tensor(type.dtype, *shape);
  std::memset(tensor.mutable_raw(), 0, tensor.bytes());
  return tensor;
}

std::string text_of(const FeedbackPair& pair) {
  return fmt::format("feedback '{}' to '{}'", pair.output, pair.input);
}

// What a map of either kind holds; null if it is no tensor.
const Tensor& tensor_of(const Tensor& tensor) { return tensor; }
const Tensor& tensor_of(const Datum& datum) { return datum.tensor(); }

}  // namespace

Feedback::Feedback(const Graph& graph, std::vector<FeedbackPair> pairs) : pairs_(std::move(pairs)) {
  for (const FeedbackPair& pair : pairs_)
    with_context([&] { return text_of(pair); },
                 [&] {
                   const Value& output = find_value(graph, graph.outputs(), pair.output, "output");
                   const Value& input =
                       find_value(graph, required_inputs(graph), pair.input, "input");
                   check_fit(output.type, input.type);
                   if (!types_.emplace(pair.input, input.type).second)
                     fail("the input has another one already");
                 });
}

template <class Map>
void Feedback::fill_any(Map& feed) const {
  for (const auto& [input, type] : types_) {
    if (const auto it = state_.find(input); it != state_.end())
      feed[input] = it->second;
    else if (!feed.contains(input))
      feed[input] = zeros(input, type);
  }
}

template <class Map>
void Feedback::keep_any(const Map& outputs) {
  for (const FeedbackPair& pair : pairs_) {
    const Tensor& value = tensor_of(outputs.at(pair.output));
    const ValueType& type = types_.at(pair.input);
    if (type.shape && !fits(value.shape(), *type.shape))
      fail("{}: the output has shape {}, the input {}", text_of(pair), to_string(value.shape()),
           to_string(*type.shape));
    state_[pair.input] = value;
  }
}

template void Feedback::fill_any(TensorMap&) const;
template void Feedback::fill_any(DatumMap&) const;
template void Feedback::keep_any(const TensorMap&);
template void Feedback::keep_any(const DatumMap&);

}  // namespace qtool
