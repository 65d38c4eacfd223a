#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <functional>

#include "op_run.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;

// What a test says of one attention: sizes, and which key a query may look at with what bias.
struct Problem {
  int64_t batch, heads, kv_heads, queries, keys, size;
  double scale;
  double softcap;
  std::function<double(int64_t b, int64_t h, int64_t q, int64_t k)> bias;
};

// softmax(cap(scale · q · k') + bias) · v, element by element; all keys masked: 0.
Tensor defined(const Problem& p, const Tensor& q, const Tensor& k, const Tensor& v) {
  Tensor y(DType::kFloat32, {p.batch, p.heads, p.queries, p.size});
  const auto at = [&](const Tensor& t, int64_t b, int64_t h, int64_t i, int64_t d) -> double {
    return t.data<float>()[((b * t.dim(1) + h) * t.dim(2) + i) * t.dim(3) + d];
  };
  int64_t out = 0;
  for (int64_t b = 0; b < p.batch; ++b)
    for (int64_t h = 0; h < p.heads; ++h)
      for (int64_t i = 0; i < p.queries; ++i) {
        const int64_t kv = h / (p.heads / p.kv_heads);
        std::vector<double> weights;
        double sum = 0;
        for (int64_t j = 0; j < p.keys; ++j) {
          double score = 0;
          for (int64_t d = 0; d < p.size; ++d) score += at(q, b, h, i, d) * at(k, b, kv, j, d);
          score *= p.scale;
          if (p.softcap > 0) score = p.softcap * std::tanh(score / p.softcap);
          weights.push_back(std::exp(score + p.bias(b, h, i, j)));
          sum += weights.back();
        }
        for (int64_t d = 0; d < p.size; ++d) {
          double value = 0;
          for (int64_t j = 0; j < p.keys; ++j)
            value += weights[static_cast<std::size_t>(j)] * at(v, b, kv, j, d);
          y.mutable_data<float>()[out++] = static_cast<float>(sum == 0 ? 0 : value / sum);
        }
      }
  return y;
}

// One case for both providers.
void check(OpRun run, const Tensor& expected) {
  for (const Provider provider : {Provider::kOneDnn, Provider::kReference})
    CHECK(relative_error(run.result(provider), expected) < 1e-5);
}

constexpr double kMasked = -INFINITY;

TEST_CASE("Attention with shared heads, a cap, a mask, and a query that sees nothing") {
  const Tensor q = random_floats({2, 4, 3, 5}, 1);
  const Tensor k = random_floats({2, 2, 4, 5}, 2);
  const Tensor v = random_floats({2, 2, 4, 5}, 3);
  const std::vector<bool> allowed = {true,  false, true, true,  false, false,
                                     false, false, true, false, false, true};  // [3, 4]
  const Problem p = {2, 4, 2, 3, 4, 5, 0.7, 1.5, [&](int64_t, int64_t, int64_t i, int64_t j) {
                       return allowed[static_cast<std::size_t>(i * 4 + j)] ? 0 : kMasked;
                     }};
  check(OpRun("Attention", 24)
            .attribute("scale", 0.7F)
            .attribute("softcap", 1.5F)
            .input(q)
            .input(k)
            .input(v)
            .input(Tensor::of<bool>({3, 4}, allowed)),
        defined(p, q, k, v));
}

TEST_CASE("Attention in windows behind a past") {
  const Tensor q = random_floats({1, 2, 3, 4}, 1);
  const Tensor k = random_floats({1, 2, 5, 4}, 2);
  const Tensor v = random_floats({1, 2, 5, 4}, 3);
  const auto slice = [](const Tensor& x, int64_t from, int64_t to) {
    return OpRun("Slice", 13).input(x).input(int64s({from})).input(int64s({to})).input(int64s({2}));
  };
  const Problem p = {1, 2, 2, 3, 5, 4, 0.5, 0, [](int64_t, int64_t, int64_t i, int64_t j) {
                       return j <= i + 2 && j >= i + 2 - 1 ? 0 : kMasked;  // past of 2
                     }};
  check(OpRun("Attention", 25)
            .attribute("is_causal", int64_t{1})
            .attribute("left_window_size", int64_t{1})
            .input(q)
            .input(slice(k, 2, 5).result())
            .input(slice(v, 2, 5).result())
            .left_out()
            .input(slice(k, 0, 2).result())
            .input(slice(v, 0, 2).result()),
        defined(p, q, k, v));
}

TEST_CASE("Attention with padded keys: the causal frontier ends with the last real key") {
  const Tensor q = random_floats({2, 1, 2, 4}, 1);
  const Tensor k = random_floats({2, 1, 4, 4}, 2);
  const Tensor v = random_floats({2, 1, 4, 4}, 3);
  const Problem p = {2, 1, 1, 2, 4, 4, 0.5, 0, [](int64_t b, int64_t, int64_t i, int64_t j) {
                       const int64_t length = b == 0 ? 3 : 1;
                       return j < length && j <= i + length - 2 ? 0 : kMasked;
                     }};
  check(OpRun("Attention", 24)
            .attribute("is_causal", int64_t{1})
            .input(q)
            .input(k)
            .input(v)
            .left_out()
            .left_out()
            .left_out()
            .input(int64s({3, 1})),
        defined(p, q, k, v));
}

