#pragma once

#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ops/channels_last.h"
#include "ops/op.h"
#include "ops/operations.h"

namespace qtool {

struct CompileOptions {
  /// False runs the graph literally, node by node: the oracle of every fusion.
  bool fuse = true;
  /// The first provider to try; kReference asks for reference kernels only.
  Provider first = Provider::kSimd;
  /// Names of values to keep and to show to the observer, besides the outputs, those of bodies
  /// included; fusions leave them.
  std::vector<std::string> observed;
  /// Measure how long every step takes; see Executor::steps.
  bool profile = false;
  /// Most nodes that one run may execute, those of loops counted each time; 0: no limit.
  int64_t max_steps = 0;
  /// Most bytes of intermediate tensors.
  std::size_t max_bytes = std::numeric_limits<std::size_t>::max();
};

/// Tensors by the name of a graph input or output.
using TensorMap = std::map<std::string, Tensor>;
/// The same for models that take or give sequences and optionals.
using DatumMap = std::map<std::string, Datum>;
/// Called with each observed value right after it was computed (inputs at the start): never for what
/// a run does not reach, several times for what is in a loop, and again where a body captures it.
/// Images may come [N, spatial..., C], as they were computed: the layout says so; see
/// ops/channels_last.h.
using Observer = std::function<void(const std::string& name, const Tensor& value, Layout layout)>;

/// A model made ready to run: kernels bound, weights packed, order and lifetimes fixed.
class Executor {
 public:
  /// Operators that ONNX or the model defines by functions and that have no kernel run as these.
  /// Keeps of the weights only what kernels read: give the model away if it is not needed any more.
  /// Throws Error naming all operators that cannot be run, or the node that is wrong.
  explicit Executor(Model model, const CompileOptions& options = {});
  Executor(Executor&&) noexcept;
  Executor& operator=(Executor&&) noexcept;
  ~Executor();

  /// Runs the model on `feed`, one tensor per graph input. Returns every graph output.
  /// Throws Error: an input missing or unknown, of another type or shape; a node that fails; an
  /// output that is no tensor. Never called by two threads at once.
  TensorMap run(const TensorMap& feed, const Observer& observer = {}) const;
  /// The same for any data.
  DatumMap run_data(const DatumMap& feed, const Observer& observer = {}) const;

  struct Step {
    std::string node;  // its name or first output
    std::string op_type;
    Provider provider;
    /// Of a profiled executor: how often it ran, in how many seconds altogether, and when in the latest
    /// run it began and how long it took. What runs bodies has their time in its own.
    int64_t runs = 0;
    double seconds = 0;
    double latest_start = 0;
    double latest_seconds = 0;
    Work work = {};  // of the latest run
  };
  /// What runs, in order; behind a step those of its bodies.
  std::vector<Step> steps() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Graph inputs that a caller must feed: those that are not constants.
std::vector<ValueId> required_inputs(const Graph& graph);
/// Checks a feed against the inputs' types and shapes (free dimensions take any size).
void check_feed(const Graph& graph, const DatumMap& feed);

}  // namespace qtool
