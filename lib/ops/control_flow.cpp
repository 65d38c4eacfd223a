#include <algorithm>
#include <limits>

#include "ops/body.h"
#include "ops/elements.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/slices.h"
#include "ops/types.h"

namespace qtool {
namespace {

bool read_bool(const Tensor& tensor) {
  if (tensor.dtype() != DType::kBool || tensor.size() != 1)
    fail("a condition must be one bool, got {} {}", to_string(tensor.shape()),
         name(tensor.dtype()));
  return *tensor.data<bool>();
}

Kernel bind_if(const BindContext& context) {
  for (const char* branch : {"then_branch", "else_branch"})
    if (body_of(context, branch).outputs().size() < context.node.outputs.size())
      fail("attribute '{}' has fewer outputs than the node", branch);
  return [](KernelCall& call) {
    const bool condition = read_bool(call.input(0));
    auto outputs = call.run_body(condition ? "then_branch" : "else_branch", {});
    for (std::size_t i = 0; i < call.output_count(); ++i) call.set_output(i, std::move(outputs[i]));
  };
}

// The parts of one scan output, one per iteration.
using Parts = std::vector<Tensor>;

struct Loop {
  std::shared_ptr<const Graph> body;
  std::size_t carried;  // number of loop-carried values
  std::size_t outputs;

  // Runs one iteration; returns whether to go on.
  bool iterate(KernelCall& call, int64_t index, bool condition, std::vector<Datum>& values,
               std::vector<Parts>& parts) const {
    std::vector<Datum> inputs = {Tensor::scalar(index), Tensor::scalar(condition)};
    inputs.insert(inputs.end(), values.begin(), values.end());
    std::vector<Datum> results = call.run_body("body", std::move(inputs));
    std::move(results.begin() + 1, results.begin() + 1 + static_cast<std::ptrdiff_t>(carried),
              values.begin());
    for (std::size_t i = 0; i < parts.size(); ++i)
      parts[i].push_back(results[1 + carried + i].tensor());
    return read_bool(results[0].tensor());
  }

  void operator()(KernelCall& call) const {
    int64_t trips = std::numeric_limits<int64_t>::max();
    if (call.has(0)) trips = read_int(call.input(0));
    bool condition = !call.has(1) || read_bool(call.input(1));
    std::vector<Datum> values;
    for (std::size_t i = 0; i < carried; ++i) values.push_back(call.datum(2 + i));
    std::vector<Parts> parts(outputs - carried);
    for (int64_t i = 0; i < trips && condition; ++i)
      condition = iterate(call, i, condition, values, parts);
    for (std::size_t i = 0; i < carried; ++i) call.set_output(i, std::move(values[i]));
    for (std::size_t i = 0; i < parts.size(); ++i)
      call.set_output(carried + i, parts[i].empty() ? empty_stack(*body, 1 + carried + i, 0)
                                                    : stack(call, parts[i], 0));
  }
};

Kernel bind_loop(const BindContext& context) {
  const std::size_t inputs = context.node.inputs.size();
  const Graph& body = body_of(context, "body");
  const std::size_t carried = inputs < 2 ? 0 : inputs - 2;
  if (body.inputs().size() != carried + 2)
    fail("attribute 'body' has {} inputs, expected {}", body.inputs().size(), carried + 2);
  const std::size_t outputs = body.outputs().size();
  if (outputs < carried + 1 || context.node.outputs.size() > outputs - 1)
    fail("attribute 'body' has {} outputs, too few", outputs);
  return Loop{std::make_shared<const Graph>(body), carried, outputs - 1};
}

}  // namespace

std::span<const OpSpec> control_flow_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("If", bind_if),
      reference_op("Loop", bind_loop),
  };
  return kOps;
}

}  // namespace qtool
