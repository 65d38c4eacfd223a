#include "calib/readers/batch.h"

#include <catch2/catch_test_macros.hpp>

#include "calib/readers/sample_graph.h"
#include "error_of.h"

using namespace qtool;

TEST_CASE("as many samples make a run as the model's batch lets") {
  CHECK(samples_a_run(type_of(DType::kFloat32, {-1, 3}), 4) == 4);
  CHECK(samples_a_run(type_of(DType::kFloat32, {4, 3}), 4) == 1);
  CHECK(samples_a_run(type_of(DType::kFloat32, {2, 3}), 1) == 1);
  CHECK(samples_a_run(type_of(DType::kFloat32, {}), 1) == 1);
  CHECK(samples_a_run({DType::kFloat32, std::nullopt}, 4) == 4);
  CHECK(error_of([] {
          samples_a_run(type_of(DType::kFloat32, {2, 3}), 4);
        }) == "the model fixes its batch to 2, not 4");
  CHECK(error_of([] { samples_a_run(type_of(DType::kFloat32, {}), 4); }) ==
        "is a single number, which has no batch axis");
}

TEST_CASE("tensors are stacked along axis 0") {
  CHECK(stack_rows(
            {Tensor::of<int16_t>({1, 2}, {1, 2}), Tensor::of<int16_t>({2, 2}, {3, 4, 5, 6})}) ==
        Tensor::of<int16_t>({3, 2}, {1, 2, 3, 4, 5, 6}));
  CHECK(stack_rows({Tensor::of<std::string>({1}, {"a"}), Tensor::of<std::string>({1}, {"b"})}) ==
        Tensor::of<std::string>({2}, {"a", "b"}));
  CHECK(stack_rows({Tensor::of<bool>({1, 0}, {}), Tensor::of<bool>({1, 0}, {})}).shape() ==
        Shape{2, 0});
  const Tensor alone = Tensor::of<float>({}, {1});
  CHECK(stack_rows({alone}).raw() == alone.raw());
  CHECK(error_of([] {
          stack_rows({Tensor::of<float>({1, 2}, {1, 2}), Tensor::of<float>({1, 1}, {3})});
        }) == "samples of different shapes make no batch: [1, 2] and [1, 1]");
}
