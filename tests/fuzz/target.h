#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace qtool {

/// Reads one input of a fuzzing target. An Error is an answer; any other exception, a crash, a
/// sanitizer's report, too much time or memory is a finding, which libFuzzer reports.
template <class Read>
int fuzz(const uint8_t* data, std::size_t size, const Read& read) {
  try {
    read(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace qtool

/// Defines a target: FUZZ(text) { what reads std::string_view text }.
#define FUZZ(input)                                                         \
  static void fuzz_one(std::string_view input);                             \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    return qtool::fuzz(data, size, fuzz_one);                               \
  }                                                                         \
  static void fuzz_one(std::string_view input)
