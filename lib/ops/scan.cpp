#include <algorithm>

#include "ops/body.h"
#include "ops/elements.h"
#include "ops/registry.h"
#include "ops/slices.h"
#include "ops/types.h"

namespace qtool {
namespace {

// One way that a tensor is cut into slices or made of them.
struct Way {
  int64_t axis = 0;
  bool backward = false;
};

// A list attribute with one entry for each of `count` tensors; what it lacks is 0.
std::vector<int64_t> read_list(const BindContext& context, std::string_view name,
                               std::size_t count) {
  auto list = context.attribute<std::vector<int64_t>>(name, {});
  if (list.size() > count) fail("attribute '{}' has more than {} entries", name, count);
  list.resize(count, 0);
  return list;
}

std::vector<Way> ways(const std::vector<int64_t>& axes, const std::vector<int64_t>& directions) {
  std::vector<Way> result;
  for (std::size_t i = 0; i < axes.size(); ++i) result.push_back({axes[i], directions[i] != 0});
  return result;
}

struct Scan {
  std::shared_ptr<const Graph> body;
  std::size_t states;
  std::vector<Way> inputs;
  std::vector<Way> outputs;

  // The state after the last slice and, per scan output, what each slice gave.
  struct Result {
    std::vector<Datum> states;
    std::vector<std::vector<Tensor>> parts;
  };

  // Runs the body on the first `length` slices of each scan input.
  Result run(KernelCall& call, std::vector<Datum> start, const std::vector<Tensor>& scanned,
             int64_t length) const {
    Result result{std::move(start), std::vector<std::vector<Tensor>>(outputs.size())};
    for (int64_t t = 0; t < length; ++t) {
      std::vector<Datum> data = result.states;
      for (std::size_t i = 0; i < scanned.size(); ++i) {
        const int axis = normalize_axis(inputs[i].axis, scanned[i].rank());
        data.push_back(slice_at(call, scanned[i], axis, inputs[i].backward ? length - 1 - t : t));
      }
      std::vector<Datum> results = call.run_body("body", std::move(data));
      for (std::size_t i = 0; i < states; ++i) result.states[i] = std::move(results[i]);
      for (std::size_t i = 0; i < outputs.size(); ++i)
        result.parts[i].push_back(results[states + i].tensor());
    }
    return result;
  }

  // Scan output `i` as one tensor.
  Tensor joined(KernelCall& call, std::vector<Tensor> parts, std::size_t i) const {
    if (parts.empty()) return empty_stack(*body, states + i, outputs[i].axis);
    if (outputs[i].backward) std::reverse(parts.begin(), parts.end());
    return stack(call, parts, normalize_axis(outputs[i].axis, parts[0].rank() + 1));
  }
};

// The size that all scan inputs have along `axis`, which is their own if none is given.
int64_t common_length(const Scan& scan, const std::vector<Tensor>& scanned) {
  std::optional<int64_t> length;
  for (std::size_t i = 0; i < scanned.size(); ++i) {
    const int axis = normalize_axis(scan.inputs[i].axis, scanned[i].rank());
    const int64_t own = scanned[i].dim(static_cast<std::size_t>(axis));
    if (own != length.value_or(own)) fail("scan inputs of {} and {} slices", *length, own);
    length = own;
  }
  return length.value_or(0);
}

void scan_all(const Scan& scan, KernelCall& call) {
  std::vector<Datum> start;
  std::vector<Tensor> scanned;
  for (std::size_t i = 0; i < scan.states; ++i) start.push_back(call.datum(i));
  for (std::size_t i = 0; i < scan.inputs.size(); ++i)
    scanned.push_back(call.input(scan.states + i));
  Scan::Result result = scan.run(call, std::move(start), scanned, common_length(scan, scanned));
  for (std::size_t i = 0; i < scan.states; ++i) call.set_output(i, std::move(result.states[i]));
  for (std::size_t i = 0; i < scan.outputs.size(); ++i)
    call.set_output(scan.states + i, scan.joined(call, std::move(result.parts[i]), i));
}

// Opset 8: input 0 holds the sequences' lengths, if it is there; everything else has a batch axis in
// front of its own, and the slices lie along the next one. What lies behind a sequence is 0.
struct BatchScan {
  Scan scan;

