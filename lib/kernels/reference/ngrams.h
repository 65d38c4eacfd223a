#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace qtool::reference {

using Ngram = std::vector<int64_t>;

/// How often each n-gram of a pool occurs in `words` [count], with lengths [shortest, longest] and
/// any number of words, the same everywhere, up to `most_skipped` left out between neighbours. A
/// single word is counted once whatever is skipped. `pool` gives each n-gram its number in the
/// result, which is of size `size`.
inline std::vector<int64_t> count_ngrams(const int64_t* words, int64_t count,
                                         const std::map<Ngram, std::size_t>& pool, std::size_t size,
                                         int64_t shortest, int64_t longest, int64_t most_skipped) {
  std::vector<int64_t> counts(size, 0);
  for (int64_t n = shortest; n <= std::min(longest, count); ++n)
    for (int64_t step = 1; step - 1 <= most_skipped && step * (n - 1) < count; ++step) {
      if (n == 1 && step > 1) break;
      Ngram ngram(static_cast<std::size_t>(n));
      for (int64_t start = 0; start + step * (n - 1) < count; ++start) {
        for (int64_t i = 0; i < n; ++i)
          ngram[static_cast<std::size_t>(i)] = words[start + i * step];
        if (const auto found = pool.find(ngram); found != pool.end()) ++counts[found->second];
      }
    }
  return counts;
}

}  // namespace qtool::reference
