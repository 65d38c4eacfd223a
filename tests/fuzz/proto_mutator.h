#pragma once

#include <google/protobuf/message.h>

#include "fuzz/alter.h"

namespace qtool {

/// Changes one thing of a message, at any depth, so that it stays one: a field is dropped, altered,
/// duplicated or moved, or taken from another message of its type in `message` itself or in `donor`.
/// The same random numbers make the same change.
void mutate_message(google::protobuf::Message& message, const google::protobuf::Message& donor,
                    Random& random);

/// Puts some message of `donor` in place of one of its type in `message`, if there is one.
void cross_over(google::protobuf::Message& message, const google::protobuf::Message& donor,
                Random& random);

}  // namespace qtool
