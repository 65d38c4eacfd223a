#pragma once

#include <onnx/onnx_pb.h>

#include "ir/graph.h"

namespace qtool {

/// The bytes of a message, empty if it says nothing.
template <class Message>
Opaque to_opaque(const Message& message) {
  return message.SerializeAsString();
}

/// The message that to_opaque wrote.
template <class Message>
Message from_opaque(const Opaque& bytes) {
  Message message;
  const bool parsed = message.ParseFromString(bytes);
  QTOOL_ASSERT(parsed);
  return message;
}

}  // namespace qtool
