#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"
#include "quantized_values.h"
#include "tensor/cast.h"

// tests/interop compares these operators with onnxruntime's; here is what that cannot show.
namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

OpRun contrib(const char* op_type) { return OpRun(op_type, 1, "com.microsoft"); }

// x with its scale and zero point, then those of the output.
OpRun& add_unary(OpRun& run, const Tensor& x, int zero, float y_scale, int y_zero) {
  run.input(x).input(Tensor::scalar(0.1F)).input(byte(x.dtype(), zero));
  return run.input(Tensor::scalar(y_scale)).input(byte(x.dtype(), y_zero));
}

TEST_CASE("QLinearReduceMean quantizes the mean of real numbers") {
  const Tensor x = random_bytes(DType::kInt8, {3, 4, 5}, 1);
  OpRun run = contrib("QLinearReduceMean");
  run.attribute("axes", std::vector<int64_t>{1}).attribute("keepdims", int64_t{0});
  const Tensor y = add_unary(run, x, -7, 0.0737F, 4).result();
  REQUIRE(y.shape() == Shape{3, 5});
  const auto values = to_int64s(x);
  std::vector<double> steps(15, 0);
  for (std::size_t i = 0; i < values.size(); ++i)
    steps[i / 20 * 5 + i % 5] += static_cast<double>(values[i] + 7) / 4 * 0.1F / 0.0737F;
  check_quantized(y, steps, 4);
}

TEST_CASE("QLinearSoftmax of int8") {
  OpRun run = contrib("QLinearSoftmax");
  run.attribute("opset", int64_t{13});
  const Tensor x = Tensor::of<int8_t>({2, 2}, {0, 10, -128, 127});
  const Tensor y = add_unary(run, x, 3, 1 / 256.0F, -128).result();
  const double high = 256 / (1 + std::exp(-1.0));
  check_quantized(y, {256 - high, high, 0, 256}, -128);
  CHECK_THAT(contrib("QLinearSoftmax").input(x).error(), ContainsSubstring("'opset' is missing"));
}

TEST_CASE("QLinearWhere refuses mixed types") {
  OpRun run = contrib("QLinearWhere");
  run.input(Tensor::scalar(true));
  for (const DType dtype : {DType::kUInt8, DType::kInt8})
    run.input(byte(dtype, 1)).input(Tensor::scalar(1.0F)).input(byte(dtype, 0));
  run.input(Tensor::scalar(1.0F)).input(byte(DType::kUInt8, 0));
  CHECK_THAT(run.error(), ContainsSubstring("input 4 is of type int8, the output of uint8"));
}

// 4 bits, blocks of 16, k = 20: two blocks.
OpRun nbits(int64_t bits = 4, int64_t block = 16, int64_t k = 20, int64_t n = 1) {
  OpRun run = contrib("MatMulNBits");
  run.attribute("bits", bits).attribute("block_size", block);
  return run.attribute("K", k).attribute("N", n);
}

TEST_CASE("MatMulNBits in float16, with both providers") {
  const Tensor a = cast(floats({1, 20}, std::vector<float>(20, 1)), DType::kFloat16);
  std::vector<uint8_t> b(16, 0x99);  // all 9, padding too
  b[0] = 0x2F;                       // 15, then 2
  OpRun run = nbits();
  run.input(a).constant(Tensor::of<uint8_t>({1, 2, 8}, b));
  run.constant(cast(floats({1, 2}, {0.5F, 2}), DType::kFloat16));
  run.constant(Tensor::of<uint8_t>({1, 1}, {0x51}));
  // (14 + 1 + 14 · 8) / 2 + 4 · (9 − 5) · 2
  const Tensor wanted = cast(floats({1, 1}, {95.5F}), DType::kFloat16);
  CHECK(run.result(Provider::kReference) == wanted);
  CHECK(run.result(Provider::kOneDnn) == wanted);
}

