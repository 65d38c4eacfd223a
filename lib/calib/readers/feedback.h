#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "runtime/executor.h"

namespace qtool {

/// An output whose value of one run is an input's of the next.
struct FeedbackPair {
  std::string output;
  std::string input;
};

/// The state of a model that is run on samples in order:
///   for each sample: feedback.fill(feed); outputs = run(feed); feedback.keep(outputs);
/// The first run takes what the feed holds, else zeros.
class Feedback {
 public:
  /// Throws Error naming both: no such output or input, an input that is a constant or stands
  /// twice, types or shapes that differ.
  Feedback(const Graph& graph, std::vector<FeedbackPair> pairs);

  /// Puts the state into a feed. Throws Error naming an input that needs zeros of a shape that the
  /// model leaves open.
  void fill(TensorMap& feed) const { fill_any(feed); }
  void fill(DatumMap& feed) const { fill_any(feed); }
  /// Takes the state of the next run from this one's outputs. Throws Error naming both if the input
  /// does not take the shape.
  void keep(const TensorMap& outputs) { keep_any(outputs); }
  void keep(const DatumMap& outputs) { keep_any(outputs); }

 private:
  template <class Map>
  void fill_any(Map& feed) const;
  template <class Map>
  void keep_any(const Map& outputs);

  std::vector<FeedbackPair> pairs_;
  std::map<std::string, ValueType> types_;  // by input
  std::map<std::string, Tensor> state_;     // by input
};

}  // namespace qtool
