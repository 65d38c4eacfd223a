#pragma once

#include <functional>

#include "runtime/executor.h"
#include "sample_options.h"

namespace qtool {

/// What a model is run on, one datum per input each time.
struct Feeds {
  int64_t count = 0;
  std::function<DatumMap(int64_t index)> read;  // throws Error naming the file
};

/// Finds them at `options.path`: an ONNX test data set (a folder with input_K.pb), a folder of
/// several (test_data_set_N), or samples as SampleReader reads them, NaN and Inf allowed. A model
/// without inputs has one empty feed and needs no path. Throws Error naming the file or folder, and
/// for options that do not apply.
Feeds open_feeds(const Graph& graph, const SampleOptions& options);

}  // namespace qtool
