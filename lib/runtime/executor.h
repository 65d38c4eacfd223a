#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ops/op.h"

namespace qtool {

struct CompileOptions {
  /// False runs the graph literally, node by node: the oracle of every fusion.
  bool fuse = true;
  /// The first provider to try; kReference asks for reference kernels only.
  Provider first = Provider::kSimd;
  /// Names of values to keep and to show to the observer, besides the outputs; fusions leave them.
  std::vector<std::string> observed;
};

/// Tensors by the name of a graph input or output.
using TensorMap = std::map<std::string, Tensor>;
/// Called with each observed value right after it was computed (inputs at the start).
using Observer = std::function<void(const std::string& name, const Tensor& value)>;

/// A model made ready to run: kernels bound, weights packed, order and lifetimes fixed.
class Executor {
 public:
  /// Throws Error naming the node whose operator or type cannot be run.
  explicit Executor(const Model& model, const CompileOptions& options = {});
  Executor(Executor&&) noexcept;
  Executor& operator=(Executor&&) noexcept;
  ~Executor();

  /// Runs the model on `feed`, one tensor per graph input. Returns every graph output.
  /// Throws Error: an input missing or unknown, of another type or shape; a node that fails.
  TensorMap run(const TensorMap& feed, const Observer& observer = {}) const;

  struct Step {
    std::string node;  // its name or first output
    std::string op_type;
    Provider provider;
  };
  /// What runs, in order.
  std::vector<Step> steps() const;

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

/// Graph inputs that a caller must feed: those that are not constants.
std::vector<ValueId> required_inputs(const Graph& graph);
/// Checks a feed against the inputs' types and shapes (free dimensions take any size).
void check_feed(const Graph& graph, const TensorMap& feed);

/// Number of threads that kernels may use, for the whole process.
void set_threads(int count);

}  // namespace qtool
