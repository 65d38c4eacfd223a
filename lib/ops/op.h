#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ir/graph.h"
#include "tensor/datum.h"

namespace qtool {

/// Gives a tensor of that type and shape with undefined elements; the runtime's come from a pool.
using Allocate = std::function<Tensor(DType, const Shape&)>;

/// Runs the graph attribute of that name on its inputs and gives its outputs.
using RunBody = std::function<std::vector<Datum>(std::string_view attribute, std::vector<Datum>)>;

/// One call of a kernel: its inputs, and where its outputs go.
class KernelCall {
 public:
  KernelCall(std::span<const Datum* const> inputs, std::span<Datum> outputs,
             const Allocate& allocate, const RunBody* run_body = nullptr,
             uint32_t* let_go = nullptr)
      : inputs_(inputs),
        outputs_(outputs),
        allocate_(allocate),
        run_body_(run_body),
        let_go_(let_go) {}

  std::size_t input_count() const { return inputs_.size(); }
  /// Whether the optional input is there.
  bool has(std::size_t index) const { return index < inputs_.size() && inputs_[index] != nullptr; }
  /// The input, whatever it is; throws Error if it was left out.
  const Datum& datum(std::size_t index) const {
    if (!has(index)) fail("input {} is missing", index);
    return *inputs_[index];
  }
  /// The input; throws Error if it was left out or is no tensor.
  const Tensor& input(std::size_t index) const { return datum(index).tensor(); }
  /// Outputs that the node asks for; what a kernel writes beyond is dropped.
  std::size_t output_count() const { return outputs_.size(); }
  /// Makes output `index` a tensor of that type and shape, to be written by the kernel.
  Tensor& output(std::size_t index, DType dtype, const Shape& shape) {
    return (slot(index) = allocate_(dtype, shape)).tensor();
  }
  /// Makes something existing the output: a reshaped input, for example.
  void set_output(std::size_t index, Datum datum) { slot(index) = std::move(datum); }
  /// A tensor for intermediate results.
  Tensor scratch(DType dtype, const Shape& shape) { return allocate_(dtype, shape); }
  /// Says that the kernel keeps a copy of constant input `index`, made for it, and will not read its
  /// elements again: from the next call on only type and shape may be there. Means nothing in a
  /// call made by `with`.
  void let_go(std::size_t index) {
    if (let_go_ != nullptr && index < 32) *let_go_ |= uint32_t{1} << index;
  }
  /// The same call with other inputs and outputs.
  KernelCall with(std::span<const Datum* const> inputs, std::span<Datum> outputs) const {
    return {inputs, outputs, allocate_, run_body_};
  }
  /// Runs a subgraph of the node; what that captures from around it is seen to.
  std::vector<Datum> run_body(std::string_view attribute, std::vector<Datum> inputs) const {
    QTOOL_ASSERT(run_body_ != nullptr);
    return (*run_body_)(attribute, std::move(inputs));
  }

 private:
  Datum& slot(std::size_t index) {
    return index < outputs_.size() ? outputs_[index] : unasked_[index];
  }

  std::span<const Datum* const> inputs_;
  std::span<Datum> outputs_;
  const Allocate& allocate_;
  const RunBody* run_body_;
  uint32_t* let_go_;  // a bit for each input
  std::map<std::size_t, Datum> unasked_;
};

/// A node made ready to run: attributes read, constants packed. Called once per run, never by two
/// threads at once. Throws Error for inputs that the operator does not admit.
using Kernel = std::function<void(KernelCall&)>;

/// What is known about a node when its kernel is chosen.
struct BindContext {
  const Node& node;
  int64_t opset = 0;                     // version of the node's domain
  std::vector<const Tensor*> constants;  // per input; null: left out or not constant
  std::vector<ValueType> input_types;    // per input; dtype kUndefined: left out or not known
  std::vector<ValueType> output_types;   // per output, likewise

  template <class T>
  T attribute(std::string_view name, T fallback) const {
    return attribute_or<T>(node, name, std::move(fallback));
  }
  const Tensor* constant(std::size_t i) const {
    return i < constants.size() ? constants[i] : nullptr;
  }
  DType dtype(std::size_t i) const {
    return i < input_types.size() ? input_types[i].dtype : DType::kUndefined;
  }
  bool has(std::size_t i) const {
    return i < node.inputs.size() && node.inputs[i] != ValueId::kNone;
  }
};

BindContext bind_context(const Model& model, const Node& node);

/// Who computes. Tried in this order; the reference accepts all that the operator admits.
enum class Provider : uint8_t { kSimd, kOneDnn, kReference };
std::string_view name(Provider provider);

/// Makes a kernel, or an empty function if this provider does not serve the node.
/// Throws Error if the node itself is wrong.
using BindFn = Kernel (*)(const BindContext&);

struct Binding {
  Provider provider;
  BindFn bind;
};

/// What an input means to quantization.
enum class Role : uint8_t { kPlain, kActivation, kWeight, kBias };

/// Facts about an operator that quantization needs. All defaults: a float island.
struct QuantTraits {
  std::vector<Role> inputs;  // the last one repeats (Concat); empty: all plain
  /// Axis of the output channels in the weight; null if there is no weight.
  int (*weight_axis)(const Node&) = nullptr;
  bool same_params = false;  // output shares its input's parameters: MaxPool, Reshape, Concat…
  std::optional<std::pair<float, float>> fixed_output;  // range known beforehand: Sigmoid [0, 1]
  const char* qoperator = nullptr;  // its QOperator form, "com.microsoft.QLinearAdd"; null: none
};

/// One operator, from one opset on: all that qtool knows about it.
struct OpSpec {
  std::string_view domain;  // "" or "com.microsoft"
  std::string_view op_type;
  std::vector<Binding> bindings;  // in order of preference
  QuantTraits quant = {};
  bool halves_as_float = false;  // see half_as_float.h
  /// Inputs that hold an image, as output 0 does: of channels_last nodes the reference kernel gets them
  /// channels-first. Other providers get them as they lie; see channels_last.h.
  std::vector<std::size_t> images = {};
};

/// The operator's record, or null.
const OpSpec* find_op(std::string_view domain, std::string_view op_type);
inline const OpSpec* find_op(const Node& node) { return find_op(node.domain, node.op_type); }
/// Traits of the node's operator; those of a float island if it is not known.
const QuantTraits& quant_traits(const Node& node);
/// Role of input `index` under `traits`.
Role input_role(const QuantTraits& traits, std::size_t index);

/// Whether the node only moves elements about, so that it runs on integers as it is and its output
/// has its input's parameters. Resize only if nearest, Pad not with a constant, MaxPool only without
/// indices.
bool shares_params(const Node& node);

struct BoundKernel {
  Provider provider = Provider::kReference;
  Kernel run;
};

/// The kernel of the first provider, from `first` on, that serves the node; an empty `run` if there
/// is none: the operator is not known, or not with these types or attributes.
/// Throws Error if the node itself is wrong.
BoundKernel bind_kernel(const BindContext& context, Provider first = Provider::kSimd);

}  // namespace qtool