TEST_CASE("MatMulNBits refuses what does not fit") {
  const Tensor a = floats({1, 20}, std::vector<float>(20, 1));
  const Tensor b = Tensor::of<uint8_t>({1, 2, 8}, std::vector<uint8_t>(16, 0));
  const Tensor scales = floats({1, 2}, {1, 1});
  CHECK_THAT(nbits(3).input(a).error(), ContainsSubstring("bits 3"));
  CHECK_THAT(nbits(4, 24).input(a).error(), ContainsSubstring("block_size 24"));
  CHECK_THAT(nbits(4, 16, -1).input(a).error(), ContainsSubstring("K -1"));
  CHECK_THAT(nbits(4, 16, int64_t{1} << 60, int64_t{1} << 40).input(a).error(),
             ContainsSubstring("elements"));
  CHECK_THAT(contrib("MatMulNBits").input(a).error(), ContainsSubstring("'N' is missing"));
  CHECK_THAT(nbits(8).input(a).input(b).input(scales).error(), ContainsSubstring("B [1, 2, 8]"));
  CHECK_THAT(nbits().input(a).input(b).input(a).error(), ContainsSubstring("scales [1, 20]"));
  OpRun groups = nbits();
  groups.input(a).input(b).input(scales).left_out();
  groups.input(Tensor::of<int32_t>({20}, std::vector<int32_t>(20, 2)));
  CHECK_THAT(groups.error(), ContainsSubstring("g_idx 2 is outside [0, 2)"));
}

TEST_CASE("GatherBlockQuantized gives zeros for indices out of range") {
  OpRun run = contrib("GatherBlockQuantized");
  run.attribute("block_size", int64_t{16}).attribute("bits", int64_t{8});
  run.input(Tensor::of<uint8_t>({2, 2}, {130, 126, 128, 129}));
  run.input(int64s({1, 2, -2, -3})).input(floats({2, 1}, {0.5F, 3}));
  CHECK(run.result() == floats({4, 2}, {0, 3, 0, 0, 1, -1, 0, 0}));
}

TEST_CASE("GatherBlockQuantized of float8 broadcasts its scales") {
  OpRun run = contrib("GatherBlockQuantized");
  run.attribute("block_size", int64_t{0}).attribute("quantize_axis", int64_t{-1});
  run.input(cast(floats({3, 2}, {1, 2, 3, 4, 5, 6}), DType::kFloat8E5M2));
  run.input(Tensor::scalar<int32_t>(2)).input(cast(floats({1, 1}, {0.5F}), DType::kFloat16));
  CHECK(run.result() == cast(floats({2}, {2.5F, 3}), DType::kFloat16));
}

TEST_CASE("GatherBlockQuantized refuses what does not fit") {
  const Tensor data = Tensor::of<uint8_t>({2, 2}, {1, 2, 3, 4});
  const auto gather = [&](int64_t block, const Tensor& scales) {
    OpRun run = contrib("GatherBlockQuantized");
    run.attribute("block_size", block);
    return run.input(data).input(int64s({0})).input(scales);
  };
  const Tensor scales = floats({2, 1}, {1, 1});
  CHECK_THAT(gather(17, scales).error(), ContainsSubstring("block_size 17"));
  CHECK_THAT(gather(0, scales).error(), ContainsSubstring("floating point only"));
  CHECK_THAT(gather(16, floats({1, 1}, {1})).error(), ContainsSubstring("do not fit [2, 1]"));
  CHECK_THAT(gather(16, scales).input(data).error(), ContainsSubstring("zero points [2, 2]"));
  CHECK_THAT(gather(16, scales).attribute("quantize_axis", int64_t{0}).error(),
             ContainsSubstring("the last one"));
  CHECK_THAT(gather(16, scales).attribute("gather_axis", int64_t{9}).error(),
             ContainsSubstring("9"));
}

TEST_CASE("DynamicQuantizeMatMul quantizes its input by its range") {
  OpRun run = contrib("DynamicQuantizeMatMul");
  run.input(floats({1, 2}, {-1, 254})).constant(Tensor::of<int8_t>({2, 1}, {3, 2}));
  run.constant(Tensor::scalar(0.5F));
  CHECK(run.result(Provider::kReference) == floats({1, 1}, {252.5F}));
  CHECK(run.fastest() == floats({1, 1}, {252.5F}));
  run.constant(Tensor::of<int8_t>({3}, {0, 0, 0}));
  CHECK_THAT(run.error(), ContainsSubstring("zero point"));
}

