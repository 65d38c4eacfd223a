#include "kernels/reference/strided_loop.h"

#include "base/error.h"

namespace qtool::reference {
namespace {

// Whether stepping along `outer` moves every operand as far as all of `inner` does.
bool mergeable(const Extents& dims, const std::vector<Extents>& strides, std::size_t outer,
               std::size_t inner) {
  for (const Extents& s : strides)
    if (s[outer] != s[inner] * dims[inner]) return false;
  return true;
}

}  // namespace

Extents row_major_strides(const Extents& dims) {
  Extents strides(dims.size());
  int64_t stride = 1;
  for (std::size_t i = dims.size(); i-- > 0; stride *= dims[i]) strides[i] = stride;
  return strides;
}

Extents broadcast_strides(const Extents& from, const Extents& to) {
  QTOOL_ASSERT(from.size() <= to.size());
  const Extents own = row_major_strides(from);
  const std::size_t missing = to.size() - from.size();
  Extents strides(to.size(), 0);
  for (std::size_t i = 0; i < from.size(); ++i) {
    QTOOL_ASSERT(from[i] == 1 || from[i] == to[missing + i]);
    if (from[i] != 1) strides[missing + i] = own[i];
  }
  return strides;
}

void simplify_loop(Extents& dims, std::vector<Extents>& strides) {
  std::size_t kept = 0;  // axes [0, kept) are done
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 1) continue;
    const bool merge = kept > 0 && mergeable(dims, strides, kept - 1, axis);
    const std::size_t target = merge ? kept - 1 : kept++;
    dims[target] = merge ? dims[target] * dims[axis] : dims[axis];
    for (Extents& s : strides) s[target] = s[axis];
  }
  dims.resize(kept);
  for (Extents& s : strides) s.resize(kept);
  if (kept > 0) return;
  dims = {1};
  for (Extents& s : strides) s = {1};
}

}  // namespace qtool::reference
