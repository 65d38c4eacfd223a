#include "measure/measure.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "ir/text.h"
#include "temp_folder.h"
#include "tensor/npy.h"

namespace qtool {
namespace {

// A model with what runs it.
struct Subject : Contestant {
  Model model;
};

Subject subject(const std::string& path, Model model) {
  const auto executor = std::make_shared<const Executor>(model);
  return {{path, [executor](const TensorMap& feed) { return executor->run(feed); }}, model};
}

// Returns the input times `factor`; the best class is the largest element, or with a negative
// factor the smallest.
Subject scaled(const std::string& path, const std::string& factor) {
  Model model = parse_text(
      "model ir 8 opset 13\ngraph g\ninput x: float32[1, 3]\n"
      "const k: float32[] = " +
      factor +
      "\n"
      "y: float32[1, 3] = Mul(x, k) \"mul\"\noutput y: float32[1, 3]\n");
  return subject(path, std::move(model));
}

TEST_CASE("accuracy, agreement and error are those of the samples") {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy",
            Tensor::of<float>({4, 3}, {1, 2, 3, 9, 1, 2, 5, 6, 4, 0, 1, 8}));
  std::vector<Contestant> models;
  models.push_back(scaled("one", "1.0"));
  models.push_back(scaled("half", "0.5"));
  models.push_back(scaled("negative", "-1.0"));
  const SampleReader samples(scaled("one", "1.0").model.graph, folder.path() / "x.npy");
  std::vector<BenchResult> results(3);
  measure_accuracy(models, samples, {.labels = Tensor::of<int64_t>({4}, {2, 0, 0, 2})}, results);

  CHECK(results[0].scores.at(0).value == 0.75);  // the third sample's best class is 1
  CHECK(results[0].scores.at(1).value == 1);
  CHECK(results[1].scores.at(0).value == 0.75);
  CHECK(*results[1].agreement == 1);
  CHECK(results[1].outputs.at("y").sqnr_db == Catch::Approx(10 * std::log10(4.0)));
  CHECK(*results[2].agreement == 0);
  CHECK(results[2].outputs.at("y").cosine == Catch::Approx(-1));
  CHECK_FALSE(results[0].agreement);
}

TEST_CASE("labels must be as many as samples") {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  std::vector<Contestant> models;
  models.push_back(scaled("one", "1.0"));
  const SampleReader samples(scaled("one", "1.0").model.graph, folder.path() / "x.npy");
  std::vector<BenchResult> results(1);
  CHECK_THROWS_AS(
      measure_accuracy(models, samples, {.labels = Tensor::of<int64_t>({1}, {1})}, results), Error);
}

// Adds its input to the state, for samples of one number.
Subject counter(const std::string& path) {
  Model model = parse_text(
      "model ir 8 opset 13\ngraph g\ninput x: float32[1]\ninput s: float32[1]\n"
      "y: float32[1] = Add(x, s) \"add\"\noutput y: float32[1]\n");
  return subject(path, std::move(model));
}

// As `scaled`, with a free batch.
Subject scaled_batch(const std::string& path, const std::string& factor) {
  Model model = parse_text(
      "model ir 8 opset 13\ngraph g\ninput x: float32[n, 3]\n"
      "const k: float32[] = " +
      factor + "\ny: float32[n, 3] = Mul(x, k) \"mul\"\noutput y: float32[n, 3]\n");
  return subject(path, std::move(model));
}

TEST_CASE("batches, an order and samples left out give the labels to their samples") {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy",
            Tensor::of<float>({5, 3}, {1, 2, 3, 9, 1, 2, 5, NAN, 4, 5, 6, 4, 0, 1, 8}));
  std::vector<Contestant> models;
  models.push_back(scaled_batch("one", "1.0"));
  models.push_back(scaled_batch("negative", "-1.0"));
  for (const int64_t batch : {1, 2, 3, 5}) {
    const SampleReader samples(scaled_batch("one", "1.0").model.graph, folder.path() / "x.npy",
                               {.skip_bad = true, .batch_size = batch, .shuffle_seed = 3});
    std::vector<BenchResult> results(2);
    measure_accuracy(models, samples, {.labels = Tensor::of<int64_t>({5}, {2, 0, 1, 0, 2})},
                     results);
    CHECK(results[0].scores.at(0).value == 0.75);  // of the fourth sample the best class is 1
    CHECK(results[1].scores.at(0).value == 0);
    CHECK(*results[1].agreement == 0);
  }
}