  Sequence run_sequence(KernelCall& call, int64_t b, int64_t length, int64_t longest) const {
    std::vector<Datum> start;
    std::vector<Tensor> scanned;
    for (std::size_t i = 0; i < scan.states; ++i)
      start.push_back(slice_at(call, call.input(1 + i), 0, b));
    for (std::size_t i = 0; i < scan.inputs.size(); ++i)
      scanned.push_back(slice_at(call, call.input(1 + scan.states + i), 0, b));
    Scan::Result result = scan.run(call, std::move(start), scanned, length);
    Sequence outputs;
    for (const Datum& state : result.states) outputs.push_back(state.tensor());
    for (std::size_t i = 0; i < scan.outputs.size(); ++i) {
      const Tensor y = scan.joined(call, std::move(result.parts[i]), i);
      Shape rest = y.shape();
      rest[0] = longest - length;
      outputs.push_back(concat(call, {y, filled(call, rest, zero_of(y.dtype()))}, 0));
    }
    return outputs;
  }

  // [batch, longest sequence], which all inputs must agree on.
  Shape batch_shape(const KernelCall& call) const {
    const Shape& shape = call.input(1 + scan.states).shape();
    for (std::size_t i = 1; i < call.input_count(); ++i) {
      const Shape& own = call.input(i).shape();
      const std::size_t axes = i > scan.states ? 2 : 1;
      if (own.size() < axes || shape.size() < 2 ||
          !std::equal(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(axes), shape.begin()))
        fail("input {} of shape {} is of another batch", i, to_string(own));
    }
    if (shape[0] == 0) fail("an empty batch");
    return {shape[0], shape[1]};
  }

  void operator()(KernelCall& call) const {
    const Shape shape = batch_shape(call);
    std::vector<int64_t> lengths(static_cast<std::size_t>(shape[0]), shape[1]);
    if (call.has(0)) lengths = to_int64s(call.input(0));
    if (std::ssize(lengths) != shape[0]) fail("{} lengths for {}", lengths.size(), shape[0]);
    std::vector<Sequence> outputs(scan.states + scan.outputs.size());  // per output, per batch
    for (int64_t b = 0; b < shape[0]; ++b) {
      const int64_t length = lengths[static_cast<std::size_t>(b)];
      if (length < 0 || length > shape[1]) fail("sequence length {} of {}", length, shape[1]);
      const Sequence results = run_sequence(call, b, length, shape[1]);
      for (std::size_t i = 0; i < results.size(); ++i) outputs[i].push_back(results[i]);
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) call.set_output(i, stack(call, outputs[i], 0));
  }
};

Kernel bind_scan(const BindContext& context) {
  const bool batched = context.opset < 9;
  const Graph& body = body_of(context, "body");
  const auto slices = context.attribute<int64_t>("num_scan_inputs", 0);
  const auto inputs = std::ssize(context.node.inputs) - (batched ? 1 : 0);
  if (slices < 1 || slices > inputs) fail("num_scan_inputs is {}, of {} inputs", slices, inputs);
  if (std::ssize(body.inputs()) != inputs)
    fail("attribute 'body' has {} inputs, expected {}", body.inputs().size(), inputs);
  const auto states = static_cast<std::size_t>(inputs - slices);
  const std::size_t outputs = body.outputs().size();
  if (outputs < states || outputs < context.node.outputs.size())
    fail("attribute 'body' has {} outputs, too few", outputs);
  const auto count = static_cast<std::size_t>(slices);
  const std::vector<int64_t> none(count, 0);
  const auto list = [&](std::string_view name, std::size_t n) {
    return read_list(context, name, n);
  };
  const auto shared = std::make_shared<const Graph>(body);
  const std::size_t stacked = outputs - states;
  if (batched)
    return BatchScan{
        {shared, states, ways(none, list("directions", count)), std::vector<Way>(stacked)}};
  Scan scan{shared, states,
            ways(list("scan_input_axes", count), list("scan_input_directions", count)),
            ways(list("scan_output_axes", stacked), list("scan_output_directions", stacked))};
  return [scan = std::move(scan)](KernelCall& call) { scan_all(scan, call); };
}

}  // namespace

std::span<const OpSpec> scan_ops() {
  static const std::vector<OpSpec> kOps = {reference_op("Scan", bind_scan)};
  return kOps;
}

}  // namespace qtool
