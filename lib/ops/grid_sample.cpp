#include "kernels/reference/grid_sample.h"

#include <algorithm>

#include "base/named.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

using reference::Sampler;

// The second names are those of opset 16 and com.microsoft.
constexpr std::array<Named<Sampler::Mode>, 5> kModes = {{
    {"linear", Sampler::Mode::kLinear},
    {"bilinear", Sampler::Mode::kLinear},
    {"nearest", Sampler::Mode::kNearest},
    {"cubic", Sampler::Mode::kCubic},
    {"bicubic", Sampler::Mode::kCubic},
}};

constexpr std::array<Named<Sampler::Padding>, 3> kPaddings = {{
    {"zeros", Sampler::Padding::kZeros},
    {"border", Sampler::Padding::kBorder},
    {"reflection", Sampler::Padding::kReflection},
}};

void check(const Shape& x, const Shape& grid) {
  if (x.size() < 3 || grid.size() != x.size() || grid[0] != x[0] ||
      grid.back() != std::ssize(x) - 2)
    fail("grid {} does not fit input {}", to_string(grid), to_string(x));
}

// The grid's coordinates as places in x [N, C, dims...], the outermost axis first.
Tensor read_places(const Sampler& sampler, const Shape& dims, const Tensor& grid) {
  Tensor places(DType::kFloat64, grid.shape());
  const std::size_t rank = dims.size();
  with_type(FloatTypes{}, grid.dtype(), [&]<class T>(std::type_identity<T>) {
    const T* from = grid.data<T>();
    double* to = places.mutable_data<double>();
    for (; to != places.data<double>() + places.size(); from += rank, to += rank)
      for (std::size_t i = 0; i < rank; ++i) to[i] = sampler.place(from[rank - 1 - i], dims[i]);
  });
  return places;
}

Kernel bind_grid_sample(const BindContext& context) {
  const Sampler sampler = {
      .mode = find(kModes, context.attribute<std::string>("mode", "linear"), "mode"),
      .padding =
          find(kPaddings, context.attribute<std::string>("padding_mode", "zeros"), "padding_mode"),
      .align_corners = context.attribute<int64_t>("align_corners", 0) != 0};
  return [sampler](KernelCall& call) {
    const Tensor& x = call.input(0);
    const Tensor& grid = call.input(1);
    check(x.shape(), grid.shape());
    const Shape dims(x.shape().begin() + 2, x.shape().end());
    Shape shape = {x.dim(0), x.dim(1)};
    shape.insert(shape.end(), grid.shape().begin() + 1, grid.shape().end() - 1);
    Tensor& y = call.output(0, x.dtype(), shape);
    if (y.size() == 0) return;
    if (x.size() == 0) fail("input {} has no elements to sample", to_string(x.shape()));
    const Tensor places = read_places(sampler, dims, grid);
    with_type(NumericOrBoolTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
      reference::grid_sample(sampler, dims, x.dim(0), x.dim(1), product(shape, 2, shape.size()),
                             places.data<double>(), x.data<T>(), y.mutable_data<T>());
    });
  };
}

}  // namespace

std::span<const OpSpec> grid_sample_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      reference_op("GridSample", bind_grid_sample),
      {"com.microsoft", "GridSample", {{Provider::kReference, bind_grid_sample}}},
  });
  return kOps;
}

}  // namespace qtool
