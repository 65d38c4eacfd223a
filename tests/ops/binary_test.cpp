#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

// All numbers of T as a column or as a row.
template <class T>
Tensor all_of(const Shape& shape) {
  std::vector<T> values;
  for (int i = std::numeric_limits<T>::lowest(); i <= std::numeric_limits<T>::max(); ++i)
    values.push_back(static_cast<T>(i));
  return Tensor::of<T>(shape, values);
}

// Counts the pairs of 8-bit integers for which the operator does not give what `define` does.
template <class T, class Define>
int wrong_pairs(OpRun run, Define define, bool with_zero = true) {
  Tensor b = all_of<T>({1, 256});
  if (!with_zero)
    for (int64_t i = 0; i < b.size(); ++i)
      if (b.data<T>()[i] == 0) b.mutable_data<T>()[i] = 1;
  const Tensor a = all_of<T>({256, 1});
  const Tensor y = run.input(a).input(b).result();
  int wrong = 0;
  for (int64_t i = 0; i < 256; ++i)
    for (int64_t j = 0; j < 256; ++j)
      wrong += y.data<T>()[i * 256 + j] !=
               static_cast<T>(static_cast<int>(define(a.data<T>()[i], b.data<T>()[j])));
  return wrong;
}

TEST_CASE("binary operators broadcast both ways") {
  const Tensor column = floats({3, 1}, {10, 20, 30});
  const Tensor row = floats({2}, {1, 2});
  CHECK(OpRun("Add").input(column).input(row).result() == floats({3, 2}, {11, 12, 21, 22, 31, 32}));
  CHECK(OpRun("Sub").input(row).input(column).result() ==
        floats({3, 2}, {-9, -8, -19, -18, -29, -28}));
  CHECK(OpRun("Mul").input(column).input(floats({}, {2})).result() == floats({3, 1}, {20, 40, 60}));
  CHECK(OpRun("Div").input(floats({1}, {60})).input(column).result() == floats({3, 1}, {6, 3, 2}));
  CHECK(OpRun("Add").input(floats({0, 2}, {})).input(row).result().shape() == Shape{0, 2});
  CHECK_THAT(OpRun("Add").input(column).input(floats({2, 2}, {1, 2, 3, 4})).error(),
             ContainsSubstring("[3, 1] and [2, 2] cannot be broadcast"));
  CHECK_THAT(OpRun("Add").input(column).input(int64s({1})).error(),
             ContainsSubstring("different element types"));
}

TEST_CASE("broadcasting in any pair of shapes follows NumPy's rule") {
  const std::vector<Shape> shapes = {{2, 3, 4}, {3, 4}, {4},       {1},       {},
                                     {2, 1, 1}, {3, 1}, {2, 3, 1}, {1, 3, 1}, {2, 1, 4}};
  for (const Shape& a : shapes)
    for (const Shape& b : shapes) {
      // Both operands spread out to [2, 3, 4] by Expand first give the same result.
      const Tensor x = random_floats(a, 1);
      const Tensor y = random_floats(b, 2);
      const Tensor full = floats({2, 3, 4}, std::vector<float>(24, 0.0F));
      const auto spread = [&](const Tensor& t) {
        Tensor out = full.clone();
        for (int64_t i = 0; i < 24; ++i) {
          int64_t at = 0;
          const int64_t index[] = {i / 12, i / 4 % 3, i % 4};
          for (std::size_t k = 0; k < t.rank(); ++k)
            at = at * t.dim(k) + (t.dim(k) == 1 ? 0 : index[3 - t.rank() + k]);
          out.mutable_data<float>()[i] = t.data<float>()[at];
        }
        return out;
      };
      CAPTURE(to_string(a), to_string(b));
      const Tensor direct = OpRun("Sub").input(x).input(y).result();
      CHECK(spread(direct) == OpRun("Sub").input(spread(x)).input(spread(y)).result());
    }
}