TEST_CASE("DynamicQuantizeLSTM refuses matrices that do not fit") {
  const auto lstm = [](const Tensor& w, const Tensor& r, const Tensor& scale) {
    OpRun run = contrib("DynamicQuantizeLSTM");
    run.input(floats({1, 1, 2}, {1, 2})).input(w).input(r);
    for (int i = 0; i < 5; ++i) run.left_out();
    run.input(scale).input(Tensor::of<int8_t>({1}, {0}));
    return run.input(scale).input(Tensor::of<int8_t>({1}, {0}));
  };
  const Tensor w = random_bytes(DType::kInt8, {1, 2, 4}, 1);
  const Tensor r = random_bytes(DType::kInt8, {1, 1, 4}, 1);
  const Tensor scale = floats({1}, {0.1F});
  CHECK(lstm(w, r, scale).run(Provider::kReference, 3)[0].shape() == Shape{1, 1, 1, 1});
  CHECK_THAT(lstm(r, r, scale).error(), ContainsSubstring("W [1, 1, 4] and R [1, 1, 4]"));
  CHECK_THAT(lstm(w, floats({2}, {1, 2}), scale).error(), ContainsSubstring("rank 3"));
  CHECK_THAT(lstm(w, r, floats({}, {1})).error(), ContainsSubstring("1 direction"));
}

TEST_CASE("QAttention refuses weights that cannot be parted into heads") {
  const auto attention = [](int64_t heads, const Tensor& weight) {
    OpRun run = contrib("QAttention");
    run.attribute("num_heads", heads).input(random_bytes(DType::kUInt8, {1, 2, 4}, 1));
    run.input(weight).input(floats({12}, std::vector<float>(12, 0)));
    return run.input(Tensor::scalar(0.1F)).input(Tensor::scalar(0.1F));
  };
  const Tensor weight = random_bytes(DType::kInt8, {4, 12}, 2);
  CHECK(attention(2, weight).result().shape() == Shape{1, 2, 4});
  CHECK_THAT(attention(3, weight).error(), ContainsSubstring("cannot be parted into 3 heads"));
  CHECK_THAT(attention(0, weight).error(), ContainsSubstring("num_heads"));
  CHECK_THAT(attention(2, weight.reshaped({4, 12, 1})).error(), ContainsSubstring("rank 2"));
  CHECK_THAT(attention(2, random_bytes(DType::kInt8, {5, 12}, 2)).error(),
             ContainsSubstring("do not fit"));
}

TEST_CASE("QEmbedLayerNormalization refuses parameters that do not fit") {
  const auto embed = [](const Tensor& scale, const Tensor& zero_point) {
    OpRun run = contrib("QEmbedLayerNormalization");
    run.input(Tensor::of<int32_t>({1, 2}, {0, 1})).left_out();
    run.input(random_bytes(DType::kUInt8, {3, 4}, 1)).input(random_bytes(DType::kUInt8, {2, 4}, 2));
    run.left_out().input(random_bytes(DType::kUInt8, {4}, 3));
    run.input(random_bytes(DType::kUInt8, {4}, 4)).left_out();
    for (const bool there : {true, true, false, true, true})
      there ? run.input(scale) : run.left_out();
    for (const bool there : {true, true, false, true, true})
      there ? run.input(zero_point) : run.left_out();
    return run;
  };
  const Tensor scale = Tensor::scalar(0.1F);
  const Tensor zero_point = byte(DType::kUInt8, 3);
  CHECK(embed(scale, zero_point).run(Provider::kReference, 2)[0].shape() == Shape{1, 2, 4});
  CHECK_THAT(embed(scale, byte(DType::kInt8, 3)).error(), ContainsSubstring("type int8"));
  CHECK_THAT(embed(floats({3}, {1, 1, 1}), Tensor::of<uint8_t>({3}, {0, 0, 0})).error(),
             ContainsSubstring("scale [3]"));
}

}  // namespace
}  // namespace qtool
