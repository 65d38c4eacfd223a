#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

OpRun einsum(const char* equation, std::vector<Tensor> inputs) {
  OpRun run("Einsum", 12);
  run.attribute("equation", std::string(equation));
  for (Tensor& input : inputs) run.input(std::move(input));
  return run;
}

void check(const char* equation, std::vector<Tensor> inputs, const Tensor& expected) {
  CAPTURE(equation);
  CHECK(einsum(equation, inputs).result() == expected);
  if (expected.dtype() == DType::kFloat32)
    CHECK(einsum(equation, inputs).result(Provider::kOneDnn) == expected);
}

TEST_CASE("Einsum of one tensor: order, sums and diagonals") {
  const Tensor x = counting<float>({2, 3});
  check("ij->ji", {x}, floats({3, 2}, {0, 3, 1, 4, 2, 5}));
  check("ba", {x}, floats({3, 2}, {0, 3, 1, 4, 2, 5}));  // implicit: in ASCII order
  check("bA", {x}, floats({3, 2}, {0, 3, 1, 4, 2, 5}));
  check("ij->i", {x}, floats({2}, {3, 12}));
  check("i j ->", {x}, floats({}, {15}));
  const Tensor square = counting<float>({2, 2});
  check("ii->i", {square}, floats({2}, {0, 3}));
  check("ii", {square}, floats({}, {3}));
  check("...j->j...", {x}, floats({3, 2}, {0, 3, 1, 4, 2, 5}));
}

TEST_CASE("Einsum of several tensors") {
  const Tensor a = floats({2, 2}, {1, 2, 3, 4});
  const Tensor b = floats({2, 2}, {5, 6, 7, 8});
  check("ij,jk->ik", {a, b}, floats({2, 2}, {19, 22, 43, 50}));
  check("ij,kj->ik", {a, b}, floats({2, 2}, {17, 23, 39, 53}));
  check("ij,ij->ij", {a, b}, floats({2, 2}, {5, 12, 21, 32}));
  check("ij,ij", {a, b}, floats({}, {70}));
  check("i,j->ij", {floats({2}, {1, 2}), floats({2}, {3, 4})}, floats({2, 2}, {3, 4, 6, 8}));
  check("ij,jk,k->i", {a, b, floats({2}, {1, 10})}, floats({2}, {239, 543}));
  check("i,ij->j", {floats({1}, {2}), b}, floats({2}, {24, 28}));  // size 1 is repeated
  check("...ij,...jk->...ik",
        {a.reshaped({1, 2, 2}), OpRun("Concat", 13)
                                    .attribute("axis", int64_t{0})
                                    .input(b.reshaped({1, 2, 2}))
                                    .input(a.reshaped({1, 2, 2}))
                                    .result()},
        floats({2, 2, 2}, {19, 22, 43, 50, 7, 10, 15, 22}));
  check(",ij->ji", {floats({}, {2}), a}, floats({2, 2}, {2, 6, 4, 8}));
}

TEST_CASE("Einsum of integers wraps around, and of nothing is 0") {
  check("i,i->", {Tensor::of<int8_t>({2}, {100, 100}), Tensor::of<int8_t>({2}, {2, 1})},
        Tensor::of<int8_t>({}, {44}));
  check("ij->j", {Tensor(DType::kInt64, {0, 2})}, int64s({0, 0}));
  check("ij,jk->ik", {floats({2, 0}, {}), floats({0, 1}, {})}, floats({2, 1}, {0, 0}));
}

TEST_CASE("Einsum names what is wrong with an equation") {
  const Tensor x = counting<float>({2, 3});
  CHECK_THAT(einsum("i1->i", {x}).error(), ContainsSubstring("equation 'i1->i': '1' is no letter"));
  CHECK_THAT(einsum("ij->k", {x}).error(), ContainsSubstring("'k' of the output is in no input"));
  CHECK_THAT(einsum("ij->ii", {x}).error(), ContainsSubstring("repeats a label"));
  CHECK_THAT(einsum("......->", {x}).error(), ContainsSubstring("two ellipses"));
  CHECK_THAT(einsum("ij,jk", {x}).error(), ContainsSubstring("2 terms, the node 1 inputs"));
  CHECK_THAT(einsum("ijk->i", {x}).error(), ContainsSubstring("[2, 3] does not fit its term"));
  CHECK_THAT(einsum("ii->i", {x}).error(), ContainsSubstring("sizes 2 and 3"));
  CHECK_THAT(OpRun("Einsum", 12).input(x).error(), ContainsSubstring("'equation' is missing"));
}

TEST_CASE("Det of matrices, also singular and empty ones") {
  const auto det = [](Tensor x) { return OpRun("Det", 11).input(std::move(x)); };
  CHECK(det(floats({2, 2, 2}, {1, 2, 3, 4, 2, 4, 1, 2})).result() == floats({2}, {-2, 0}));
  CHECK(det(floats({3, 3}, {0, 1, 0, 0, 0, 2, 3, 0, 0})).result() == floats({}, {6}));
  CHECK(det(floats({1, 0, 0}, {})).result() == floats({1}, {1}));
  CHECK_THAT(det(floats({2, 1}, {1, 2})).error(), ContainsSubstring("square matrices"));
}

}  // namespace
}  // namespace qtool
