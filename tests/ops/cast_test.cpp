#include "tensor/cast.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

OpRun cast_op(DType to, const char* op_type = "Cast") {
  return OpRun(op_type, 25).attribute("to", static_cast<int64_t>(to));
}

TEST_CASE("Cast reads how to round and whether to saturate") {
  const Tensor x = floats({2}, {1.5F, 1e30F});
  const auto result = [&](DType to, const char* mode, int64_t saturate) {
    OpRun run = cast_op(to);
    run.attribute("round_mode", std::string(mode)).attribute("saturate", saturate);
    return cast(run.input(x).result(), DType::kFloat32).to_vector<float>();
  };
  CHECK(result(DType::kFloat8E8M0, "up", 1)[0] == 2);
  CHECK(result(DType::kFloat8E8M0, "nearest", 1)[0] == 2);
  CHECK(result(DType::kFloat8E8M0, "down", 1)[0] == 1);
  CHECK(result(DType::kFloat8E5M2, "up", 1)[1] == 57344);
  CHECK(std::isinf(result(DType::kFloat8E5M2, "up", 0)[1]));
  CHECK_THAT(cast_op(DType::kFloat8E8M0).attribute("round_mode", std::string("odd")).error(),
             ContainsSubstring("round_mode 'odd' is not known"));
}

TEST_CASE("CastLike takes the type of its second input, which may be a string") {
  OpRun run("CastLike", 19);
  run.input(int64s({3, -1})).input(Tensor::scalar<std::string>(""));
  CHECK(run.result() == Tensor::of<std::string>({2}, {"3", "-1"}));
}

TEST_CASE("BitCast keeps the bits") {
  const Tensor x = floats({2}, {1, -0.0F});
  const Tensor bits = cast_op(DType::kInt32, "BitCast").input(x).result();
  CHECK(bits == Tensor::of<int32_t>({2}, {0x3F800000, std::numeric_limits<int32_t>::min()}));
  CHECK(cast_op(DType::kFloat32, "BitCast").input(bits).result() == x);
  const Tensor four = cast(floats({3}, {-1, 2, -8}), DType::kInt4);
  const Tensor other = cast_op(DType::kUInt4, "BitCast").input(four).result();
  CHECK(cast(other, DType::kInt32) == Tensor::of<int32_t>({3}, {15, 2, 8}));
  const Tensor bools =
      cast_op(DType::kBool, "BitCast").input(Tensor::of<uint8_t>({3}, {0, 1, 7})).result();
  CHECK(bools == Tensor::of<bool>({3}, {false, true, true}));
}

TEST_CASE("BitCast refuses types of other widths, and strings") {
  CHECK_THAT(cast_op(DType::kInt16, "BitCast").input(floats({1}, {0})).error(),
             ContainsSubstring("elements of type float32 do not have the bits of int16"));
  CHECK_THAT(cast_op(DType::kString, "BitCast").input(floats({1}, {0})).error(),
             ContainsSubstring("string"));
  CHECK_THAT(cast_op(DType::kUndefined, "BitCast").input(floats({1}, {0})).error(),
             ContainsSubstring("type 0 is not known"));
}

}  // namespace
}  // namespace qtool
