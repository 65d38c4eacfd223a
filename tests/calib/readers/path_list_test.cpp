#include "calib/readers/path_list.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <functional>
#include <sstream>

#include "calib/readers/reader.h"
#include "calib/readers/sample_graph.h"
#include "error_of.h"
#include "npy_bytes.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

// A pipe whose writer makes each sample's file just before it writes its name.
class SlowPipe : public std::streambuf {
 public:
  SlowPipe(const TempFolder& folder, int lines) : folder_(folder), left_(lines) {}
  int written() const { return written_; }

 private:
  int_type underflow() override {
    if (left_-- == 0) return traits_type::eof();
    const auto value = static_cast<float>(written_++);
    line_ = folder_.write(std::to_string(written_) + ".npy", npy_floats("(2,)", {value, value}))
                .string() +
            "\n";
    setg(line_.data(), line_.data(), line_.data() + line_.size());
    return traits_type::to_int_type(line_[0]);
  }

  const TempFolder& folder_;
  int left_;
  int written_ = 0;
  std::string line_;
};

}  // namespace

TEST_CASE("paths of a list start from its folder") {
  const TempFolder folder;
  PathList list(folder.write("deep/list.txt", "# samples\n a b.npy \r\n\n\t\n/abs/c.npy\nlast"));
  const auto first = list.next();
  REQUIRE(first);
  CHECK(first->path == folder / "deep/a b.npy");
  CHECK(first->place == (folder / "deep/list.txt").string() + ", line 2");
  CHECK(list.next()->path == "/abs/c.npy");
  CHECK(list.next()->path == folder / "deep/last");
  CHECK_FALSE(list.next());
  CHECK_THAT(error_of([&] { PathList(folder / "none.txt"); }),
             ContainsSubstring("none.txt: cannot be read"));
}

TEST_CASE("a list names files and folders of samples, in its order") {
  const TempFolder folder;
  folder.write("b.npy", npy_floats("(2, 2)", {1, 2, 3, 4}));
  folder.write("many/0.npy", npy_floats("(2,)", {5, 6}));
  folder.write("many/1.npy", npy_floats("(2,)", {7, 8}));
  const auto list = folder.write("list.txt", "many\nb.npy\nmany/0.npy\n");
  const SampleReader samples(one_input(), list);
  REQUIRE(samples.count() == 5);
  std::vector<Tensor> read;
  for (int64_t i = 0; i < 5; ++i) read.push_back(samples.read(i).at("x"));
  CHECK(read == std::vector{row({5, 6}), row({7, 8}), row({1, 2}), row({3, 4}), row({5, 6})});
  CHECK(SampleReader(one_input(), list, {.max_samples = 3}).count() == 3);
}

TEST_CASE("a list names one folder a sample for several inputs") {
  const TempFolder folder;
  for (const char* name : {"s0", "s1"}) {
    folder.write(std::string(name) + "/x.npy", npy_floats("(2,)", {1, float(name[1])}));
    folder.write(std::string(name) + "/y.npy", npy_floats("(1,)", {float(name[1])}));
  }
  const auto list = folder.write("list.txt", "s1\ns0\n");
  const Graph graph = graph_with({{"x", DType::kFloat32, {1, 2}}, {"y", DType::kFloat32, {1}}});
  const SampleReader samples(graph, list);
  REQUIRE(samples.count() == 2);
  CHECK(samples.read(0) == TensorMap{{"x", row({1, '1'})}, {"y", Tensor::of<float>({1}, {'1'})}});
}

TEST_CASE("what is wrong in a list is told with its line") {
  const TempFolder folder;
  folder.write("a.npy", npy_floats("(2,)", {5, 6}));
  const auto list = folder.write("list.txt", "a.npy\n\nb.npy\n");
  CHECK_THAT(error_of([&] { SampleReader(one_input(), list); }),
             ContainsSubstring("list.txt, line 3: " + (folder / "b.npy").string() + ": no such"));
  folder.write("list.txt", "# nothing\n");
  CHECK_THAT(error_of([&] { SampleReader(one_input(), list); }),
             ContainsSubstring("list.txt: lists no samples"));
  folder.write("list.txt", "list.txt\n");
  CHECK_THAT(error_of([&] { SampleReader(one_input(), list); }), ContainsSubstring("line 1: "));
}

TEST_CASE("samples of a stream are read as they come") {
  const TempFolder folder;
  SlowPipe pipe(folder, 3);
  std::istream lines(&pipe);
  const SampleReader samples(one_input(), lines, "pipe");
  CHECK(pipe.written() == 1);
  CHECK(samples.known_count() == 0);
  CHECK(samples.has(0));
  CHECK(samples.read(0).at("x") == row({0, 0}));
  CHECK(pipe.written() == 1);
  CHECK(samples.has(1));
  CHECK(pipe.written() == 2);
  CHECK(samples.read(2).at("x") == row({2, 2}));
  CHECK_FALSE(samples.has(3));
  CHECK(samples.known_count() == 3);
  CHECK(samples.read(0).at("x") == row({0, 0}));
}

TEST_CASE("a stream in batches, up to a number of samples") {
  const TempFolder folder;
  SlowPipe pipe(folder, 100);
  std::istream lines(&pipe);
  const SampleReader samples(one_input(DType::kFloat32, {-1, 2}), lines, "pipe",
                             {.max_samples = 3, .batch_size = 2});
  CHECK(samples.read(0).at("x") == Tensor::of<float>({2, 2}, {0, 0, 1, 1}));
  CHECK(samples.read(1).at("x") == row({2, 2}));
  CHECK_FALSE(samples.has(2));
  CHECK(samples.count() == 2);
  CHECK(pipe.written() == 3);
}

TEST_CASE("a stream of bad samples only is refused at its end") {
  const TempFolder folder;
  std::istringstream lines(folder.write("a.npy", npy_floats("(2,)", {NAN, 1})).string() + "\n");
  const SampleReader samples(one_input(), lines, "pipe", {.skip_bad = true});
  CHECK(samples.read(0).empty());
  CHECK_THAT(error_of([&] { samples.has(1); }), ContainsSubstring("all 1 samples hold NaN or Inf"));
}

TEST_CASE("an empty stream and one to shuffle are refused") {
  std::istringstream lines("# nothing\n");
  CHECK(error_of([&] { SampleReader(one_input(), lines, "pipe"); }) == "pipe: lists no samples");
  CHECK_THAT(error_of([&] { SampleReader(one_input(), lines, "pipe", {.shuffle_seed = 1}); }),
             ContainsSubstring("pipe: a stream cannot be shuffled"));
}