TEST_CASE("Pow takes an exponent of another type") {
  const Tensor base = floats({3}, {1, 2, 3});
  CHECK(OpRun("Pow").input(base).input(int64s({3})).result() == floats({3}, {1, 8, 27}));
  CHECK(OpRun("Pow").input(int64s({2, 3})).input(floats({}, {2})).result() == int64s({4, 9}));
  CHECK(OpRun("Pow").input(base).input(floats({1}, {2})).result() == floats({3}, {1, 4, 9}));
  // 3^39 is beyond what double holds exactly; int32 keeps its lower bits.
  CHECK(OpRun("Pow").input(int64s({3})).input(Tensor::of<uint8_t>({1}, {39})).result() ==
        int64s({4052555153018976267}));
  CHECK(OpRun("Pow").input(Tensor::of<int32_t>({1}, {3})).input(int64s({39})).result() ==
        Tensor::of<int32_t>({1}, {static_cast<int32_t>(4052555153018976267)}));
}

TEST_CASE("Min and Max take one to many inputs") {
  const Tensor a = floats({3}, {1, 5, 3});
  CHECK(OpRun("Min").input(a).result() == a);
  CHECK(OpRun("Max").input(a).input(floats({}, {2})).input(floats({2, 1}, {4, 0})).result() ==
        floats({2, 3}, {4, 5, 4, 2, 5, 3}));
  CHECK(OpRun("Min").input(int64s({3, 1})).input(int64s({2, 2})).result() == int64s({2, 1}));
}

TEST_CASE("comparisons and logic give bool") {
  const auto bools = [](std::vector<bool> values) {
    return Tensor::of<bool>({std::ssize(values)}, values);
  };
  const Tensor a = int64s({1, 2, 3});
  const Tensor b = int64s({2});
  CHECK(OpRun("Less").input(a).input(b).result() == bools({true, false, false}));
  CHECK(OpRun("Greater").input(a).input(b).result() == bools({false, false, true}));
  CHECK(OpRun("Equal").input(a).input(b).result() == bools({false, true, false}));
  CHECK(OpRun("LessOrEqual").input(a).input(b).result() == bools({true, true, false}));
  CHECK(OpRun("GreaterOrEqual").input(a).input(b).result() == bools({false, true, true}));
  const Tensor p = bools({true, true, false, false});
  const Tensor q = bools({true, false, true, false});
  CHECK(OpRun("And").input(p).input(q).result() == bools({true, false, false, false}));
  CHECK(OpRun("Or").input(p).input(q).result() == bools({true, true, true, false}));
  CHECK(OpRun("Xor").input(p).input(q).result() == bools({false, true, true, false}));
  CHECK(OpRun("Not").input(p).result() == bools({false, false, true, true}));
  CHECK(OpRun("Equal").input(p).input(q).result() == bools({true, false, false, true}));
}

TEST_CASE("integer arithmetic on every pair of 8-bit numbers") {
  const auto check = [](const char* op_type, auto define, bool with_zero = true) {
    CAPTURE(op_type);
    CHECK(wrong_pairs<int8_t>(OpRun(op_type), define, with_zero) == 0);
    CHECK(wrong_pairs<uint8_t>(OpRun(op_type), define, with_zero) == 0);
  };
  check("Add", [](int a, int b) { return a + b; });
  check("Sub", [](int a, int b) { return a - b; });
  check("Mul", [](int a, int b) { return a * b; });
  check(
      "Div", [](int a, int b) { return std::trunc(static_cast<double>(a) / b); }, false);
  check("BitwiseXor", [](int a, int b) { return (a | b) - (a & b); });
  check("Min", [](int a, int b) { return (a + b - std::abs(a - b)) / 2; });
}

TEST_CASE("Mod has the sign of the divisor, or of the dividend with fmod") {
  const auto floored = [](int a, int b) {
    return static_cast<int>(a - std::floor(static_cast<double>(a) / b) * b);
  };
  const auto truncated = [](int a, int b) {
    return static_cast<int>(a - std::trunc(static_cast<double>(a) / b) * b);
  };
  CHECK(wrong_pairs<int8_t>(OpRun("Mod"), floored, false) == 0);
  CHECK(wrong_pairs<uint8_t>(OpRun("Mod"), floored, false) == 0);
  const OpRun fmod = OpRun("Mod").attribute("fmod", int64_t{1});
  CHECK(wrong_pairs<int8_t>(fmod, truncated, false) == 0);
  CHECK(wrong_pairs<uint8_t>(fmod, truncated, false) == 0);

  const Tensor a = floats({4}, {-4.5F, 4.5F, -4.5F, 5});
  const Tensor b = floats({4}, {2, -2, -2, INFINITY});
  CHECK(OpRun("Mod", 28).input(a).input(b).result() == floats({4}, {1.5F, -1.5F, -0.5F, 5}));
  CHECK(OpRun(fmod).input(a).input(b).result() == floats({4}, {-0.5F, 0.5F, -0.5F, 5}));
  CHECK_THAT(OpRun("Mod").attribute("fmod", int64_t{2}).input(a).input(b).error(),
             ContainsSubstring("'fmod' is 2"));
  for (const char* op_type : {"Mod", "Div"})
    CHECK_THAT(OpRun(op_type).input(int64s({1})).input(int64s({0})).error(),
               ContainsSubstring("divided by zero"));
}

