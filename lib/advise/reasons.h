#pragma once

#include <string>
#include <vector>

#include "advise/search.h"

namespace qtool {

/// What a model spends its time and size on.
struct ModelFacts {
  double operations = 0;  // multiplications and additions of convolutions and products, one run
  double convolutions = 0, products = 0;  // shares of them
  int recurrent = 0;                      // LSTM, GRU and RNN nodes
  int64_t batch_size = 1;
};

/// From one run of the float model.
ModelFacts model_facts(const Model& model, const TensorMap& feed, int64_t batch_size);

/// What is recommended and why, a sentence each: what it gains and costs, what kind of model it is, what other
/// kinds of quantization would cost instead, which nodes are not like the others.
std::vector<std::string> reasons(const ModelFacts& facts, const BenchResult& float_figures,
                                 const SearchResult& result);

}  // namespace qtool
