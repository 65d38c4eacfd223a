#include "calib/readers/reader.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "calib/readers/sample_graph.h"
#include "error_of.h"
#include "npy_bytes.h"
#include "temp_folder.h"
#include "zip_bytes.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

Graph two_inputs() {
  return graph_with({{"x", DType::kFloat32, {1, 2}}, {"y", DType::kInt64, {1}}});
}

std::string error_of_reading(const Graph& graph, const std::filesystem::path& path,
                             const ReaderOptions& options = {}) {
  return error_of([&] {
    const SampleReader samples(graph, path, options);
    for (int64_t i = 0; i < samples.count(); ++i) samples.read(i);
  });
}

}  // namespace

TEST_CASE("the samples of several files follow each other in name order") {
  const TempFolder folder;
  folder.write("b.npy", npy_floats("(1, 2)", {5, 6}));
  folder.write("a.npy", npy_floats("(2, 2)", {1, 2, 3, 4}));
  folder.write("empty.npy", npy_floats("(0, 2)", {}));
  folder.write("labels.npy", npy("<i8", "(3,)", bytes_of<int64_t>({0, 1, 2})));
  folder.write("z.npy", npy_floats("(2,)", {7, 8}));
  const SampleReader samples(one_input(), folder.path());
  REQUIRE(samples.count() == 4);
  const std::vector<Tensor> expected = {row({1, 2}), row({3, 4}), row({5, 6}), row({7, 8})};
  for (const int64_t i : {0, 1, 2, 3, 1, 0})  // in any order
    CHECK(samples.read(i) == TensorMap{{"x", expected[size_t(i)]}});
}

TEST_CASE("max_samples takes the first ones") {
  const TempFolder folder;
  const auto path = folder.write("a.npy", npy_floats("(3, 2)", {1, 2, 3, 4, 5, 6}));
  CHECK(SampleReader(one_input(), path, {.max_samples = 2}).count() == 2);
  CHECK(SampleReader(one_input(), path, {.max_samples = 9}).count() == 3);
}

TEST_CASE("a model's own batch is kept") {
  const TempFolder folder;
  const auto path = folder.write("a.npy", npy_floats("(4, 1)", {1, 2, 3, 4}));
  const SampleReader samples(one_input(DType::kFloat32, {2, 1}), path);
  REQUIRE(samples.count() == 2);
  CHECK(samples.read(1).at("x") == Tensor::of<float>({2, 1}, {3, 4}));
}

TEST_CASE("stored bytes become normalized floats") {
  const TempFolder folder;
  const auto path =
      folder.write("a.npy", npy("|u1", "(2, 2, 1)", std::string("\x00\x02\x04\xff", 4)));
  const Normalization normalization{.scale = 0.5f, .mean = {0, 1}, .std = {1, 2}};
  const SampleReader samples(one_input(DType::kFloat32, {-1, 2, 1}), path, {normalization});
  CHECK(samples.read(0).at("x") == Tensor::of<float>({1, 2, 1}, {0, 0}));
  CHECK(samples.read(1).at("x") == Tensor::of<float>({1, 2, 1}, {2, 63.25f}));
}

TEST_CASE("float64 in Fortran order and big-endian feeds a float32 input") {
  const TempFolder folder;
  // Columns (1, 3), (2, 4) of the rows 1 2 and 3 4, each number big-endian.
  std::string data;
  for (const double value : {1.0, 3.0, 2.0, 4.0}) {
    const std::string bytes = bytes_of<double>({value});
    data.append(bytes.rbegin(), bytes.rend());
  }
  const SampleReader samples(one_input(), folder.write("a.npy", npy(">f8", "(2, 2)", data, true)));
  REQUIRE(samples.count() == 2);
  CHECK(samples.read(1).at("x") == row({3, 4}));
}

TEST_CASE("several inputs: sub-folder and file by name, cut in their own way") {
  const TempFolder folder;
  folder.write("x/0.npy", npy_floats("(1, 2)", {1, 2}));
  folder.write("x/1.npy", npy_floats("(2, 2)", {3, 4, 5, 6}));
  folder.write("y.npy", npy("<i4", "(3,)", bytes_of<int32_t>({7, 8, 9})));
  const SampleReader samples(two_inputs(), folder.path());
  REQUIRE(samples.count() == 3);
  CHECK(samples.read(2) == TensorMap{{"x", row({5, 6})}, {"y", Tensor::of<int64_t>({1}, {9})}});
}