TEST_CASE("Attention of nothing, of double, and a mask that is too short") {
  const Tensor x = random_floats({1, 1, 2, 4}, 1);
  const Tensor none(DType::kFloat32, {1, 1, 0, 4});
  check(OpRun("Attention", 23).input(x).input(none).input(none),
        floats({1, 1, 2, 4}, {0, 0, 0, 0, 0, 0, 0, 0}));
  const Tensor d = counting<double>({1, 1, 2, 4});
  CHECK(OpRun("Attention", 23).input(d).input(d).input(d).result().dtype() == DType::kFloat64);
  // Keys behind the mask's end are masked.
  check(OpRun("Attention", 23).input(x).input(x).input(x).input(floats({2, 1}, {0, 0})),
        floats({1, 1, 2, 4},
               {x.data<float>()[0], x.data<float>()[1], x.data<float>()[2], x.data<float>()[3],
                x.data<float>()[0], x.data<float>()[1], x.data<float>()[2], x.data<float>()[3]}));
}

TEST_CASE("Attention names what does not fit") {
  const auto run = [](Shape q, Shape k, Shape v) {
    return OpRun("Attention", 24)
        .input(random_floats(q, 1))
        .input(random_floats(k, 2))
        .input(random_floats(v, 3));
  };
  const Shape x = {1, 2, 3, 4};
  CHECK_THAT(run({2, 3, 4}, x, x).error(), ContainsSubstring("all have rank 3 or all rank 4"));
  CHECK_THAT(run({2, 3, 4}, {2, 3, 4}, {2, 3, 4}).error(), ContainsSubstring("q_num_heads"));
  CHECK_THAT(run({2, 3, 4}, {2, 3, 4}, {2, 3, 4})
                 .attribute("q_num_heads", int64_t{3})
                 .attribute("kv_num_heads", int64_t{2})
                 .error(),
             ContainsSubstring("4 columns cannot be parted into 3 heads"));
  CHECK_THAT(run({1, 3, 3, 4}, x, x).error(), ContainsSubstring("3 heads of queries"));
  CHECK_THAT(run(x, x, {1, 2, 4, 4}).error(), ContainsSubstring("do not fit"));
  CHECK_THAT(run(x, x, x).input(floats({5, 3}, std::vector<float>(15))).error(),
             ContainsSubstring("cannot be broadcast"));
  CHECK_THAT(run(x, x, x).input(floats({4}, {0, 0, 0, 0})).error(),
             ContainsSubstring("cannot be broadcast"));
  CHECK_THAT(run(x, x, x).left_out().input(random_floats(x, 1)).error(),
             ContainsSubstring("go together"));
  CHECK_THAT(run(x, x, x).left_out().left_out().left_out().input(int64s({1, 2})).error(),
             ContainsSubstring("must be [1]"));
  CHECK_THAT(run(x, x, x).attribute("qk_matmul_output_mode", int64_t{4}).error(),
             ContainsSubstring("expected 0 to 3"));
}

TEST_CASE("packed queries, keys and values are those that stand apart") {
  const Tensor packed = random_floats({2, 3, 2, 3, 4}, 1);  // [batch, length, heads, 3, size]
  const auto part = [&](int64_t from, int64_t to) {
    return OpRun("Slice", 13)
        .input(packed)
        .input(int64s({from}))
        .input(int64s({to}))
        .input(int64s({3}))
        .result();
  };
  const auto run = [](std::vector<Tensor> inputs) {
    OpRun run("MultiHeadAttention", 1, "com.microsoft");
    run.attribute("num_heads", int64_t{2});
    for (Tensor& input : inputs) run.input(std::move(input));
    return run.result();
  };
  const auto columns = [&](int64_t index) { return part(index, index + 1).reshaped({2, 3, 8}); };
  const Tensor apart = run({columns(0), columns(1), columns(2)});
  CHECK(run({packed}) == apart);
  CHECK(run({columns(0), part(1, 3)}) == apart);
}

