#pragma once

#include <optional>
#include <vector>

#include "measure/compare_layers.h"
#include "measure/quantized_weights.h"

namespace qtool {

/// What makes most of a layer's own error.
enum class CauseKind : uint8_t {
  kOneScale,     // a weight with one scale for channels of very different reach
  kInner,        // something on the way is quantized that the float model does not even have
  kWeights,      // its weights otherwise, and whatever else is computed on integers
  kClipping,     // elements outside of what the output's integers can express
  kUnusedRange,  // rounding, for the output takes a small part of what its integers can express
  kOutliers,     // rounding, for a few large elements make the steps coarse for the many small ones
};
std::string_view name(CauseKind kind);

struct Cause {
  CauseKind kind = CauseKind::kWeights;
  std::size_t layer = 0;  // by place in the list
  double share = 0;       // of the mean square of the layer's own error, 0 to 1
  std::optional<std::size_t>
      weight;  // by place in its list: the most uneven one, where a weight may be it
};

/// The cause of each layer whose own SQNR is below 40 dB, in the order of the layers, by the data alone: rounding
/// and clipping of the exact output make what they make; the rest is made on the way, where a weight is to blame if it shares
/// one scale among channels and the widest reaches twice as far as the median one.
std::vector<Cause> find_causes(const std::vector<LayerError>& layers,
                               const std::vector<QuantizedWeight>& weights);

}  // namespace qtool
