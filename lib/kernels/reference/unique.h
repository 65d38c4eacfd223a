#pragma once

#include <algorithm>
#include <complex>
#include <cstdint>
#include <numeric>
#include <vector>

namespace qtool::reference {

/// -1, 0 or 1 as a stands before, with or behind b. All NaNs are the same and stand last.
template <class T>
int compare(const T& a, const T& b) {
  if (a < b) return -1;
  if (b < a) return 1;
  const bool a_is_nan = !(a == a);
  const bool b_is_nan = !(b == b);
  return static_cast<int>(a_is_nan) - static_cast<int>(b_is_nan);
}

/// By the real part first.
template <class T>
int compare(const std::complex<T>& a, const std::complex<T>& b) {
  const int real = compare(a.real(), b.real());
  return real != 0 ? real : compare(a.imag(), b.imag());
}

/// Rows that are equal, found by their first member.
struct UniqueRows {
  std::vector<int64_t> first;    // row that each group is found at first
  std::vector<int64_t> group;    // per row: the group it is in
  std::vector<int64_t> members;  // rows per group
};

/// Puts the groups in the order of their first members.
inline void order_by_first(UniqueRows& rows) {
  std::vector<std::size_t> by_first(rows.first.size());
  std::iota(by_first.begin(), by_first.end(), 0);
  std::sort(by_first.begin(), by_first.end(),
            [&](std::size_t a, std::size_t b) { return rows.first[a] < rows.first[b]; });
  const UniqueRows old = rows;
  std::vector<int64_t> place(by_first.size());
  for (std::size_t i = 0; i < by_first.size(); ++i) {
    place[by_first[i]] = static_cast<int64_t>(i);
    rows.first[i] = old.first[by_first[i]];
    rows.members[i] = old.members[by_first[i]];
  }
  for (int64_t& group : rows.group) group = place[static_cast<std::size_t>(group)];
}

/// Groups the rows of x [count, inner]; groups stand in the rows' order, or, if `sorted`, in that of
/// their elements, the first one counting most.
template <class T>
UniqueRows unique_rows(const T* x, int64_t count, int64_t inner, bool sorted) {
  const auto order = [&](int64_t a, int64_t b) {
    for (int64_t i = 0; i < inner; ++i)
      if (const int c = compare(x[a * inner + i], x[b * inner + i]); c != 0) return c;
    return 0;
  };
  std::vector<int64_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  std::stable_sort(rows.begin(), rows.end(), [&](int64_t a, int64_t b) { return order(a, b) < 0; });
  UniqueRows result;
  result.group.resize(rows.size());
  for (const int64_t row : rows) {
    if (result.first.empty() || order(result.first.back(), row) != 0) {
      result.first.push_back(row);
      result.members.push_back(0);
    }
    ++result.members.back();
    result.group[static_cast<std::size_t>(row)] = std::ssize(result.first) - 1;
  }
  if (!sorted) order_by_first(result);
  return result;
}

}  // namespace qtool::reference
