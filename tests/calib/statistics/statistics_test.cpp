#include "calib/statistics/statistics.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "base/parallel.h"
#include "error_of.h"

using namespace qtool;

namespace {

Tensor floats(const std::vector<float>& values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

Extremes seen(const std::vector<float>& values) {
  Extremes statistics;
  statistics.observe(floats(values));
  return statistics;
}

bool same(const Extremes& a, const Extremes& b) {
  return a.count == b.count && a.min == b.min && a.max == b.max &&
         std::signbit(a.min) == std::signbit(b.min) && std::signbit(a.max) == std::signbit(b.max);
}

// Large enough that several threads take parts of it.
Tensor large(const Shape& shape) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  Tensor tensor(DType::kFloat32, shape);
  for (int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data<float>()[i] = normal(random);
  return tensor;
}

// What `of` gives with 1, 2 and 4 threads.
template <class Of>
auto with_threads(const Of& of) {
  std::vector<decltype(of())> results;
  for (const int count : {1, 2, 4}) {
    set_threads(count);
    results.push_back(of());
  }
  set_threads(1);
  return results;
}

}  // namespace

TEST_CASE("statistics are the same with any number of threads") {
  const Tensor tensor = large({2, 3, 300, 301});
  const auto seen = with_threads([&] {
    Statistics statistics;
    statistics.observe(tensor, 0);
    return statistics;
  });
  for (const Statistics& each : seen) {
    CHECK(same(each.extremes, seen[0].extremes));
    CHECK(each.sum == seen[0].sum);
    CHECK(each.squares == seen[0].squares);
    CHECK(each.histogram == seen[0].histogram);
  }
  double sum = 0;
  for (int64_t i = 0; i < tensor.size(); ++i) sum += tensor.data<float>()[i];
  CHECK(std::fabs(seen[0].sum.value() - sum) < 1e-8);
  CHECK(seen[0].extremes.count == tensor.size());
}

TEST_CASE("channels are the same with any number of threads, along any axis") {
  const Tensor tensor = large({2, 3, 300, 301});
  for (const int axis : {0, 1, 2, -1}) {
    const auto sums = with_threads([&] {
      ChannelSums channels;
      channels.observe(tensor, axis);
      return channels;
    });
    const auto extremes = with_threads([&] {
      std::vector<Extremes> channels;
      observe_channels(channels, tensor, axis);
      return channels;
    });
    for (std::size_t i = 1; i < sums.size(); ++i) {
      CHECK(sums[i].count == sums[0].count);
      CHECK(sums[i].sums == sums[0].sums);
      REQUIRE(extremes[i].size() == extremes[0].size());
      for (std::size_t c = 0; c < extremes[0].size(); ++c)
        CHECK(same(extremes[i][c], extremes[0][c]));
    }
  }
}

TEST_CASE("NaN is found in any thread's part, and nothing is kept of its tensor") {
  Tensor tensor = large({1 << 20});
  for (const int64_t at : {0, 300000, (1 << 20) - 1}) {
    const float before = std::exchange(tensor.mutable_data<float>()[at], NAN);
    const auto texts = with_threads([&] {
      Statistics statistics;
      std::string text = error_of([&] { statistics.observe(tensor, 0); });
      CHECK(statistics.extremes.count == 0);
      CHECK(statistics.histogram == Histogram());
      return text;
    });
    for (const std::string& text : texts) CHECK(text == "holds NaN or Inf");
    tensor.mutable_data<float>()[at] = before;
  }
}

TEST_CASE("the smallest and the largest element are found wherever they are") {
  for (std::size_t size : {1u, 7u, 16u, 33u, 100u})
    for (std::size_t at = 0; at < size; ++at) {
      std::vector<float> values(size, 0.5f);
      values[at] = -3;
      values[(at + 1) % size] = 4;
      const Extremes statistics = seen(values);
      CAPTURE(size, at);
      CHECK(statistics.min == (size == 1 ? 4 : -3));
      CHECK(statistics.max == 4);
      CHECK(statistics.count == static_cast<int64_t>(size));
    }
}

TEST_CASE("negative, tiny and the largest finite numbers are ordered right") {
  const float tiny = std::numeric_limits<float>::denorm_min();
  const float big = std::numeric_limits<float>::max();
  CHECK(same(seen({-1, -2, -tiny}), {3, -2, -tiny}));
  CHECK(same(seen({tiny, 1, 2}), {3, tiny, 2}));
  CHECK(same(seen({-big, big, 0}), {3, -big, big}));
}

TEST_CASE("NaN and Inf of either sign are refused and leave the statistics as they were") {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float bad : {inf, -inf, nan, std::copysign(nan, -1.0f)})
    for (const std::size_t at : {0u, 9u, 19u}) {
      std::vector<float> values(20, 1);
      values[at] = bad;
      Extremes statistics = seen({2, 3});
      CHECK(error_of([&] { statistics.observe(floats(values)); }) == "holds NaN or Inf");
      CHECK(same(statistics, {2, 2, 3}));
    }
}

