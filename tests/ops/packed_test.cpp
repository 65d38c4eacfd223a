#include "ops/packed.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

// A tensor of a type below 8 bits, made of bytes written by hand.
Tensor bytes_as(DType dtype, Shape shape, const std::vector<uint8_t>& bytes) {
  Tensor tensor(dtype, std::move(shape));
  REQUIRE(tensor.bytes() == bytes.size());
  std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(tensor.mutable_raw()));
  return tensor;
}

TEST_CASE("elements below 8 bits move one by one") {
  // 1 2 3 / 4 5 6, the first in the low bits.
  const Tensor x = bytes_as(DType::kInt4, {2, 3}, {0x21, 0x43, 0x65});
  CHECK(OpRun("Transpose").input(x).result() == bytes_as(DType::kInt4, {3, 2}, {0x41, 0x52, 0x63}));
  CHECK(OpRun("Slice").input(x).input(int64s({1})).input(int64s({2})).result() ==
        bytes_as(DType::kInt4, {1, 3}, {0x54, 0x06}));
  CHECK(OpRun("Pad")
            .input(x)
            .input(int64s({0, 1, 0, 0}))
            .input(bytes_as(DType::kInt4, {}, {0x0F}))
            .result() == bytes_as(DType::kInt4, {2, 4}, {0x1F, 0x32, 0x4F, 0x65}));
  CHECK(OpRun("Concat").attribute("axis", int64_t{0}).input(x).input(x).result() ==
        bytes_as(DType::kInt4, {4, 3}, {0x21, 0x43, 0x65, 0x21, 0x43, 0x65}));
  const Tensor pairs = bytes_as(DType::kUInt2, {5}, {0b11'10'01'00, 0b01});  // 0 1 2 3 1
  CHECK(OpRun("Gather").input(pairs).input(int64s({3, 0, 2})).result() ==
        bytes_as(DType::kUInt2, {3}, {0b10'00'11}));
  CHECK_THAT(OpRun("Concat").attribute("axis", int64_t{0}).input(x).input(pairs).error(),
             ContainsSubstring("different element types, int4 and uint2"));
}

TEST_CASE("strings move as objects") {
  const std::string text(100, 'x');  // too long to be held in place
  const Tensor x = Tensor::of<std::string>({2, 2}, {"a", text, "", "d"});
  CHECK(OpRun("Transpose").input(x).result() ==
        Tensor::of<std::string>({2, 2}, {"a", "", text, "d"}));
  CHECK(OpRun("Gather").input(x).input(int64s({1})).result() ==
        Tensor::of<std::string>({1, 2}, {"", "d"}));
  CHECK(OpRun("Concat").attribute("axis", int64_t{1}).input(x).input(x).result() ==
        Tensor::of<std::string>({2, 4}, {"a", text, "a", text, "", "d", "", "d"}));
  CHECK(OpRun("Where")
            .input(Tensor::of<bool>({2}, {true, false}))
            .input(x)
            .input(Tensor::scalar(std::string("no")))
            .result() == Tensor::of<std::string>({2, 2}, {"a", "no", "", "no"}));
}

}  // namespace
}  // namespace qtool