TEST_CASE("BitShift, also by more than the type has bits") {
  const auto shifted = [](double x, int n, double factor) {
    const double y = n < 0 || n > 7 ? (x < 0 && factor < 1 ? -1 : 0) : x * std::pow(factor, n);
    return static_cast<int64_t>(std::floor(y));
  };
  const OpRun left = OpRun("BitShift").attribute("direction", std::string("LEFT"));
  const OpRun right = OpRun("BitShift").attribute("direction", std::string("RIGHT"));
  const auto to_left = [&](int x, int n) { return shifted(x, n, 2); };
  const auto to_right = [&](int x, int n) { return shifted(x, n, 0.5); };
  CHECK(wrong_pairs<int8_t>(left, to_left) == 0);
  CHECK(wrong_pairs<uint8_t>(left, to_left) == 0);
  CHECK(wrong_pairs<int8_t>(right, to_right) == 0);
  CHECK(wrong_pairs<uint8_t>(right, to_right) == 0);
  CHECK(OpRun(left)
            .input(Tensor::of<uint64_t>({2}, {1, 1}))
            .input(Tensor::of<uint64_t>({2}, {63, 64}))
            .result() == Tensor::of<uint64_t>({2}, {uint64_t{1} << 63, 0}));
  CHECK_THAT(OpRun("BitShift").input(int64s({1})).input(int64s({1})).error(),
             ContainsSubstring("expected LEFT or RIGHT"));
}

TEST_CASE("comparisons of strings and of odd integers") {
  const Tensor a = Tensor::of<std::string>({2}, {"a", "b"});
  CHECK(OpRun("Equal").input(a).input(Tensor::scalar<std::string>("b")).result() ==
        Tensor::of<bool>({2}, {false, true}));
  const Tensor small = Tensor::of<int16_t>({2}, {-1, 1});
  const Tensor zero = Tensor::scalar<int16_t>(0);
  CHECK(OpRun("Less").input(small).input(zero).result() == Tensor::of<bool>({2}, {true, false}));
  CHECK(OpRun("Equal").input(small).input(Tensor::scalar<int16_t>(-1)).result() ==
        Tensor::of<bool>({2}, {true, false}));
  CHECK_THAT(OpRun("Less").input(a).input(a).error(), ContainsSubstring("string is not supported"));
}

TEST_CASE("PRelu broadcasts its slope to the input only") {
  const Tensor x = Tensor::of<int32_t>({2, 2}, {-3, 3, -5, 5});
  CHECK(OpRun("PRelu").input(x).input(Tensor::of<int32_t>({2, 1}, {2, 4})).result() ==
        Tensor::of<int32_t>({2, 2}, {-6, 3, -20, 5}));
  CHECK_THAT(OpRun("PRelu").input(floats({1}, {1})).input(floats({2}, {1, 2})).error(),
             ContainsSubstring("slope [2] cannot be broadcast to [1]"));
}

TEST_CASE("Sum and Mean of broadcast inputs") {
  const Tensor a = floats({2, 1}, {1, 2});
  const Tensor b = floats({2}, {10, 20});
  const Tensor c = floats({}, {4});
  CHECK(OpRun("Sum").input(a).input(b).input(c).result() == floats({2, 2}, {15, 25, 16, 26}));
  CHECK(OpRun("Mean").input(a).input(b).input(c).result() ==
        floats({2, 2}, {5, 25.0F / 3, 16.0F / 3, 26.0F / 3}));
  CHECK(OpRun("Mean").input(a).result() == a);
  CHECK(OpRun("Sum").input(a).input(floats({0}, {})).result().shape() == Shape{2, 0});
  CHECK_THAT(OpRun("Sum").error(), ContainsSubstring("input 0 is missing"));
}

}  // namespace
}  // namespace qtool
