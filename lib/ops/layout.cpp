#include <algorithm>
#include <numeric>

#include "kernels/reference/copy.h"
#include "kernels/transpose.h"
#include "ops/elements.h"
#include "ops/packed.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/slices.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

std::vector<int64_t> read_permutation(const std::vector<int64_t>& attribute, std::size_t rank) {
  if (!attribute.empty()) {
    axis_mask(attribute, rank);  // no axis twice
    if (attribute.size() != rank || *std::min_element(attribute.begin(), attribute.end()) < 0)
      fail("perm {} is no permutation of {} axes", to_string(attribute), rank);
    return attribute;
  }
  std::vector<int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return reversed;
}

// Whether all that moves is two blocks of axes that change places behind a third one: batches of
// matrices. Then it is done in tiles.
bool transpose_matrices(Shape shape, Shape from, const Tensor& x, Tensor& y) {
  std::vector<Shape> strides = {ref::row_major_strides(shape), std::move(from)};
  ref::simplify_loop(shape, strides);
  if (shape.size() == 2) {
    shape.insert(shape.begin(), 1);
    strides[1].insert(strides[1].begin(), 0);
  }
  const std::size_t bytes = x.dtype() == DType::kString ? 0 : element_bytes(x);
  const bool is_known = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  if (!is_known || shape.size() != 3 || strides[1][1] != 1 || strides[1][2] != shape[1] ||
      (shape[0] != 1 && strides[1][0] != shape[1] * shape[2]))
    return false;
  transpose(shape[0], shape[2], shape[1], bytes, x.raw(), y.mutable_raw());
  return true;
}

Kernel bind_transpose(const BindContext& context) {
  return [perm = context.attribute<std::vector<int64_t>>("perm", {})](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Shape strides = ref::row_major_strides(x.shape());
    Shape shape;
    Shape from;
    for (const int64_t axis : read_permutation(perm, x.rank())) {
      shape.push_back(x.dim(static_cast<std::size_t>(axis)));
      from.push_back(strides[static_cast<std::size_t>(axis)]);
    }
    Tensor& y = call.output(0, x.dtype(), shape);
    if (transpose_matrices(shape, from, x, y)) return;
    ref::copy(ref::StridedLoop<2>(shape, {ref::row_major_strides(shape), from}), element_bytes(x),
              y.mutable_raw(), x.raw());
  };
}

Kernel bind_concat(const BindContext& context) {
  const int64_t* axis = find_attribute<int64_t>(context.node, "axis");
  if (axis == nullptr) fail("attribute 'axis' is missing");
  return [axis = *axis](KernelCall& call) {
    std::vector<Tensor> parts;
    for (std::size_t i = 0; i < call.input_count(); ++i) parts.push_back(call.input(i));
    if (parts.empty()) fail("input 0 is missing");
    call.set_output(0, concat(call, parts, normalize_axis(axis, parts[0].rank())));
  };
}

// Lengths of parts that are all the same but for the last, which may be shorter.
std::vector<int64_t> even_parts(int64_t total, int64_t count) {
  const int64_t length = (total + count - 1) / count;
  std::vector<int64_t> lengths(static_cast<std::size_t>(count), length);
  lengths.back() = total - length * (count - 1);
  if (lengths.back() < 0) fail("{} elements cannot be split into {} parts", total, count);
  return lengths;
}

Kernel bind_split(const BindContext& context) {
  const auto count = std::ssize(context.node.outputs);
  if (context.attribute<int64_t>("num_outputs", count) != count)
    fail("attribute 'num_outputs' differs from the number of outputs, {}", count);
  return [count, axis = context.attribute<int64_t>("axis", 0),
          split = IntsArgument(context, "split", 1)](KernelCall& call) {
    const Tensor& x = call.input(0);
    const int at = normalize_axis(axis, x.rank());
    const int64_t total = x.dim(static_cast<std::size_t>(at));
    const auto given = split.read(call);
    const auto lengths = given ? *given : even_parts(total, count);
    require_parts(lengths, total);
    if (std::ssize(lengths) != count) fail("{} parts for {} outputs", lengths.size(), count);
    int64_t start = 0;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      call.set_output(i, part_of(call, x, at, start, lengths[i]));
      start += lengths[i];
    }
  };
}

Kernel bind_expand(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Shape shape = broadcast_shape(x.shape(), to_int64s(call.input(1)));
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::copy(ref::StridedLoop<2>(
                  shape, {ref::row_major_strides(shape), ref::broadcast_strides(x.shape(), shape)}),
              element_bytes(x), y.mutable_raw(), x.raw());
  };
}

// Each axis becomes two: the copies, over which the input stands still, and its own elements.
Kernel bind_tile(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::vector<int64_t> repeats = to_int64s(call.input(1));
    if (repeats.size() != x.rank())
      fail("repeats {} must have one entry for each of {} axes", to_string(repeats), x.rank());
    const Shape strides = ref::row_major_strides(x.shape());
    Shape shape;
    Shape dims;
    Shape from;
    for (std::size_t i = 0; i < x.rank(); ++i) {
      shape.push_back(element_count({repeats[i], x.dim(i)}));
      dims.insert(dims.end(), {repeats[i], x.dim(i)});
      from.insert(from.end(), {0, strides[i]});
    }
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::copy(ref::StridedLoop<2>(dims, {ref::row_major_strides(dims), from}), element_bytes(x),
              y.mutable_raw(), x.raw());
  };
}

// One row of Trilu: zero but for [from, to) of its columns.
struct Kept {
  int64_t from;
  int64_t to;
};
Kept kept_columns(bool upper, int64_t diagonal, int64_t columns) {
  const int64_t at = std::clamp<int64_t>(diagonal, 0, columns);
  return upper ? Kept{at, columns} : Kept{0, std::clamp<int64_t>(diagonal + 1, 0, columns)};
}

Kernel bind_trilu(const BindContext& context) {
  return [upper = context.attribute<int64_t>("upper", 1) != 0](KernelCall& call) {
    const Tensor& x = call.input(0);
    if (x.rank() < 2) fail("input {} holds no matrices", to_string(x.shape()));
    const int64_t columns = x.shape().back();
    const int64_t rows = x.dim(x.rank() - 2);
    const int64_t k = call.has(1) ? read_int(call.input(1)) : 0;
    const int64_t shift = std::clamp(k, -rows - 1, columns + 1);
    const Tensor zero = zero_of(x.dtype());
    Tensor y = copied(call, x);
    const auto clear = [&](int64_t from, int64_t count) {
      ref::fill(element_bytes(y), element_at(y, from), count, zero.raw());
    };
    for (int64_t start = 0; start < x.size(); start += columns) {
      const auto [from, to] = kept_columns(upper, start / columns % rows + shift, columns);
      clear(start, from);
      clear(start + to, columns - to);
    }
    call.set_output(0, y);
  };
}

}  // namespace

std::span<const OpSpec> layout_ops() {
  static const QuantTraits kMoves = {.inputs = {Role::kActivation, Role::kPlain},
                                     .same_params = true};
  static const std::vector<OpSpec> kOps = {
      reference_op("Transpose", moves_packed<bind_transpose>, kMoves),
      reference_op("Concat", bind_concat,
                   {.inputs = {Role::kActivation}, .qoperator = "com.microsoft.QLinearConcat"}),
      reference_op("Split", bind_split, kMoves),
      reference_op("Expand", moves_packed<bind_expand>, kMoves),
      reference_op("Trilu", bind_trilu),
      reference_op("Tile", moves_packed<bind_tile>, kMoves),
  };
  return kOps;
}

}  // namespace qtool
