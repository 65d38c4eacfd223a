#include "calib/remarks.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace qtool;
using Catch::Matchers::StartsWith;

namespace {

std::vector<std::string> remarks_of(const std::vector<std::string>& values,
                                    const std::vector<float>& elements) {
  CalibrationTable table;
  for (const std::string& value : values) {
    if (elements.empty()) continue;
    table.statistics[value].observe(Tensor::of<float>({std::ssize(elements)}, elements), 0);
    table.values[value] = table.statistics[value].extremes;
  }
  return remarks(table, {.values = values});
}

}  // namespace

TEST_CASE("what is doubtful is said of one value and of many") {
  CHECK_THAT(remarks_of({"x"}, {}).at(0),
             StartsWith("'x' was reached by no sample: what reads it"));
  CHECK_THAT(remarks_of({"x", "y"}, {}).at(0),
             StartsWith("'x', 'y' were reached by no sample: what reads them"));
  CHECK_THAT(remarks_of({"x"}, {1, 1}).at(0), StartsWith("'x' is constant in all samples"));
  CHECK_THAT(remarks_of({"x", "y"}, {1, 1}).at(0), StartsWith("'x', 'y' are constant"));
  CHECK_THAT(remarks_of({"x"}, {1, 2}).at(0), StartsWith("'x' has fewer than 8192 numbers"));
  CHECK_THAT(remarks_of({"a", "b", "c", "d", "e", "f", "g"}, {1, 2}).at(0),
             StartsWith("'a', 'b', 'c', 'd', 'e' and 2 more have fewer than 8192 numbers"));
}