TEST_CASE("normalization leaves integer inputs alone") {
  const TempFolder folder;
  folder.write("x.npy", npy_floats("(1, 2)", {1, 2}));
  folder.write("y.npy", npy("<i8", "(1,)", bytes_of<int64_t>({7})));
  const SampleReader samples(two_inputs(), folder.path(), {Normalization{.scale = 2}});
  CHECK(samples.read(0) == TensorMap{{"x", row({2, 4})}, {"y", Tensor::of<int64_t>({1}, {7})}});
}

TEST_CASE("inputs in .npz files go by name, a single one may have any") {
  const TempFolder folder;
  const std::string x = npy_floats("(2, 2)", {1, 2, 3, 4});
  const std::string y = npy("<i8", "(2,)", bytes_of<int64_t>({5, 6}));
  folder.write("both/0.npz", zip_bytes({{"x.npy", x}, {"y.npy", y, 8}}));
  folder.write("both/1.npz", zip_bytes({{"y.npy", y}, {"x.npy", x}}));
  const SampleReader both(two_inputs(), folder / "both");
  REQUIRE(both.count() == 4);
  CHECK(both.read(3) == TensorMap{{"x", row({3, 4})}, {"y", Tensor::of<int64_t>({1}, {6})}});

  const auto any = folder.write("any/a.npz", zip_bytes({{"arr_0.npy", x}}));
  CHECK(SampleReader(one_input(), any).count() == 2);
  CHECK(SampleReader(one_input(), any.parent_path()).count() == 2);
  CHECK_THAT(error_of_reading(two_inputs(), any),
             ContainsSubstring("a.npz: no array for input 'x' among 'arr_0'"));
}

TEST_CASE("inputs that have an initializer need no data") {
  const TempFolder folder;
  Graph graph = one_input();
  graph.add_input(graph.add_constant("w", Constant(Tensor::scalar<float>(1))));
  const SampleReader samples(graph, folder.write("a.npy", npy_floats("(1, 2)", {1, 2})));
  CHECK(samples.read(0) == TensorMap{{"x", row({1, 2})}});
}

TEST_CASE("a sample with NaN or Inf names its file and input") {
  const TempFolder folder;
  folder.write("a.npy", npy_floats("(2,)", {1, 2}));
  const auto bad = folder.write("b.npy", npy_floats("(2,)", {1, std::nanf("")}));
  CHECK(error_of_reading(one_input(), folder.path()) ==
        bad.string() + ": input 'x': holds NaN or Inf as float32");
  // Too large for float32, and Inf only after normalization.
  folder.write("b.npy", npy("<f8", "(2,)", bytes_of<double>({1, 1e300})));
  CHECK_THAT(error_of_reading(one_input(), folder.path()), ContainsSubstring("b.npy: input 'x'"));
  folder.write("b.npy", npy_floats("(2,)", {1, 3e38f}));
  CHECK_THAT(error_of_reading(one_input(), folder.path(), {Normalization{.scale = 10}}),
             ContainsSubstring("b.npy: input 'x': holds NaN or Inf"));
}

TEST_CASE("data that does not match the model names file, input and both sides") {
  const TempFolder folder;
  const auto path = folder.write("a.npy", npy_floats("(4, 3)", std::vector<float>(12)));
  CHECK(error_of_reading(one_input(), path) ==
        path.string() + ": input 'x': expected shape [1, 2], got [4, 3]");
  CHECK(error_of_reading(one_input(DType::kInt64, {1, 3}), path) ==
        path.string() +
            ": input 'x': expected int64, got float32, which does not convert without loss");
  folder.write("a.npy", npy("<i8", "(1, 2)", bytes_of<int64_t>({1, 1ll << 40})));
  CHECK(error_of_reading(one_input(DType::kInt32), path) ==
        path.string() + ": input 'x': 1099511627776 does not fit int32 exactly");
}

TEST_CASE("inputs with differing numbers of samples are refused") {
  const TempFolder folder;
  folder.write("x.npy", npy_floats("(2, 2)", {1, 2, 3, 4}));
  folder.write("y.npy", npy("<i8", "(3,)", bytes_of<int64_t>({5, 6, 7})));
  CHECK(error_of_reading(two_inputs(), folder.path()) ==
        folder.path().string() + ": input 'x' has 2 samples, input 'y' has 3");
  CHECK(error_of_reading(two_inputs(), folder.path(), {.max_samples = 2}) == "no error");
}

