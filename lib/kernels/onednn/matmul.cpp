#include "kernels/onednn/matmul.h"

#include <algorithm>
#include <tuple>

#include "kernels/onednn/engine.h"
#include "kernels/onednn/post_ops.h"

namespace qtool::onednn {
namespace {

constexpr DataType kF32 = DataType::f32;

Dims matrix_dims(Dims batch, int64_t rows, int64_t columns) {
  batch.push_back(rows);
  batch.push_back(columns);
  return batch;
}

// Layout of a [batch..., rows, columns] matrix that lies as its transpose if `transposed`.
Desc matrix(const Dims& batch, int64_t rows, int64_t columns, bool transposed) {
  if (!transposed) return plain(kF32, matrix_dims(batch, rows, columns));
  std::vector<int> swapped(batch.size() + 2);
  for (std::size_t i = 0; i < swapped.size(); ++i) swapped[i] = static_cast<int>(i);
  std::swap(swapped[batch.size()], swapped[batch.size() + 1]);
  return plain(kF32, matrix_dims(batch, columns, rows)).permute_axes(swapped);
}

Dims output_dims(const MatMulShape& s) {
  Dims batch = s.a_batch;
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch[i] == 1) batch[i] = s.b_batch[i];
  return matrix_dims(batch, s.m, s.n);
}

// One product of a fixed shape.
struct Program {
  Source a, b, bias;
  Destination y;
  Call call;
};

Program make_program(const MatMulShape& s, const MatMul::Epilogue& epilogue, bool has_bias,
                     const Constant& constant_b) {
  const Desc a = matrix(s.a_batch, s.m, s.k, s.transpose_a);
  const Desc b = matrix(s.b_batch, s.k, s.n, s.transpose_b);
  const Desc y = plain(kF32, output_dims(s));
  const Desc bias = has_bias ? plain(kF32, matrix_dims(Dims(s.a_batch.size(), 1), 1, s.n)) : Desc();
  const Desc wanted_b = constant_b.copies != nullptr ? any_layout(kF32, b.get_dims()) : b;
  const dnnl::matmul::primitive_desc desc(engine(), a, wanted_b, bias, y,
                                          epilogue_attributes({epilogue.alpha, epilogue.clip, {}}));
  const Source left(a, desc.src_desc());
  const Source right(b, desc.weights_desc(), constant_b);
  const Source shift(bias, bias);
  const Destination to(desc.dst_desc(), y);
  std::vector<std::pair<int, dnnl::memory>> arguments = {{DNNL_ARG_SRC, left.memory()},
                                                         {DNNL_ARG_WEIGHTS, right.memory()},
                                                         {DNNL_ARG_DST, to.memory()}};
  if (has_bias) arguments.emplace_back(DNNL_ARG_BIAS, shift.memory());
  return {left, right, shift, to, Call(dnnl::matmul(desc), arguments)};
}

}  // namespace

struct MatMul::State {
  bool constant_b;
  Copies b;
  // Shape, has bias, alpha, clip.
  ShapeCache<std::tuple<MatMulShape, bool, float, float, float>, Program> programs;
};

MatMul::MatMul(bool constant_b) : state_(std::make_unique<State>(State{constant_b, {}, {}})) {}
MatMul::MatMul(MatMul&&) noexcept = default;
MatMul::~MatMul() = default;

bool MatMul::has_b() const { return !state_->b.empty(); }

bool MatMul::serves(const MatMulShape& s) {
  const auto has_zero = [](const Dims& dims) {
    return std::find(dims.begin(), dims.end(), 0) != dims.end();
  };
  return s.a_batch.size() + 2 <= DNNL_MAX_NDIMS && !has_zero(s.a_batch) && !has_zero(s.b_batch) &&
         !has_zero({s.m, s.k, s.n});
}

void MatMul::run(const MatMulShape& shape, const Epilogue& epilogue, const float* a, const float* b,
                 const float* bias, float* y) {
  const bool has_bias = bias != nullptr;
  const auto& [alpha, clip] = epilogue;
  Program& program =
      state_->programs.get(std::tie(shape, has_bias, alpha, clip.low, clip.high), [&] {
        return make_program(shape, epilogue, has_bias,
                            {state_->constant_b ? &state_->b : nullptr, b});
      });
  program.a.load(a);
  program.b.load(b);
  if (has_bias) program.bias.load(bias);
  program.y.place(y);
  program.call.execute();
  program.y.store();
}

}  // namespace qtool::onednn
