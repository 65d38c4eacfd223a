#include "tensor/tensor.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <numeric>

#include "base/parallel.h"
#include "error_of.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("copies share their elements, clones do not") {
  Tensor tensor = Tensor::of<int32_t>({2}, {1, 2});
  const Tensor copy = tensor, clone = tensor.clone();
  tensor.mutable_data<int32_t>()[0] = 9;
  CHECK(copy.to_vector<int32_t>() == std::vector<int32_t>{9, 2});
  CHECK(clone.to_vector<int32_t>() == std::vector<int32_t>{1, 2});
}

TEST_CASE("a clone of strings is independent") {
  Tensor tensor = Tensor::of<std::string>({2}, {"a", "b"});
  const Tensor clone = tensor.clone();
  tensor.mutable_data<std::string>()[1] = "changed";
  CHECK(clone.to_vector<std::string>() == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(clone == tensor);
}

TEST_CASE("numbers are aligned to 64 bytes") {
  for (const int64_t size : {0, 1, 3, 100})
    CHECK(reinterpret_cast<std::uintptr_t>(Tensor(DType::kUInt8, {size}).raw()) % 64 == 0);
}

TEST_CASE("a view keeps its owner alive and shares its bytes") {
  auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
  const Tensor view = Tensor::view(DType::kFloat32, {2}, owner, owner->data() + 1);
  const std::weak_ptr<std::vector<float>> watch = owner;
  owner.reset();
  CHECK_FALSE(watch.expired());
  CHECK(view == Tensor::of<float>({2}, {2, 3}));
}

TEST_CASE("deferred elements are made when they are asked for, once") {
  int64_t made = 0;
  const Tensor tensor =
      Tensor::deferred(DType::kInt32, {2, 3}, [&](int64_t first, int64_t count, void* out) {
        made += count;
        for (int64_t i = 0; i < count; ++i)
          static_cast<int32_t*>(out)[i] = static_cast<int32_t>(10 * (first + i));
      });
  const Tensor copy = tensor.reshaped({6});
  CHECK(made == 0);
  std::vector<int32_t> buffer;
  CHECK(copy.part(4, 2, buffer)[1] == 50);
  CHECK(copy.loaded() == Tensor::of<int32_t>({6}, {0, 10, 20, 30, 40, 50}));
  CHECK(made == 8);
  CHECK(tensor.to_vector<int32_t>()[5] == 50);
  CHECK(copy.part(1, 1, buffer) == tensor.data<int32_t>() + 1);
  CHECK(copy.loaded().raw() == tensor.raw());
  CHECK(made == 14);
  CHECK(error_of([&] { tensor.data<float>(); }) == "a tensor is of type int32, expected float32");
}

TEST_CASE("deferred elements may be asked for by many threads") {
  for (int round = 0; round < 20; ++round) {
    const Tensor tensor =
        Tensor::deferred(DType::kInt64, {1000}, [](int64_t first, int64_t count, void* out) {
          std::iota(static_cast<int64_t*>(out), static_cast<int64_t*>(out) + count, first);
        });
    std::vector<const int64_t*> seen(8);
    parallel_for(8, [&](int64_t i) { seen[static_cast<std::size_t>(i)] = tensor.data<int64_t>(); });
    for (const int64_t* each : seen) CHECK(each == seen[0]);
    CHECK(seen[0][999] == 999);
  }
}

TEST_CASE("types below 8 bits are packed") {
  CHECK(Tensor(DType::kInt4, {3}).bytes() == 2);
  CHECK(Tensor(DType::kUInt2, {5}).bytes() == 2);
  CHECK(Tensor(DType::kFloat16, {3}).bytes() == 6);
  CHECK(Tensor(DType::kString, {3}).bytes() == 0);
}

TEST_CASE("reshaping keeps elements and their number") {
  const Tensor tensor = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor reshaped = tensor.reshaped({3, 2});
  CHECK(reshaped.shape() == Shape{3, 2});
  CHECK(reshaped.raw() == tensor.raw());
  CHECK(error_of([&] { tensor.reshaped({4}); }) ==
        "6 elements of shape [2, 3] do not fit shape [4]");
}

TEST_CASE("equality looks at type, shape and bits") {
  const Tensor tensor = Tensor::of<float>({2}, {0, 1});
  CHECK(tensor == Tensor::of<float>({2}, {0, 1}));
  CHECK_FALSE(tensor == Tensor::of<float>({2}, {-0.0f, 1}));
  CHECK_FALSE(tensor == tensor.reshaped({1, 2}));
  CHECK_FALSE(Tensor::of<int32_t>({1}, {0}) == Tensor::of<float>({1}, {0}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(Tensor::scalar(nan) == Tensor::scalar(nan));
  CHECK(Tensor(DType::kInt8, {0}) == Tensor(DType::kInt8, {0}));
}

TEST_CASE("integers of any type widen to int64") {
  CHECK(to_int64s(Tensor::of<int8_t>({2}, {-1, 1})) == std::vector<int64_t>{-1, 1});
  CHECK(to_int64s(Tensor::of<uint32_t>({1}, {4294967295u})) == std::vector<int64_t>{4294967295});
  CHECK(to_int64s(Tensor::of<bool>({2}, {true, false})) == std::vector<int64_t>{1, 0});
  CHECK(error_of([] { to_int64s(Tensor::scalar<float>(1)); }) ==
        "expected an integer tensor, got float32");
}

TEST_CASE("element counts are checked") {
  CHECK(element_count({}) == 1);
  CHECK(element_count({2, 0, 3}) == 0);
  CHECK(element_count({2, 3}) == 6);
  CHECK_THAT(error_of([] { element_count({2, -1}); }), ContainsSubstring("negative dimension"));
  CHECK_THAT(error_of([] {
               element_count({1ll << 32, 1ll << 32});
             }),
             ContainsSubstring("too many elements"));
  // 2^61 elements of 8 bits: a count of bits would start again at 0.
  CHECK_THAT(error_of([] { element_count({1ll << 61}); }), ContainsSubstring("too many elements"));
}

#ifndef __SANITIZE_ADDRESS__  // it ends the program where an allocation would throw
TEST_CASE("a tensor too large for memory is an error") {
  // Telling the address keeps the compiler from leaving the allocation out.
  const auto allocate = [] { fail("memory at {}", Tensor(DType::kUInt8, {1ll << 56}).raw()); };
  CHECK_THAT(error_of(allocate),
             ContainsSubstring("uint8 [72057594037927936]: 72057594037927936 bytes are more"));
}
#endif

TEST_CASE("axes count from either end") {
  CHECK(normalize_axis(1, 3) == 1);
  CHECK(normalize_axis(-1, 3) == 2);
  CHECK(normalize_axis(-3, 3) == 0);
  CHECK(error_of([] { normalize_axis(3, 3); }) == "axis 3 is outside a tensor of rank 3");
  CHECK(error_of([] { normalize_axis(-4, 3); }) == "axis -4 is outside a tensor of rank 3");
}

TEST_CASE("types know their names and sizes") {
  CHECK(name(DType::kFloat32) == "float32");
  CHECK(name(DType::kInt4) == "int4");
  CHECK(bits(DType::kInt4) == 4);
  CHECK(bits(DType::kBool) == 8);
  CHECK(bits(DType::kString) == 0);
  CHECK(bits(DType::kInt2) == 2);
}