TEST_CASE("samples of different free dimensions lie in files of their own") {
  const TempFolder folder;
  folder.write("0.npy", npy_floats("(2,)", {1, 2}));
  folder.write("1.npy", npy_floats("(2, 3)", {3, 4, 5, 6, 7, 8}));
  folder.write("2.npy", npy_floats("(1, 1)", {9}));
  const SampleReader samples(one_input(DType::kFloat32, {-1, -1}), folder.path());
  REQUIRE(samples.count() == 4);
  CHECK(samples.read(0).at("x") == row({1, 2}));
  CHECK(samples.read(2).at("x") == row({6, 7, 8}));
  CHECK(samples.read(3).at("x") == row({9}));
}

TEST_CASE("images with the channels last are what the model takes") {
  const TempFolder folder;
  // Two images of 1 x 2 pixels with channels of 0 to 3, 10 to 13 and 100 to 103.
  const std::string pixels = {0, 10, 100, 1, 11, 101, 2, 12, 102, 3, 13, 103};
  const auto path = folder.write("a.npy", npy("|u1", "(2, 1, 2, 3)", pixels));
  ReaderOptions options{.channels_last = true};
  const Graph graph = one_input(DType::kFloat32, {-1, 3, 1, 2});
  const SampleReader stored(graph, path, options);
  REQUIRE(stored.count() == 2);
  CHECK(stored.read(1).at("x") == Tensor::of<float>({1, 3, 1, 2}, {2, 3, 12, 13, 102, 103}));
  options.normalization = Normalization{.scale = 2, .mean = {0, 10, 100}, .std = {1, 2, 4}};
  CHECK(SampleReader(graph, path, options).read(0).at("x") ==
        Tensor::of<float>({1, 3, 1, 2}, {0, 2, 5, 6, 25, 25.5f}));
  folder.write("a.npy", npy("|u1", "(1, 2, 3)", pixels.substr(0, 6)));
  CHECK(SampleReader(graph, path, {.channels_last = true}).read(0).at("x") ==
        Tensor::of<float>({1, 3, 1, 2}, {0, 1, 10, 11, 100, 101}));
}

TEST_CASE("channels last are for arrays that have them") {
  const TempFolder folder;
  const auto path = folder.write("a.npy", npy_floats("(1, 3, 1, 2)", std::vector<float>(6)));
  CHECK(error_of_reading(one_input(DType::kFloat32, {1, 3, 1, 2}), path, {.channels_last = true}) ==
        path.string() + ": input 'x': expected shape [1, 1, 2, 3], got [1, 3, 1, 2]");
  CHECK_THAT(error_of_reading(one_input(), path, {.channels_last = true}),
             ContainsSubstring("no input of the model has four axes"));
}

TEST_CASE("samples with NaN or Inf can be left out") {
  const TempFolder folder;
  const float nan = std::nanf("");
  folder.write("a.npy", npy_floats("(3, 2)", {1, 2, nan, 3, 4, 5}));
  const auto last = folder.write("b.npy", npy_floats("(2,)", {6, -INFINITY}));
  const SampleReader samples(one_input(), folder.path(), {.skip_bad = true});
  std::vector<Tensor> good;
  for (int64_t i = 0; samples.has(i); ++i)
    if (const TensorMap feed = samples.read(i); !feed.empty()) good.push_back(feed.at("x"));
  CHECK(good == std::vector{row({1, 2}), row({4, 5})});
  CHECK(samples.sample_count() == 4);
  CHECK(samples.skipped() ==
        std::vector{(folder / "a.npy").string() + ": input 'x': holds NaN or Inf as float32",
                    last.string() + ": input 'x': holds NaN or Inf as float32"});
  samples.read(1);
  CHECK(samples.skipped().size() == 2);
}

TEST_CASE("nothing but bad samples is refused") {
  const TempFolder folder;
  const float nan = std::nanf("");
  const auto path = folder.write("a.npy", npy_floats("(2, 2)", {1, nan, nan, 3}));
  CHECK(error_of_reading(one_input(), path, {.skip_bad = true}) ==
        "all 2 samples hold NaN or Inf: " + path.string() +
            ": input 'x': holds NaN or Inf as float32");
}

TEST_CASE("several samples make a run, fewer the last one") {
  const TempFolder folder;
  folder.write("a.npy", npy_floats("(3, 2)", {1, 2, 3, 4, 5, 6}));
  folder.write("b.npy", npy_floats("(2, 2)", {7, 8, 9, 10}));
  const SampleReader samples(one_input(DType::kFloat32, {-1, 2}), folder.path(),
                             {.max_samples = 5, .batch_size = 2});
  REQUIRE(samples.count() == 3);
  CHECK(samples.sample_count() == 5);
  CHECK(samples.read(1).at("x") == Tensor::of<float>({2, 2}, {5, 6, 7, 8}));
  CHECK(samples.places(1) == std::vector<int64_t>{2, 3});
  CHECK(samples.read(2).at("x") == row({9, 10}));
  CHECK_FALSE(samples.has(3));
}

