#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "op_run.h"
#include "ops/letter_case.h"

namespace qtool {
namespace {

using namespace testing;
using Catch::Matchers::ContainsSubstring;
using Strings = std::vector<std::string>;

Tensor strings(const Strings& values) {
  return Tensor::of<std::string>({std::ssize(values)}, values);
}

TEST_CASE("letters change their case in all scripts, other bytes stay") {
  CHECK(to_upper("straße é ж 𐐨 5") == "STRAßE É Ж 𐐀 5");
  CHECK(to_lower("ÀΩŽ") == "àωž");
  const std::string broken = "\xFFz\xC3";
  CHECK(to_upper(broken) == "\xFFZ\xC3");
}

TEST_CASE("StringSplit at white space keeps the rest in one piece") {
  const auto split = [](const char* text, int64_t most) {
    return OpRun("StringSplit", 20)
        .attribute("maxsplit", most)
        .input(strings({text}))
        .result()
        .to_vector<std::string>();
  };
  CHECK(split(" a \t b  c ", 1) == Strings{"a", "b  c"});
  CHECK(split(" a b ", 0) == Strings{"a b"});
  CHECK(split("  ", 5).empty());
  CHECK(OpRun("StringSplit", 20)
            .attribute("delimiter", std::string(", "))
            .input(strings({", a, b", ""}))
            .result() == Tensor::of<std::string>({2, 3}, {"", "a", "b", "", "", ""}));
}

TEST_CASE("RegexFullMatch names what is wrong with a pattern") {
  CHECK_THAT(OpRun("RegexFullMatch", 20)
                 .attribute("pattern", std::string("(a"))
                 .input(strings({"a"}))
                 .error(),
             ContainsSubstring("pattern '(a' is no regular expression: missing )"));
}

TEST_CASE("TfIdfVectorizer weighs each n-gram of its pool") {
  const auto vectorize = [](const std::string& mode) {
    return OpRun("TfIdfVectorizer")
        .attribute("mode", mode)
        .attribute("min_gram_length", int64_t{1})
        .attribute("max_gram_length", int64_t{2})
        .attribute("max_skip_count", int64_t{1})
        .attribute("ngram_counts", std::vector<int64_t>{0, 2})
        .attribute("ngram_indexes", std::vector<int64_t>{2, 0, 1})
        .attribute("weights", std::vector<float>{0.5F, 3, 10})
        .attribute("pool_strings", Strings{"a", "b", "a", "b"})
        .input(strings({"a", "x", "b", "a", "b"}));
  };
  // a twice; b twice; a b once as neighbours and once with x between them.
  CHECK(vectorize("TF").result() == floats({3}, {2, 2, 2}));
  CHECK(vectorize("IDF").result() == floats({3}, {3, 10, 0.5F}));
  CHECK(vectorize("TFIDF").result() == floats({3}, {6, 20, 1}));
  CHECK_THAT(vectorize("BM25").error(), ContainsSubstring("mode 'BM25' is not known"));
}

}  // namespace
}  // namespace qtool
