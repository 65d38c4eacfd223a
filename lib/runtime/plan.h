#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/buffer_pool.h"
#include "runtime/executor.h"
#include "runtime/unsupported.h"

namespace qtool {

/// What the plans of a model and of its subgraphs share.
struct PlanContext {
  explicit PlanContext(const CompileOptions& compile)
      : options(compile),
        observed(compile.observed.begin(), compile.observed.end()),
        pool(compile.max_bytes) {}

  CompileOptions options;
  std::set<std::string> observed;
  std::vector<UnsupportedNode> unsupported;
  BufferPool pool;
  Allocate allocate = [this](DType dtype, const Shape& shape) {
    return pool.allocate(dtype, shape);
  };
  // During a run.
  const Observer* observer = nullptr;
  int64_t steps_done = 0;
  std::chrono::steady_clock::time_point start;
};

/// A graph made ready to run: passes run, kernels bound, order and lifetimes fixed. Its values live
/// in slots, one per value of the graph.
class Plan {
 public:
  /// `model` holds the graph, a subgraph's with all that it captures as further inputs.
  /// Nodes without a kernel are added to context.unsupported; a plan that has some cannot run.
  /// Throws Error naming a node that is wrong.
  Plan(Model model, PlanContext& context);

  /// Takes one datum per graph input that is not a constant, in order. Throws Error naming the node
  /// that fails.
  std::vector<Datum> run(std::vector<Datum> inputs);

  const Graph& graph() const { return model_.graph; }
  const std::string& output_name(std::size_t index) const {
    return graph().value(outputs_[index]).name;
  }
  void list_steps(std::vector<Executor::Step>& steps) const;

 private:
  struct Body {
    std::unique_ptr<Plan> plan;
    std::vector<int> captured;  // slots that feed the inputs behind the body's own
  };
  // A value shown to the observer under the name of its channels-first twin, if it has one.
  struct Shown {
    int slot;
    ValueId name;
    Layout layout = Layout::kChannelsFirst;
  };
  struct Step {
    NodeId node;
    BoundKernel kernel;       // none: only shows a value
    std::vector<int> inputs;  // slots; kLeftOut for optional inputs left out
    std::vector<int> outputs;
    std::vector<int> release;  // slots read for the last time here
    std::vector<Shown> observed;
    std::map<std::string, Body, std::less<>> bodies;  // by attribute
    uint32_t let_go = 0;          // constant inputs that the kernel has let go, a bit for each
    Executor::Step profile = {};  // if asked for
  };

  void fill_constants();
  void bind(NodeId id);
  bool is_only_shown(const Node& node) const;
  void bind_bodies(const Node& node, Step& step);
  Body make_body(const Graph& graph);
  void find_last_uses();
  void count_readers();
  void let_go(Step& step, uint32_t inputs);
  std::vector<Datum> run_body(const Step& step, std::string_view attribute,
                              std::vector<Datum> inputs);
  void count_step() const;
  std::vector<const Datum*> inputs_of(const Step& step) const;
  void run_step(Step& step);
  void run_profiled(Step& step);
  Work work_of(const Step& step) const;
  void show(const Shown& shown) const;

  PlanContext& context_;
  Model model_;  // once bound, without the elements of constants
  std::vector<ValueId> inputs_;
  std::vector<ValueId> outputs_;
  std::vector<Step> steps_;
  std::vector<Datum> values_;  // by slot; constants stay while somebody reads them
  std::vector<int> readers_;   // by slot; of constants, who may still read the elements
};

}  // namespace qtool
