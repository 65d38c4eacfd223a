#include "ops/matmul_shape.h"

#include <algorithm>

#include "base/error.h"
#include "ops/shapes.h"

namespace qtool {

MatMulPlan resolve_matmul(const Shape& a, const Shape& b) {
  if (a.empty() || b.empty()) fail("a matrix product takes no scalars");
  Shape left = a;
  Shape right = b;
  if (a.size() == 1) left.insert(left.begin(), 1);
  if (b.size() == 1) right.push_back(1);
  MatMulPlan plan;
  MatMulShape& s = plan.shape;
  s.m = left.end()[-2];
  s.k = left.back();
  s.n = right.back();
  if (right.end()[-2] != s.k)
    fail("matrices of shapes {} and {} do not fit", to_string(a), to_string(b));
  left.resize(left.size() - 2);
  right.resize(right.size() - 2);
  plan.output = broadcast_shape(left, right);
  if (a.size() > 1) plan.output.push_back(s.m);
  if (b.size() > 1) plan.output.push_back(s.n);
  if (std::all_of(right.begin(), right.end(), [](int64_t dim) { return dim == 1; })) {
    s.m *= product(left, 0, left.size());  // one matrix for all: the batch is more rows
    return plan;
  }
  const std::size_t rank = std::max(left.size(), right.size());
  left.insert(left.begin(), rank - left.size(), 1);
  right.insert(right.begin(), rank - right.size(), 1);
  s.a_batch = std::move(left);
  s.b_batch = std::move(right);
  return plan;
}

MatMulPlan resolve_gemm(const Shape& a, bool transpose_a, const Shape& b, bool transpose_b) {
  if (a.size() != 2 || b.size() != 2)
    fail("matrices of shapes {} and {} must have rank 2", to_string(a), to_string(b));
  if (a[transpose_a ? 0 : 1] != b[transpose_b ? 1 : 0])
    fail("matrices of shapes {} and {} do not fit", to_string(a), to_string(b));
  const MatMulShape shape = {.m = a[transpose_a ? 1 : 0],
                             .k = a[transpose_a ? 0 : 1],
                             .n = b[transpose_b ? 0 : 1],
                             .transpose_a = transpose_a,
                             .transpose_b = transpose_b};
  return {shape, {shape.m, shape.n}};
}

}  // namespace qtool
