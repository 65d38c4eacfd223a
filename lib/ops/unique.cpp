#include "kernels/reference/unique.h"

#include "kernels/reference/copy.h"
#include "ops/elements.h"
#include "ops/registry.h"
#include "ops/shapes.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

using OtherTypes = Types<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t,
                         uint16_t, uint32_t, uint64_t, bool, std::string>;

// Calls f with the elements of x as what they are.
template <class F>
void with_elements(const Tensor& x, F f) {
  if (x.dtype() == DType::kComplex64) return f(static_cast<const std::complex<float>*>(x.raw()));
  if (x.dtype() == DType::kComplex128) return f(static_cast<const std::complex<double>*>(x.raw()));
  with_type(OtherTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) { f(x.data<T>()); });
}

// x with `axis` moved to the front, seen as [axis, inner].
Tensor rows_of(KernelCall& call, const Tensor& x, const AxisSplit& s) {
  Tensor rows = call.scratch(x.dtype(), {s.axis, s.outer, s.inner});
  ref::copy(ref::StridedLoop<2>({s.axis, s.outer, s.inner}, {Shape{s.outer * s.inner, s.inner, 1},
                                                             Shape{s.inner, s.axis * s.inner, 1}}),
            element_bytes(x), rows.mutable_raw(), x.raw());
  return rows;
}

void set_list(KernelCall& call, std::size_t output, const std::vector<int64_t>& values) {
  call.set_output(output, Tensor::of<int64_t>({std::ssize(values)}, values));
}

Kernel bind_unique(const BindContext& context) {
  const int64_t* axis = find_attribute<int64_t>(context.node, "axis");
  const bool sorted = context.attribute<int64_t>("sorted", 1) != 0;
  return [sorted, axis = axis == nullptr ? std::nullopt : std::optional(*axis)](KernelCall& call) {
    const Tensor& given = call.input(0);
    const Tensor x = axis ? given : given.reshaped({given.size()});
    const int at = normalize_axis(axis.value_or(0), x.rank());
    const AxisSplit s = split_at(x.shape(), at);
    const Tensor rows = rows_of(call, x, s);
    ref::UniqueRows unique;
    with_elements(rows, [&](const auto* elements) {
      unique = ref::unique_rows(elements, s.axis, s.outer * s.inner, sorted);
    });
    Shape shape = x.shape();
    shape[static_cast<std::size_t>(at)] = std::ssize(unique.first);
    Tensor& y = call.output(0, x.dtype(), shape);
    ref::gather(s.outer, s.axis, s.inner, element_bytes(x), x.raw(), unique.first.data(),
                std::ssize(unique.first), y.mutable_raw());
    set_list(call, 1, unique.first);
    set_list(call, 2, unique.group);
    set_list(call, 3, unique.members);
  };
}

// Positions of the elements that are not 0, false or "".
std::vector<int64_t> nonzero_positions(const Tensor& x) {
  std::vector<int64_t> positions;
  with_elements(x, [&]<class T>(const T* elements) {
    for (int64_t i = 0; i < x.size(); ++i)
      if (ref::compare(elements[i], T()) != 0) positions.push_back(i);
  });
  return positions;
}

Kernel bind_nonzero(const BindContext&) {
  return [](KernelCall& call) {
    const Tensor& x = call.input(0);
    const std::vector<int64_t> positions = nonzero_positions(x);
    const auto rank = static_cast<int64_t>(x.rank());
    const Shape strides = ref::row_major_strides(x.shape());
    int64_t* y =
        call.output(0, DType::kInt64, {rank, std::ssize(positions)}).mutable_data<int64_t>();
    for (std::size_t axis = 0; axis < x.rank(); ++axis)
      for (const int64_t position : positions) *y++ = position / strides[axis] % x.dim(axis);
  };
}

}  // namespace

std::span<const OpSpec> unique_ops() {
  static const std::vector<OpSpec> kOps = {
      reference_op("Unique", bind_unique),
      reference_op("NonZero", bind_nonzero),
  };
  return kOps;
}

}  // namespace qtool