TEST_CASE("every model has a state of its own") {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({3}, {1, 2, 3}));
  std::vector<Contestant> models;
  models.push_back(counter("first"));
  models.push_back(counter("second"));
  const SampleReader samples(counter("first").model.graph, folder.path() / "x.npy",
                             {.feedback = {{"y", "s"}}});
  std::vector<BenchResult> results(2);
  measure_accuracy(models, samples, {}, results);
  CHECK(results[1].outputs.at("y").max_abs_error == 0);
  CHECK(first_feed(samples).at("s") == Tensor::of<float>({1}, {0}));
  measure_latency(models, samples, {.rounds = 4}, results);
  CHECK(results[1].latency.rounds == 4);
}

TEST_CASE("every round times every model") {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  std::vector<Contestant> models;
  models.push_back(scaled("one", "1.0"));
  models.push_back(scaled("half", "0.5"));
  const SampleReader samples(scaled("one", "1.0").model.graph, folder.path() / "x.npy");
  std::vector<BenchResult> results(2);
  int64_t rounds_seen = 0;
  measure_latency(models, samples, {.rounds = 7}, results,
                  [&](int64_t done, int64_t) { rounds_seen = done; });
  CHECK(rounds_seen == 7);
  for (const BenchResult& result : results) {
    CHECK(result.latency.rounds == 7);
    CHECK(result.latency.median.low > 0);
    CHECK(result.latency.p90 >= result.latency.median.median);
  }
  CHECK_FALSE(results[0].latency_ratio);
  CHECK(results[1].latency_ratio->median > 0);
}

TEST_CASE("products of integers and of floats have a peak") {
  const Peak peak = measure_peak();
  CHECK(peak.floats > 1e8);
  CHECK(peak.bytes > 1e8);
}

TEST_CASE("outputs are shown run by run, and one of several is judged if it is named") {
  const TempFolder folder;
  write_npy(folder.path() / "x.npy", Tensor::of<float>({2, 3}, {1, 2, 3, 9, 1, 2}));
  const Subject two =
      subject("two", parse_text("model ir 8 opset 13\ngraph g\ninput x: float32[1, 3]\n"
                                "y: float32[1, 3] = Identity(x)\n"
                                "z: float32[1, 3] = Neg(x)\noutput y\noutput z\n"));
  const SampleReader samples(two.model.graph, folder.path() / "x.npy");
  std::vector<BenchResult> results(1);
  std::vector<float> seen;
  AccuracyOptions options{.labels = Tensor::of<int64_t>({2}, {0, 1})};
  CHECK_THROWS_AS(measure_accuracy({two}, samples, options, results), Error);
  options.output = "z";
  options.on_outputs = [&](std::size_t model, int64_t run, const TensorMap& outputs) {
    CHECK((model == 0 && run == std::ssize(seen)));
    seen.push_back(outputs.at("y").data<float>()[0]);
  };
  measure_accuracy({two}, samples, options, results);
  CHECK(results[0].scores.at(0).value == 1);
  CHECK(seen == std::vector<float>{1, 9});
  options.output = "w";
  CHECK_THROWS_AS(measure_accuracy({two}, samples, options, results), Error);
}

TEST_CASE("a cold run has the memory of the body") {
  const auto small = cold_run([] {}).peak_memory_bytes;
  const auto large = cold_run([] {
                       Tensor tensor(DType::kUInt8, {64 << 20});
                       std::fill_n(tensor.mutable_data<uint8_t>(), tensor.size(), uint8_t{1});
                     }).peak_memory_bytes;
  REQUIRE((small && large));
  CHECK(*large > *small + (60 << 20));
  CHECK_FALSE(cold_run([] { fail("no"); }).peak_memory_bytes);
  CHECK_FALSE(cold_run([] { fail("no"); }).milliseconds);
}

}  // namespace
}  // namespace qtool
