#include "calib/statistics/sample_set.h"

#include <catch2/catch_test_macros.hpp>

#include "error_of.h"

namespace qtool {
namespace {

TEST_CASE("samples that follow each other become one run, in any order") {
  SampleSet set;
  for (const int64_t sample : {4, 0, 2, 1, 7, 3}) set.add(sample);
  CHECK(set.runs() == std::map<int64_t, int64_t>{{0, 5}, {7, 8}});
  CHECK(set.count() == 6);
  CHECK(set.contains(3));
  CHECK_FALSE(set.contains(5));
  CHECK_FALSE(set.contains(-1));
}

TEST_CASE("a sample that is there already is refused") {
  SampleSet set;
  set.add(2, 5);
  CHECK(error_of([&] { set.add(4); }) == "sample 4 is there twice");
  CHECK(error_of([&] { set.add(0, 3); }) == "sample 2 is there twice");
  SampleSet other;
  other.add(5);
  set.merge(other);
  CHECK(set.runs() == std::map<int64_t, int64_t>{{2, 6}});
}

}  // namespace
}  // namespace qtool
