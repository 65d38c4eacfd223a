#include "calib/readers/sample_remarks.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace qtool;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

TEST_CASE("few samples are told with the reason") {
  CHECK_THAT(few_samples_remark(1), StartsWith("only 1 sample: "));
  CHECK_THAT(few_samples_remark(15), StartsWith("only 15 samples: "));
  CHECK_THAT(few_samples_remark(15), ContainsSubstring("larger values of later inputs"));
  CHECK(few_samples_remark(16).empty());
}

TEST_CASE("the first three samples that were left out are told") {
  CHECK(skipped_remark({}, 5).empty());
  CHECK(skipped_remark({"a", "b", "c"}, 5) == "skipped 3 of 5 samples: a; b; c");
  CHECK(skipped_remark({"a", "b", "c", "d"}, 5) == "skipped 4 of 5 samples: a; b; c; ...");
}
