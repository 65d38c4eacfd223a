#include "base/error.h"

#include <catch2/catch_test_macros.hpp>

using namespace qtool;

TEST_CASE("fail formats its message") {
  try {
    fail("weight has rank {}, expected {}", 2, 4);
  } catch (const Error& error) {
    CHECK(std::string(error.what()) == "weight has rank 2, expected 4");
    return;
  }
  FAIL("nothing was thrown");
}

TEST_CASE("every layer puts its context in front of an error") {
  std::string message;
  try {
    with_context([] { return "model.onnx"; },
                 [] { with_context([] { return "node 'conv1'"; }, [] { fail("no weight"); }); });
  } catch (const Error& error) {
    message = error.what();
  }
  CHECK(message == "model.onnx: node 'conv1': no weight");
}

TEST_CASE("with_context returns what the body returns and does not describe without need") {
  bool described = false;
  const int result = with_context(
      [&] {
        described = true;
        return "never";
      },
      [] { return 42; });
  CHECK(result == 42);
  CHECK_FALSE(described);
}

TEST_CASE("with_context lets other exceptions pass as they are") {
  const auto body = [] { throw std::out_of_range("index"); };
  CHECK_THROWS_AS(with_context([] { return "here"; }, body), std::out_of_range);
}
