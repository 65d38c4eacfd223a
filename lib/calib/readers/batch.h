#pragma once

#include <string>
#include <vector>

#include "ir/graph.h"

namespace qtool {

/// How many samples of an input make a run of `batch_size` rows: as many where the model leaves
/// axis 0 free or its rank open, 1 where it fixes it to just that number. Throws Error if it fixes
/// it to another one or has no axis.
int64_t samples_a_run(const ValueType& input, int64_t batch_size);

/// The tensors behind each other along axis 0; one or more, of one type. Throws Error naming two
/// shapes if others of their axes differ.
Tensor stack_rows(const std::vector<Tensor>& tensors);

}  // namespace qtool
