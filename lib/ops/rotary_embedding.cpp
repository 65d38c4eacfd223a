#include "ops/rotary_embedding.h"

#include <numeric>

#include "kernels/reference/attention.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

struct RotaryNode {
  bool interleaved;
  int64_t heads;      // of an input of rank 3; 0: not given
  int64_t dimension;  // numbers of a head that are rotated; 0: all
  // Inputs: cosines, sines and positions, which may be left out.
  std::size_t cosines, sines, positions;
  bool first_alone;  // one position may be that of the first token of every sequence
};

HeadsShape resolve(const RotaryNode& node, const Tensor& x, int64_t cache_columns) {
  const Shape& s = x.shape();
  if (s.size() == 4) return {s[0], s[2], s[1], s[3], true};
  if (s.size() != 3) fail("input {} must have rank 3 or 4", to_string(s));
  // com.microsoft's operator may leave the number of heads to the caches.
  const int64_t size = node.heads > 0 ? s[2] / node.heads : 2 * cache_columns;
  if (size < 1 || s[2] % size != 0 || (node.heads > 0 && s[2] % node.heads != 0))
    fail("{} columns cannot be parted into {} heads", s[2], node.heads);
  return {s[0], s[1], s[2] / size, size, false};
}

// Row of the caches for each token [batch, length].
std::vector<int64_t> read_rows(const RotaryNode& node, const KernelCall& call,
                               const HeadsShape& s) {
  const Tensor& cache = call.input(node.cosines);
  const bool given = call.has(node.positions);
  if (cache.rank() != (given ? 2 : 3))
    fail("cosines {} must have rank {}", to_string(cache.shape()), given ? 2 : 3);
  if (!given && (cache.dim(0) != s.batch || cache.dim(1) != s.length))
    fail("cosines {} must be [{}, {}, ...]", to_string(cache.shape()), s.batch, s.length);
  std::vector<int64_t> rows(static_cast<std::size_t>(s.batch * s.length));
  std::iota(rows.begin(), rows.end(), 0);
  if (!given) return rows;
  const std::vector<int64_t> positions = to_int64s(call.input(node.positions));
  if (node.first_alone && positions.size() == 1)
    for (int64_t& row : rows) row = positions[0] + row % s.length;
  else if (positions.size() == rows.size())
    rows = positions;
  else
    fail("positions {} must be [{}, {}]", to_string(call.input(node.positions).shape()), s.batch,
         s.length);
  return rows;
}

void run_rotary(const RotaryNode& node, KernelCall& call) {
  const Tensor& x = call.input(0);
  const Tensor& cosines = call.input(node.cosines);
  if (cosines.rank() == 0) fail("cosines are a scalar");
  const int64_t half = cosines.shape().back();
  const HeadsShape s = resolve(node, x, half);
  if (2 * half != (node.dimension > 0 ? node.dimension : s.size))
    fail("cosines {} do not fit heads of size {}", to_string(cosines.shape()), s.size);
  Tensor& y = call.output(0, x.dtype(), x.shape());
  rotate_heads(s, node.interleaved, read_rows(node, call, s), x, cosines, call.input(node.sines),
               y);
}

Kernel bind_rotary(const BindContext& context, std::size_t cosines, std::size_t sines,
                   std::size_t positions, bool first_alone) {
  const RotaryNode node = {context.attribute<int64_t>("interleaved", 0) != 0,
                           context.attribute<int64_t>("num_heads", 0),
                           context.attribute<int64_t>("rotary_embedding_dim", 0),
                           cosines,
                           sines,
                           positions,
                           first_alone};
  if (node.heads < 0 || node.dimension < 0) fail("number of heads or dimension is negative");
  return [node](KernelCall& call) { run_rotary(node, call); };
}

// (X, cosines, sines, positions) → Y
Kernel bind_onnx(const BindContext& context) { return bind_rotary(context, 1, 2, 3, false); }

// (X, positions, cosines, sines) → Y
Kernel bind_contrib(const BindContext& context) {
  if (context.attribute("scale", 1.0F) != 1 ||
      context.attribute<int64_t>("is_packed_batching", 0) != 0)
    fail("attributes 'scale' and 'is_packed_batching' are not supported");
  return bind_rotary(context, 2, 3, 1, true);
}

}  // namespace

void rotate_heads(const HeadsShape& s, bool interleaved, const std::vector<int64_t>& rows,
                  const Tensor& x, const Tensor& cosines, const Tensor& sines, Tensor& y) {
  require_same_type(x, cosines);
  require_same_type(x, sines);
  const int64_t half = cosines.shape().back();
  if (cosines.shape() != sines.shape() || 2 * half > s.size)
    fail("cosines {} and sines {} do not fit heads of size {}", to_string(cosines.shape()),
         to_string(sines.shape()), s.size);
  if (x.size() == 0) return;
  const int64_t cached = half == 0 ? 0 : cosines.size() / half;
  for (const int64_t row : rows)
    if (row < 0 || row >= cached) fail("position {} is not between 0 and {}", row, cached - 1);
  const int64_t token_step = s.heads_first ? s.size : s.heads * s.size;
  const int64_t head_step = s.heads_first ? s.length * s.size : s.size;
  with_type(FloatTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    for (int64_t b = 0; b < s.batch; ++b)
      for (int64_t h = 0; h < s.heads; ++h)
        for (int64_t t = 0; t < s.length; ++t) {
          const int64_t at = b * s.length * s.heads * s.size + h * head_step + t * token_step;
          const int64_t row = rows[static_cast<std::size_t>(b * s.length + t)] * half;
          reference::rotate(s.size, half, interleaved, x.data<T>() + at, cosines.data<T>() + row,
                            sines.data<T>() + row, y.mutable_data<T>() + at);
        }
  });
}

std::span<const OpSpec> rotary_embedding_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("RotaryEmbedding", bind_onnx),
      {"com.microsoft", "RotaryEmbedding", {{Provider::kReference, bind_contrib}}},
  });
  return kOps;
}

}  // namespace qtool
