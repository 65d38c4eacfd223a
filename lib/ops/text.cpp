#include <algorithm>
#include <map>
#include <set>

#include "kernels/reference/ngrams.h"
#include "ops/elements.h"
#include "ops/letter_case.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

using Strings = std::vector<std::string>;
using Change = std::string (*)(std::string_view);

std::string unchanged(std::string_view text) { return std::string(text); }

Change read_change(const BindContext& context) {
  const auto action = context.attribute<std::string>("case_change_action", "NONE");
  if (action == "NONE") return unchanged;
  if (action == "LOWER") return to_lower;
  if (action == "UPPER") return to_upper;
  fail("case_change_action '{}' is not known", action);
}

Kernel bind_string_normalizer(const BindContext& context) {
  const bool sensitive = context.attribute<int64_t>("is_case_sensitive", 0) != 0;
  const Change key = sensitive ? unchanged : to_lower;  // words with equal keys are the same
  std::set<std::string> stopped;
  for (const std::string& word : context.attribute<Strings>("stopwords", {}))
    stopped.insert(key(word));
  return [change = read_change(context), key, stopped](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.dtype() != DType::kString) fail("expected strings, got {}", name(x.dtype()));
    if (x.rank() < 1 || x.rank() > 2 || (x.rank() == 2 && x.dim(0) != 1))
      fail("input {} is neither [C] nor [1, C]", to_string(x.shape()));
    Strings kept;
    for (const std::string& word : x.to_vector<std::string>())
      if (!stopped.contains(key(word))) kept.push_back(change(word));
    if (kept.empty()) kept.emplace_back();
    Shape shape = x.shape();
    shape.back() = std::ssize(kept);
    call.set_output(0, Tensor::of<std::string>(shape, kept));
  };
}

// The n-grams that TfIdfVectorizer counts, and what becomes of the counts.
struct Vectorizer {
  std::map<std::string, int64_t> words;  // numbers of strings; integers are their own
  std::map<ref::Ngram, std::size_t> pool;
  std::vector<int64_t> columns;  // per n-gram of the pool, as the three below
  std::vector<float> weights;
  bool counted = true;   // the output grows with each occurrence
  bool weighted = true;  // and by the n-gram's weight
  int64_t shortest = 0;
  int64_t longest = 0;
  int64_t skipped = 0;
  int64_t width = 0;

  void count(const int64_t* row, int64_t length, float* y) const {
    const std::vector<int64_t> counts =
        ref::count_ngrams(row, length, pool, columns.size(), shortest, longest, skipped);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const float weight = weighted ? weights[i] : 1;
      float& to = y[columns[i]];
      to = counted ? to + weight * static_cast<float>(counts[i]) : weight;
    }
  }

  std::vector<int64_t> numbered(const Tensor& x) const {
    if (x.dtype() != DType::kString) {
      if (!words.empty()) fail("the n-grams are of strings, the input of {}", name(x.dtype()));
      return to_int64s(x);
    }
    std::vector<int64_t> numbers;
    for (const std::string& word : x.to_vector<std::string>()) {
      const auto found = words.find(word);
      numbers.push_back(found == words.end() ? -1 : found->second);
    }
    return numbers;
  }

  void operator()(KernelCall& call) const {
    const Tensor& x = call.input(0);
    if (x.rank() > 2) fail("input {} is neither [C] nor [N, C]", to_string(x.shape()));
    const int64_t length = x.rank() == 0 ? 1 : x.shape().back();
    const int64_t rows = x.rank() == 2 ? x.dim(0) : 1;
    const std::vector<int64_t> numbers = numbered(x);
    Tensor y =
        filled(call, x.rank() == 2 ? Shape{rows, width} : Shape{width}, zero_of(DType::kFloat32));
    for (int64_t row = 0; row < rows; ++row)
      count(numbers.data() + row * length, length, y.mutable_data<float>() + row * width);
    call.set_output(0, y);
  }
};

// The pool's items as numbers, whichever attribute lists them.
std::vector<int64_t> read_items(const BindContext& context, Vectorizer& vectorizer) {
  auto items = context.attribute<std::vector<int64_t>>("pool_int64s", {});
  const auto texts = context.attribute<Strings>("pool_strings", {});
  if (items.empty() == texts.empty()) fail("one of pool_int64s and pool_strings must be given");
  for (const std::string& text : texts)
    items.push_back(vectorizer.words.emplace(text, std::ssize(vectorizer.words)).first->second);
  return items;
}

// Attribute ngram_counts says where the n-grams of each length start among the items.
void read_pool(const BindContext& context, Vectorizer& vectorizer) {
  const std::vector<int64_t> items = read_items(context, vectorizer);
  auto starts = context.attribute<std::vector<int64_t>>("ngram_counts", {});
  starts.push_back(std::ssize(items));
  std::size_t number = 0;
  for (std::size_t n = 1; n < starts.size(); ++n) {
    const int64_t size = starts[n] - starts[n - 1];
    if (starts[n - 1] < 0 || size < 0 || starts[n] > std::ssize(items) ||
        size % static_cast<int64_t>(n) != 0)
      fail("ngram_counts {} do not divide {} items", to_string(starts), items.size());
    for (auto from = items.begin() + starts[n - 1]; from != items.begin() + starts[n];
         from += static_cast<std::ptrdiff_t>(n))
      vectorizer.pool.insert_or_assign(ref::Ngram(from, from + static_cast<std::ptrdiff_t>(n)),
                                       number++);
  }
  if (number != vectorizer.columns.size())
    fail("{} n-grams, but {} ngram_indexes", number, vectorizer.columns.size());
}

Kernel bind_tf_idf_vectorizer(const BindContext& context) {
  Vectorizer vectorizer;
  const auto mode = context.attribute<std::string>("mode", "");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") fail("mode '{}' is not known", mode);
  vectorizer.columns = context.attribute<std::vector<int64_t>>("ngram_indexes", {});
  vectorizer.weights = context.attribute<std::vector<float>>("weights", {});
  for (const int64_t column : vectorizer.columns) {
    if (column < 0) fail("ngram_indexes holds {}", column);
    vectorizer.width = std::max(vectorizer.width, element_count({column}) + 1);
  }
  vectorizer.counted = mode != "IDF";
  vectorizer.weighted = mode != "TF" && !vectorizer.weights.empty();
  if (vectorizer.weighted && vectorizer.weights.size() != vectorizer.columns.size())
    fail("{} weights for {} n-grams", vectorizer.weights.size(), vectorizer.columns.size());
  read_pool(context, vectorizer);
  const auto lengths = std::ssize(context.attribute<std::vector<int64_t>>("ngram_counts", {}));
  vectorizer.shortest = context.attribute<int64_t>("min_gram_length", 1);
  vectorizer.longest = std::min(context.attribute<int64_t>("max_gram_length", 1), lengths);
  vectorizer.skipped = context.attribute<int64_t>("max_skip_count", 0);
  if (vectorizer.shortest < 1) fail("min_gram_length is {}", vectorizer.shortest);
  return vectorizer;
}

}  // namespace

std::span<const OpSpec> text_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("StringNormalizer", bind_string_normalizer),
      reference_op("TfIdfVectorizer", bind_tf_idf_vectorizer),
  };
  return kOps;
}

}  // namespace qtool
