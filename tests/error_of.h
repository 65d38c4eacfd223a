#pragma once

#include <string>

#include "base/error.h"

namespace qtool {

/// The message of the Error that `body` throws; "no error" if it throws none.
template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace qtool
