#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "onnx_io/proto.h"
#include "runtime/executor.h"

namespace qtool {

/// What the bytes of a ModelProto give to a target that reads models. Two of its fields, of which
/// qtool itself makes nothing, speak to the target: model_version says how, and training_info holds
/// tensors to feed.
struct ModelInput {
  Model model;
  DatumMap feed;  // one for each required input
  uint64_t choices = 0;
};

/// Throws Error for what is no model.
ModelInput read_model_input(std::string_view bytes);

/// Puts what is to be fed into the message, in place of what was there. Sequences become several
/// tensors of one name.
void write_feed(const DatumMap& feed, onnx::ModelProto& proto);

}  // namespace qtool
