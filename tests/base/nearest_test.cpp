#include "base/nearest.h"

#include <catch2/catch_test_macros.hpp>

namespace qtool {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("nearest finds each kind of slip") {
  const Names keys = {"mode", "weight_type", "block", "symmetric", "per_channel"};
  CHECK(nearest("blok", keys) == Names{"block"});    // left out
  CHECK(nearest("blocck", keys) == Names{"block"});  // put in
  CHECK(nearest("mose", keys) == Names{"mode"});     // replaced
  CHECK(nearest("mdoe", keys) == Names{"mode"});     // swapped
  CHECK(nearest("SYMMETRIC", keys) == Names{"symmetric"});
  CHECK(nearest("type", keys) == Names{"weight_type"});  // a part
  CHECK(nearest("zero", keys).empty());
}

TEST_CASE(
    "nearest puts fewer edits to a part first, then to the whole, then the order of letters") {
  const Names nodes = {"/layer1/conv1/Conv", "conv10", "conv12", "conv2", "conv11"};
  CHECK(nearest("conv1", nodes) == Names{"conv10", "conv11", "conv12"});
  CHECK(nearest("conv2", nodes) == Names{"conv2", "conv12", "conv10"});
  CHECK(nearest("layer1/conv1", nodes) == Names{"/layer1/conv1/Conv"});
}

TEST_CASE("nearest takes empty names and an empty list") {
  CHECK(nearest("conv", {}).empty());
  CHECK(nearest("conv", {""}).empty());
  CHECK(nearest("", {"a"}) == Names{"a"});
}

TEST_CASE("did_you_mean is the end of a message") {
  CHECK(did_you_mean("x", {"y"}).empty());
  CHECK(did_you_mean("conv", {"conv1"}) == "; did you mean 'conv1'?");
  CHECK(did_you_mean("conv", {"conv1", "conv2", "conv3", "conv4"}) ==
        "; did you mean 'conv1', 'conv2' or 'conv3'?");
}

}  // namespace
}  // namespace qtool
