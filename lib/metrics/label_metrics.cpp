#include "metrics/label_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "base/error.h"
#include "metrics/accuracy.h"
#include "metrics/predictions.h"

namespace qtool {
namespace {

// `Meter` has add(output, labels) and value().
template <class Meter, auto... kArguments>
LabelMeter make() {
  const auto meter = std::make_shared<Meter>(kArguments...);
  return {[meter](const Tensor& output, const Tensor& labels) { meter->add(output, labels); },
          [meter] { return meter->value(); }};
}

class TopK {
 public:
  explicit TopK(int k) : meter_(k) {}
  void add(const Tensor& output, const Tensor& labels) { meter_.add(output, to_int64s(labels)); }
  double value() const { return meter_.accuracy(); }

 private:
  TopKMeter meter_;
};

// What positions of a class were taken for.
struct ClassCounts {
  int64_t right = 0;
  int64_t missed = 0;  // of the class, taken for another
  int64_t false_ = 0;  // of another class, taken for it

  double iou() const { return double(right) / double(right + missed + false_); }
  double f1() const { return 2.0 * double(right) / double(2 * right + missed + false_); }
};

using Judge = double (*)(const std::map<int64_t, ClassCounts>&);

double share_right(const std::map<int64_t, ClassCounts>& classes) {
  int64_t right = 0, all = 0;
  for (const auto& [label, counts] : classes) {
    right += counts.right;
    all += counts.right + counts.missed;
  }
  return all == 0 ? 0 : double(right) / double(all);
}

template <double (ClassCounts::*kOfClass)() const>
double mean_of(const std::map<int64_t, ClassCounts>& classes) {
  double sum = 0;
  for (const auto& [label, counts] : classes) sum += (counts.*kOfClass)();
  return classes.empty() ? 0 : sum / static_cast<double>(classes.size());
}

class Positions {
 public:
  explicit Positions(Judge judge) : judge_(judge) {}
  void add(const Tensor& output, const Tensor& labels) {
    const std::vector<int64_t> taken = predicted_classes(output, labels.shape());
    const int64_t* label = labels.data<int64_t>();
    for (const int64_t guess : taken) count(*label++, guess);
  }
  double value() const { return judge_(classes_); }

 private:
  void count(int64_t label, int64_t guess) {
    if (label < 0) return;
    if (label == guess) {
      ++classes_[label].right;
    } else {
      ++classes_[label].missed;
      ++classes_[guess].false_;
    }
  }

  Judge judge_;
  std::map<int64_t, ClassCounts> classes_;
};

// Fewest insertions, deletions and replacements that turn `from` into `to` (Levenshtein), a row of
// the table at a time.
int64_t edit_distance(std::span<const int64_t> from, std::span<const int64_t> to) {
  std::vector<int64_t> row(to.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<int64_t>(i);
  for (const int64_t symbol : from) {
    int64_t diagonal = row[0]++;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const int64_t replaced = diagonal + (symbol == to[i] ? 0 : 1);
      diagonal = row[i + 1];
      row[i + 1] = std::min({replaced, diagonal + 1, row[i] + 1});
    }
  }
  return row.back();
}

class ErrorRate {
 public:
  void add(const Tensor& output, const Tensor& labels) {
    const auto guesses = predicted_sequences(output, labels.shape());
    const auto right = predicted_sequences(labels, labels.shape());
    for (std::size_t i = 0; i < right.size(); ++i) {
      errors_ += edit_distance(guesses[i], right[i]);
      length_ += std::ssize(right[i]);
    }
  }
  double value() const { return length_ == 0 ? 0 : double(errors_) / double(length_); }

 private:
  int64_t errors_ = 0, length_ = 0;
};

constexpr std::array kMetrics = {
    LabelMetric{"top1", "top-1", true, make<TopK, 1>},
    LabelMetric{"top5", "top-5", true, make<TopK, 5>},
    LabelMetric{"accuracy", "accuracy", true, make<Positions, share_right>},
    LabelMetric{"mean-iou", "mean IoU", true, make<Positions, mean_of<&ClassCounts::iou>>},
    LabelMetric{"f1", "F1", true, make<Positions, mean_of<&ClassCounts::f1>>},
    LabelMetric{"error-rate", "error rate", false, make<ErrorRate>},
};

}  // namespace

std::span<const LabelMetric> label_metrics() { return kMetrics; }

const LabelMetric& find_label_metric(std::string_view name) {
  const auto it = std::find_if(kMetrics.begin(), kMetrics.end(),
                               [&](const LabelMetric& metric) { return metric.name == name; });
  if (it == kMetrics.end()) fail("there is no metric '{}'", name);
  return *it;
}

}  // namespace qtool
