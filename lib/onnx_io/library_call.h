#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace qtool {

/// `text` on one line: every run of white space becomes one space, none at the ends.
std::string one_line(std::string_view text);

/// Runs `body`, which calls the ONNX library. An exception of the library becomes an Error of one
/// line with `what` in front.
template <class Body>
decltype(auto) library_call(std::string_view what, Body&& body) {
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail("{}: {}", what, one_line(error.what()));
  }
}

}  // namespace qtool
