#pragma once

#include <map>
#include <string>

namespace qtool {

/// How many cases of one family ended how.
struct Tally {
  int passed = 0;
  int failed = 0;
  int listed = 0;  // failed, as the list of cases not run says
};

/// A table of one line per family with the totals and the share of cases that passed.
std::string report(const std::map<std::string, Tally>& families);

}  // namespace qtool