TEST_CASE("com.microsoft's attention operators name what does not fit") {
  const auto attention = [](Tensor mask) {
    return OpRun("Attention", 1, "com.microsoft")
        .attribute("num_heads", int64_t{2})
        .input(random_floats({1, 3, 4}, 1))
        .input(random_floats({4, 12}, 2))
        .left_out()
        .input(std::move(mask));
  };
  CHECK(attention(Tensor::of<int32_t>({1}, {2})).error().empty());
  CHECK_THAT(attention(Tensor::of<int32_t>({5}, {1, 1, 1, 1, 1})).error(),
             ContainsSubstring("mask [5] does not fit 1 sequences of 3 queries and 3 keys"));
  CHECK_THAT(attention(Tensor::of<int32_t>({1}, {2}))
                 .attribute("qkv_hidden_sizes", std::vector<int64_t>{4, 4, 8})
                 .error(),
             ContainsSubstring("do not make up 12"));
  CHECK_THAT(OpRun("Attention", 1, "com.microsoft").error(), ContainsSubstring("'num_heads'"));
  const auto group = [](int32_t last, int32_t total, Tensor past) {
    OpRun run("GroupQueryAttention", 1, "com.microsoft");
    run.attribute("num_heads", int64_t{2}).attribute("kv_num_heads", int64_t{1});
    run.input(random_floats({1, 1, 4}, 1)).input(random_floats({1, 1, 2}, 2));
    run.input(random_floats({1, 1, 2}, 3)).input(past).input(past);
    return run.input(Tensor::of<int32_t>({1}, {last})).input(Tensor::of<int32_t>({1}, {total}));
  };
  const Tensor past = random_floats({1, 1, 2, 2}, 4);
  CHECK(group(2, 3, past).error().empty());
  CHECK_THAT(group(3, 3, past).error(), ContainsSubstring("seqlens_k 3 is not between 0 and 2"));
  CHECK_THAT(group(5, 6, past).error(), ContainsSubstring("5 past keys are wanted, 2 are given"));
  CHECK_THAT(group(2, 3, random_floats({1, 2, 2, 2}, 4)).error(), ContainsSubstring("past"));
}

TEST_CASE("RotaryEmbedding turns pairs by the angles of their positions") {
  const auto run = [](int64_t interleaved, std::vector<int64_t> positions) {
    return OpRun("RotaryEmbedding", 23)
        .attribute("interleaved", interleaved)
        .input(floats({1, 1, 2, 4}, {1, 2, 3, 4, 1, 2, 3, 4}))
        .input(floats({2, 2}, {1, 1, 0, 0}))  // position 1: a quarter turn
        .input(floats({2, 2}, {0, 0, 1, 1}))
        .input(Tensor::of<int64_t>({1, std::ssize(positions)}, positions));
  };
  CHECK(run(0, {0, 1}).result() == floats({1, 1, 2, 4}, {1, 2, 3, 4, -3, -4, 1, 2}));
  CHECK(run(1, {1, 0}).result() == floats({1, 1, 2, 4}, {-2, 1, -4, 3, 1, 2, 3, 4}));
  CHECK_THAT(run(0, {0, 2}).error(), ContainsSubstring("position 2 is not between 0 and 1"));
  CHECK_THAT(run(0, {0}).error(), ContainsSubstring("must be [1, 2]"));
}

TEST_CASE("LinearAttention forgets, corrects and reads a state that heads share") {
  const auto run = [] {
    return OpRun("LinearAttention", 27)
        .attribute("q_num_heads", int64_t{2})
        .attribute("kv_num_heads", int64_t{1})
        .attribute("scale", 1.0F)
        .input(floats({1, 2, 2}, {1, 2, 1, -1}))  // heads of size 1, two tokens
        .input(floats({1, 2, 1}, {2, 1}))
        .input(floats({1, 2, 1}, {3, 5}))
        .input(floats({1, 1, 1, 1}, {4}));
  };
  // 4 → 4 · 0.5 = 2 → 2 + 2 · 1 · (3 - 2 · 2) = 0 → 0 · 1 + 1 · 0.5 · (5 - 0 · 1) = 2.5
  const auto y = run()
                     .input(floats({1, 2, 1}, {std::log(0.5F), 0}))
                     .input(floats({1, 2, 1}, {1, 0.5F}))
                     .run(Provider::kReference, 2);
  CHECK(relative_error(y[0], floats({1, 2, 2}, {0, 0, 2.5F, -2.5F})) < 1e-6);
  CHECK(relative_error(y[1], floats({1, 1, 1, 1}, {2.5F})) < 1e-6);
  CHECK_THAT(run().error(), ContainsSubstring("input 4 is required by update_rule 'gated_delta'"));
  CHECK_THAT(run()
                 .attribute("update_rule", std::string("linear"))
                 .left_out()
                 .input(floats({1, 2, 1}, {1, 1}))
                 .error(),
             ContainsSubstring("input 5 is not admitted by update_rule 'linear'"));
  CHECK_THAT(run()
                 .attribute("update_rule", std::string("gated"))
                 .input(floats({1, 2, 3}, {1, 1, 1, 1, 1, 1}))
                 .error(),
             ContainsSubstring("input 4 of shape [1, 2, 3] does not fit"));
  CHECK_THAT(run().attribute("update_rule", std::string("softmax")).error(),
             ContainsSubstring("'softmax' is not known"));
}

}  // namespace
}  // namespace qtool
