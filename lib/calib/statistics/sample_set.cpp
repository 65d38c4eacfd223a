#include "calib/statistics/sample_set.h"

#include <iterator>

#include "base/error.h"

namespace qtool {

bool SampleSet::contains(int64_t sample) const {
  const auto after = runs_.upper_bound(sample);
  return after != runs_.begin() && sample < std::prev(after)->second;
}

int64_t SampleSet::count() const {
  int64_t count = 0;
  for (const auto& [first, end] : runs_) count += end - first;
  return count;
}

void SampleSet::add(int64_t first, int64_t end) {
  auto next = runs_.lower_bound(first);
  if (contains(first)) fail("sample {} is there twice", first);
  if (next != runs_.end() && next->first < end) fail("sample {} is there twice", next->first);
  if (next != runs_.end() && next->first == end) {
    end = next->second;
    next = runs_.erase(next);
  }
  if (next != runs_.begin() && std::prev(next)->second == first)
    std::prev(next)->second = end;
  else
    runs_.emplace(first, end);
}

void SampleSet::merge(const SampleSet& other) {
  for (const auto& [first, end] : other.runs_) add(first, end);
}

}  // namespace qtool
