#include "calib/readers/feedback.h"

#include <catch2/catch_test_macros.hpp>

#include "calib/readers/reader.h"
#include "calib/readers/sample_graph.h"
#include "error_of.h"
#include "ir/text.h"
#include "npy_bytes.h"
#include "onnx_io/onnx_io.h"
#include "temp_folder.h"
#include "zip_bytes.h"

using namespace qtool;

namespace {

// sum' = sum + x, as an output and a state.
Model counter() {
  return parse_text(
      "model ir 8 opset 13\ngraph g\ninput sum: float32[1]\ninput x: float32[1]\n"
      "total: float32[1] = Add(x, sum) \"add\"\noutput total: float32[1]\n");
}

const std::vector<FeedbackPair> kTotal = {{"total", "sum"}};

// The totals of the samples at a path.
std::vector<float> totals(const std::filesystem::path& path, const ReaderOptions& options) {
  const Model model = counter();
  const Executor executor(model);
  const SampleReader samples(model.graph, path, options);
  Feedback feedback = samples.feedback();
  std::vector<float> result;
  for (int64_t i = 0; samples.has(i); ++i) {
    TensorMap feed = samples.read(i);
    if (feed.empty()) continue;
    feedback.fill(feed);
    const TensorMap outputs = executor.run(feed);
    feedback.keep(outputs);
    result.push_back(outputs.at("total").data<float>()[0]);
  }
  return result;
}

std::string error_of_pairs(const Graph& graph, const std::vector<FeedbackPair>& pairs) {
  return error_of([&] { Feedback(graph, pairs); });
}

Graph echo(DType out, const std::vector<int64_t>& out_dims, const std::vector<int64_t>& in_dims) {
  Graph graph = graph_with({{"in", DType::kFloat32, in_dims}});
  graph.add_output(graph.add_value("out", type_of(out, out_dims)));
  return graph;
}

}  // namespace

TEST_CASE("the state starts at zero and goes from sample to sample") {
  const TempFolder folder;
  folder.write("x.npy", npy_floats("(4,)", {1, 2, 3, 4}));
  CHECK(totals(folder / "x.npy", {.feedback = kTotal}) == std::vector<float>{1, 3, 6, 10});
  CHECK(totals(folder.path(), {.feedback = kTotal}) == std::vector<float>{1, 3, 6, 10});
}

TEST_CASE("data of the state give the first one") {
  const TempFolder folder;
  folder.write("x.npy", npy_floats("(3,)", {1, 2, 3}));
  folder.write("sum.npy", npy_floats("(1,)", {100}));
  CHECK(totals(folder.path(), {.feedback = kTotal}) == std::vector<float>{101, 103, 106});
  folder.write("each/x/0.npy", npy_floats("(3,)", {1, 2, 3}));
  folder.write("each/sum/0.npy", npy_floats("(3,)", {10, 20, 30}));
  CHECK(totals(folder / "each", {.feedback = kTotal}) == std::vector<float>{11, 13, 16});
}

TEST_CASE("of a list, only the first line gives the state") {
  const TempFolder folder;
  for (const char* name : {"0", "1", "2"})
    folder.write(std::string(name) + "/x.npy", npy_floats("(1,)", {float(name[0] - '0')}));
  folder.write("1/sum.npy", npy_floats("(1,)", {100}));
  CHECK(totals(folder.write("a.txt", "0\n1\n2\n"), {.feedback = kTotal}) ==
        std::vector<float>{0, 1, 3});
  CHECK(totals(folder.write("b.txt", "1\n0\n2\n"), {.feedback = kTotal}) ==
        std::vector<float>{101, 101, 103});
  folder.write("c/0.npz", zip_bytes({{"x.npy", npy_floats("(2,)", {1, 2})},
                                     {"sum.npy", npy_floats("(1,)", {10})}}));
  folder.write("c/1.npz", zip_bytes({{"any.npy", npy_floats("(1,)", {3})}}));
  CHECK(totals(folder / "c", {.feedback = kTotal}) == std::vector<float>{11, 13, 16});
}

TEST_CASE("a sample that is left out leaves the state as it is, also the first one") {
  const TempFolder folder;
  const float nan = std::nanf("");
  folder.write("x.npy", npy_floats("(4,)", {nan, 2, nan, 4}));
  folder.write("sum.npy", npy_floats("(1,)", {100}));
  CHECK(totals(folder.path(), {.skip_bad = true, .feedback = kTotal}) ==
        std::vector<float>{102, 106});
}