TEST_CASE("a batch goes without its bad samples") {
  const TempFolder folder;
  const auto path =
      folder.write("a.npy", npy_floats("(4, 1)", {1, std::nanf(""), 3, std::nanf("")}));
  const SampleReader samples(one_input(DType::kFloat32, {-1, 1}), path,
                             {.skip_bad = true, .batch_size = 3});
  CHECK(samples.read(0).at("x") == Tensor::of<float>({2, 1}, {1, 3}));
  CHECK(samples.places(0) == std::vector<int64_t>{0, 2});
  CHECK(samples.read(1).empty());
}

TEST_CASE("a batch that the model or the samples do not allow is refused") {
  const TempFolder folder;
  folder.write("a.npy", npy_floats("(1, 2)", {1, 2}));
  folder.write("b.npy", npy_floats("(1, 3)", {1, 2, 3}));
  CHECK(error_of_reading(one_input(), folder.path(), {.batch_size = 2}) ==
        "input 'x': the model fixes its batch to 1, not 2");
  CHECK(error_of_reading(one_input(DType::kFloat32, {-1, -1}), folder.path(), {.batch_size = 2}) ==
        "input 'x': samples of different shapes make no batch: [1, 2] and [1, 3]");
  const Graph mixed = graph_with({{"x", DType::kFloat32, {-1, 2}}, {"y", DType::kInt64, {4}}});
  CHECK(error_of_reading(mixed, folder.path(), {.batch_size = 4}) ==
        "input 'y': the model fixes the batch of some inputs only, not of all");
}

TEST_CASE("a seed takes a random part of the samples, inputs together") {
  const TempFolder folder;
  folder.write("x.npy", npy_floats("(4, 2)", {0, 0, 1, 1, 2, 2, 3, 3}));
  folder.write("y.npy", npy("<i8", "(4,)", bytes_of<int64_t>({0, 1, 2, 3})));
  std::set<std::vector<int64_t>> orders;
  for (uint64_t seed = 0; seed < 120; ++seed) {
    const SampleReader samples(two_inputs(), folder.path(),
                               {.max_samples = 2, .shuffle_seed = seed});
    REQUIRE(samples.count() == 2);
    std::vector<int64_t> order;
    for (const int64_t i : {0, 1}) {
      const TensorMap feed = samples.read(i);
      order.push_back(feed.at("y").data<int64_t>()[0]);
      CHECK(feed.at("x").data<float>()[0] == static_cast<float>(order.back()));
      CHECK(samples.places(i) == std::vector{order.back()});
    }
    orders.insert(order);
  }
  CHECK(orders.size() == 12);  // all ordered pairs of four
}

TEST_CASE("no samples at all are refused") {
  const TempFolder folder;
  CHECK_THAT(error_of_reading(one_input(), folder.path()),
             ContainsSubstring("no samples in this folder"));
  folder.write("a.npy", npy_floats("(0, 2)", {}));
  CHECK(error_of_reading(one_input(), folder.path()) ==
        folder.path().string() + ": the arrays hold no samples");
  CHECK(error_of_reading(Graph{}, folder.path()) == "the model has no inputs to feed");
}

TEST_CASE("a normalization that cannot be meant is refused") {
  const TempFolder folder;
  const auto path = folder.write("a.npy", npy_floats("(1, 2)", {1, 2}));
  for (const std::vector<float>& std : {std::vector<float>{0}, {}, {std::nanf("")}})
    CHECK_THAT(error_of_reading(one_input(), path, {Normalization{.std = std}}),
               ContainsSubstring("every std must be finite and not 0"));
  CHECK(error_of_reading(one_input(), path, {Normalization{.mean = {1, 2, 3}}}) ==
        path.string() + ": input 'x': normalization has 3 channels, the input 2");
  CHECK_THAT(error_of_reading(one_input(DType::kFloat64), path, {Normalization{}}),
             ContainsSubstring("normalization is for float32 inputs, this one is float64"));
}

TEST_CASE("the data that comes with qtool is read") {
  const Graph graph = graph_with({{"input", DType::kFloat32, {-1, 1, 28, 28}}});
  CHECK(SampleReader(graph, QTOOL_DATA_DIR "/calib/fashion").count() == 256);
  const SampleReader eval(graph, QTOOL_DATA_DIR "/eval/fashion");
  CHECK(eval.count() == 5000);
  CHECK(eval.read(4999).at("input").shape() == Shape{1, 1, 28, 28});
}