TEST_CASE("merging gives what one run over all would, in any order") {
  const std::vector<std::vector<float>> shards = {{1, -0.0f, 2}, {0.0f, 0.0f}, {}, {-7, 3}};
  Extremes all;
  for (const auto& shard : shards) all.observe(floats(shard));
  CHECK(same(all, {7, -7, 3}));
  Extremes forward, backward;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    forward.merge(seen(shards[i]));
    backward.merge(seen(shards[shards.size() - 1 - i]));
  }
  CHECK(same(forward, all));
  CHECK(same(backward, all));
}

TEST_CASE("the sign of zero does not depend on the order") {
  CHECK(same(seen({-0.0f, 0.0f}), seen({0.0f, -0.0f})));
  Extremes a = seen({0.0f}), b = seen({-0.0f});
  a.merge(seen({-0.0f}));
  b.merge(seen({0.0f}));
  CHECK(same(a, b));
}

TEST_CASE("tables merge by name") {
  CalibrationTable into{{{"a", seen({1})}, {"b", seen({2})}}};
  merge(into, CalibrationTable{{{"b", seen({-5})}, {"c", seen({9})}}});
  REQUIRE(into.values.size() == 3);
  CHECK(same(into.values.at("a"), {1, 1, 1}));
  CHECK(same(into.values.at("b"), {2, -5, 2}));
  CHECK(same(into.values.at("c"), {1, 9, 9}));
}

TEST_CASE("means of channels, along any axis, do not depend on the order of the samples") {
  const Tensor a = Tensor::of<float>({2, 2, 2}, {1, 3, 10, 30, 5, 7, 50, 70});
  const Tensor b = Tensor::of<float>({1, 2, 1}, {1e-9f, 1e9f});
  ChannelSums ab, ba, merged, last;
  ab.observe(a, 1), ab.observe(b, 1);
  ba.observe(b, 1), ba.observe(a, 1);
  CHECK(ab.means() == std::vector<float>{16.0f / 5, 1000000160.0f / 5});
  CHECK(ba.means() == ab.means());
  ChannelSums only_b;
  only_b.observe(b, 1);
  merged.observe(a, 1), merged.merge(only_b);
  CHECK(merged.means() == ab.means());
  last.observe(a, -1);
  CHECK(last.means() == std::vector<float>{16.5f, 27.5f});
  CHECK(error_of([&] { last.observe(b, -1); }) == "has 1 channels, before it had 2");
}

TEST_CASE("minmax is what was seen, and nothing seen is an empty range") {
  CHECK(seen({3, -1, 2}).range() == Range{-1, 3});
  CHECK(seen({2, 5}).range() == Range{2, 5});
  CHECK(Extremes{}.range() == Range{0, 0});
}