TEST_CASE("models with state give what a loop written out gives") {
  struct Case {
    std::string model, data;
    std::vector<FeedbackPair> pairs;
  };
  const std::string data = QTOOL_DATA_DIR;
  for (const Case& each : {Case{"dtln_1", "input_2", {{"tf_op_layer_stack_2", "input_3"}}},
                           Case{"gtcrn_simple",
                                "mix",
                                {{"conv_cache_out", "conv_cache"},
                                 {"tra_cache_out", "tra_cache"},
                                 {"inter_cache_out", "inter_cache"}}}}) {
    CAPTURE(each.model);
    Model model = import_model(data + "/models/" + each.model + ".onnx");
    infer_types(model);
    const Executor executor(model);
    const SampleReader samples(model.graph, data + "/calib/" + each.model + "/" + each.data,
                               {.max_samples = 4, .feedback = each.pairs});
    Feedback feedback = samples.feedback();
    TensorMap state;
    for (const FeedbackPair& pair : each.pairs) {
      const Shape shape = *static_shape(model.graph.value(model.graph.find(pair.input)).type);
      const std::vector<float> zeros(static_cast<std::size_t>(element_count(shape)));
      state[pair.input] = Tensor::of<float>(shape, zeros);
    }
    for (int64_t i = 0; samples.has(i); ++i) {
      TensorMap feed = samples.read(i), by_hand = state;
      by_hand[each.data] = feed.at(each.data);
      const TensorMap expected = executor.run(by_hand);
      TensorMap copies;
      for (const auto& [name, tensor] : expected) copies[name] = tensor.clone();
      feedback.fill(feed);
      const TensorMap outputs = executor.run(feed);
      feedback.keep(outputs);
      CHECK(outputs == copies);
      for (const FeedbackPair& pair : each.pairs) {
        CHECK_FALSE(copies.at(pair.output) == state.at(pair.input));
        state[pair.input] = copies.at(pair.output);
      }
    }
  }
}

TEST_CASE("feedback that does not fit names both sides") {
  const Graph good = echo(DType::kFloat32, {-1, 3}, {2, -1});
  CHECK(error_of_pairs(good, {{"out", "in"}}) == "no error");
  CHECK(error_of_pairs(good, {{"oot", "in"}}) ==
        "feedback 'oot' to 'in': the model has no output 'oot' to feed; did you mean 'out'?");
  CHECK(error_of_pairs(good, {{"out", "inn"}}) ==
        "feedback 'out' to 'inn': the model has no input 'inn' to feed; did you mean 'in'?");
  CHECK(error_of_pairs(good, {{"out", "in"}, {"out", "in"}}) ==
        "feedback 'out' to 'in': the input has another one already");
  CHECK(error_of_pairs(echo(DType::kInt64, {1}, {1}), {{"out", "in"}}) ==
        "feedback 'out' to 'in': the output is int64, the input float32");
  CHECK(error_of_pairs(echo(DType::kFloat32, {1, 2}, {1, 3}), {{"out", "in"}}) ==
        "feedback 'out' to 'in': the output has shape [1, 2], the input [1, 3]");
  Feedback feedback(good, {{"out", "in"}});
  TensorMap feed;
  CHECK(error_of([&] { feedback.fill(feed); }) ==
        "input 'in' has no fixed shape to start from zeros; give data for its first sample");
  CHECK(error_of([&] {
          feedback.keep(TensorMap{{"out", row({1, 2, 3})}});
        }) == "feedback 'out' to 'in': the output has shape [1, 3], the input [2, ?]");
}

TEST_CASE("feedback goes with samples one by one and in order") {
  const TempFolder folder;
  const auto path = folder.write("x.npy", npy_floats("(2,)", {1, 2}));
  const Model model = counter();
  const auto error = [&](const ReaderOptions& options) {
    return error_of([&] { SampleReader(model.graph, path, options); });
  };
  CHECK(error({.batch_size = 2, .feedback = kTotal}) ==
        "feedback needs samples one by one, not in batches");
  CHECK(error({.shuffle_seed = 2, .feedback = kTotal}) ==
        "feedback needs samples in their order; they cannot be shuffled");
  const std::vector<FeedbackPair> all = {{"total", "sum"}, {"total", "x"}};
  CHECK(error({.feedback = all}) == "the model has no inputs to feed");
}
