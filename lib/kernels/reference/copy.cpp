#include "kernels/reference/copy.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace qtool::reference {
namespace {

struct Bytes16 {
  uint64_t words[2];
};

// Calls f with a value of the type that is as large as the elements. Strings are objects and as
// large as nothing else.
static_assert(sizeof(std::string) > sizeof(Bytes16));
template <class F>
void with_element(std::size_t bytes, F f) {
  switch (bytes) {
    case 1:
      return f(uint8_t{});
    case 2:
      return f(uint16_t{});
    case 4:
      return f(uint32_t{});
    case 8:
      return f(uint64_t{});
    case 16:
      return f(Bytes16{});
    case sizeof(std::string):
      return f(std::string{});
    default:
      QTOOL_ASSERT(false);
  }
}

// y[i] = x[table[i]] for one row, -1 standing for the fill element.
template <class T>
void pick_row(const Extents& table, const T* x, const T& fill, T* y) {
  for (std::size_t i = 0; i < table.size(); ++i) y[i] = table[i] < 0 ? fill : x[table[i]];
}

// The axes from `axis` on; x null: all of it is filled. Returns the end of what was written.
template <class T>
T* pick_axis(const Extents& dims, const std::vector<Extents>& tables, std::size_t axis, const T* x,
             int64_t stride, const T& fill, T* y) {
  if (tables.empty()) return std::copy_n(x, 1, y);
  const Extents& table = tables[axis];
  if (axis + 1 == tables.size()) {
    if (x == nullptr)
      std::fill_n(y, table.size(), fill);
    else
      pick_row(table, x, fill, y);
    return y + table.size();
  }
  const int64_t step = dims[axis] == 0 ? 0 : stride / dims[axis];
  for (const int64_t index : table) {
    const T* const from = x == nullptr || index < 0 ? nullptr : x + index * step;
    y = pick_axis(dims, tables, axis + 1, from, step, fill, y);
  }
  return y;
}

}  // namespace

void copy(const StridedLoop<2>& loop, std::size_t element_bytes, void* to, const void* from) {
  const int64_t n = loop.row_length();
  const auto [to_step, from_step] = loop.row_strides();
  with_element(element_bytes, [&, to_step = to_step, from_step = from_step](auto tag) {
    using T = decltype(tag);
    loop.each_row([&](const auto& offsets) {
      T* const y = static_cast<T*>(to) + offsets[0];
      const T* const x = static_cast<const T*>(from) + offsets[1];
      if (to_step == 1 && from_step == 1)
        std::copy_n(x, n, y);
      else
        for (int64_t i = 0; i < n; ++i) y[i * to_step] = x[i * from_step];
    });
  });
}

void fill(std::size_t element_bytes, void* to, int64_t count, const void* element) {
  with_element(element_bytes, [&](auto tag) {
    using T = decltype(tag);
    std::fill_n(static_cast<T*>(to), count, *static_cast<const T*>(element));
  });
}

void select(const StridedLoop<4>& loop, std::size_t element_bytes, void* y, const bool* condition,
            const void* a, const void* b) {
  const int64_t n = loop.row_length();
  const auto steps = loop.row_strides();
  with_element(element_bytes, [&](auto tag) {
    using T = decltype(tag);
    loop.each_row([&](const auto& offsets) {
      T* const yr = static_cast<T*>(y) + offsets[0];
      const bool* const c = condition + offsets[1];
      const T* const ar = static_cast<const T*>(a) + offsets[2];
      const T* const br = static_cast<const T*>(b) + offsets[3];
      for (int64_t i = 0; i < n; ++i)
        yr[i * steps[0]] = c[i * steps[1]] ? ar[i * steps[2]] : br[i * steps[3]];
    });
  });
}

void pick(const Extents& dims, const std::vector<Extents>& tables, std::size_t element_bytes,
          const void* x, const void* fill, void* y) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  with_element(element_bytes, [&](auto tag) {
    using T = decltype(tag);
    pick_axis(dims, tables, 0, static_cast<const T*>(x), count, *static_cast<const T*>(fill),
              static_cast<T*>(y));
  });
}

void scatter(int64_t inner, std::size_t element_bytes, const void* updates, const int64_t* indices,
             int64_t count, void* y) {
  with_element(element_bytes, [&](auto tag) {
    using T = decltype(tag);
    const auto* from = static_cast<const T*>(updates);
    for (int64_t i = 0; i < count; ++i, from += inner)
      std::copy_n(from, inner, static_cast<T*>(y) + indices[i] * inner);
  });
}

void gather(int64_t outer, int64_t axis, int64_t inner, std::size_t element_bytes, const void* x,
            const int64_t* indices, int64_t count, void* y) {
  with_element(element_bytes, [&](auto tag) {
    using T = decltype(tag);
    const auto* from = static_cast<const T*>(x);
    auto* to = static_cast<T*>(y);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < count; ++i, to += inner)
        std::copy_n(from + (o * axis + indices[i]) * inner, inner, to);
  });
}

}  // namespace qtool::reference
