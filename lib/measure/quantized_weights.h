#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "calib/statistics/histogram.h"
#include "ir/graph.h"
#include "tensor/quant_params.h"

namespace qtool {

/// One output channel of a weight, or all of it.
struct WeightChannel {
  double min = 0, max = 0;   // its numbers, widened to contain 0
  double low = 0, high = 0;  // what its integers can express, of all its blocks
  int64_t integers = 0;      // how many the channel spans, that of 0 included; 0 for float8
  double magnitude() const { return std::max(-min, max); }
};

/// A constant of two axes or more that a model holds as integers (or float8) behind a DequantizeLinear.
struct QuantizedWeight {
  std::string name;  // of the integers
  std::string node;  // that reads it first
  std::string op_type;
  Shape shape;
  QuantParams params;
  bool is_float = false;  // the numbers are of the float model; else what the integers stand for
  int axis = -1;          // of the channels; −1: there is one
  std::vector<WeightChannel> channels;
  Histogram histogram;  // of the numbers; empty if one is NaN or Inf

  /// Whether several channels have to do with one scale.
  bool shares_scale() const { return params.per_tensor() && channels.size() > 1; }
};

/// The quantized weights of `other`, in QDQ form and of any tool, in the order of its nodes. Their numbers are
/// those of a constant of `first`, of that shape, that the integers stand for within 10 dB: what the node of the
/// same name reads, or any other. Else (factors were moved between a weight and its neighbours) they are
/// what the integers stand for.
std::vector<QuantizedWeight> quantized_weights(const Graph& first, const Graph& other);

/// How uneven the channels of a weight are.
struct ChannelSpread {
  double widest = 1;  // magnitude of the widest channel over that of the (lower) median one
  double most = 1;    // over that of the narrowest that is not as good as 0 (2^-20 of the widest)
  int64_t few = 0;    // channels that span fewer than kFewIntegers integers
  int64_t vanished = 0;  // channels of which nothing but 0 is left
};
inline constexpr int64_t kFewIntegers = 8;
ChannelSpread channel_spread(const QuantizedWeight& weight);

}  // namespace qtool
