#include <algorithm>
#include <iterator>
#include <map>

#include "kernels/reference/convert.h"
#include "kernels/reference/copy.h"
#include "kernels/reference/reduce.h"
#include "ops/batch_matmul.h"
#include "ops/einsum_equation.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

// Einsum: every operand is brought down to the axes that others or the output need; then two at a
// time are multiplied as matrices.
namespace qtool {
namespace {

namespace ref = reference;
using SumTypes = Types<float, double, int32_t, uint32_t, int64_t, uint64_t>;
using NarrowTypes = Types<int8_t, uint8_t, int16_t, uint16_t>;

// A tensor whose axes have names. Repeated names: only its diagonal counts.
struct Operand {
  Tensor tensor;
  AxisLabels labels;
};

using Extents = std::map<int, int64_t>;

bool has(const AxisLabels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

AxisLabels joined(std::initializer_list<AxisLabels> parts) {
  AxisLabels result;
  for (const AxisLabels& part : parts) result.insert(result.end(), part.begin(), part.end());
  return result;
}

// The labels, each once, for which keep(label) holds.
template <class Keep>
AxisLabels filtered(const AxisLabels& labels, Keep keep) {
  AxisLabels result;
  for (const int label : labels)
    if (keep(label) && !has(result, label)) result.push_back(label);
  return result;
}

Shape shape_of(const AxisLabels& labels, const Extents& extents) {
  Shape shape;
  for (const int label : labels) shape.push_back(extents.at(label));
  return shape;
}

int64_t size_of(const AxisLabels& labels, const Extents& extents) {
  return element_count(shape_of(labels, extents));
}

// Steps of the operand's elements for one step along each label.
Shape strides_along(const Operand& x, const AxisLabels& labels) {
  const Shape own = ref::row_major_strides(x.tensor.shape());
  Shape strides(labels.size(), 0);
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t axis = 0; axis < own.size(); ++axis)
      if (x.labels[axis] == labels[i]) strides[i] += own[axis];
  return strides;
}

// x with exactly the axes `wanted`, which it has; it is summed over the others.
Operand project(KernelCall& call, const Operand& x, const AxisLabels& wanted,
                const Extents& extents) {
  if (x.labels == wanted) return x;
  const AxisLabels summed = filtered(x.labels, [&](int label) { return !has(wanted, label); });
  const AxisLabels all = joined({wanted, summed});
  const Shape shape = shape_of(wanted, extents);
  Shape strides = ref::row_major_strides(shape);
  strides.resize(all.size(), 0);
  const ref::StridedLoop<2> loop(shape_of(all, extents), {strides, strides_along(x, all)});
  Operand y = {call.scratch(x.tensor.dtype(), shape), wanted};
  if (summed.empty())
    ref::copy(loop, element_bytes(x.tensor), y.tensor.mutable_raw(), x.tensor.raw());
  else
    with_type(SumTypes{}, x.tensor.dtype(), [&]<class T>(std::type_identity<T>) {
      ref::reduce<ref::SumOf<T>>(loop, y.tensor.size(), 0, x.tensor.data<T>(),
                                 y.tensor.mutable_data<T>());
    });
  return y;
}

// x as matrices [batch, rows, columns], or [batch, columns, rows] if it lies so.
struct Matrices {
  Tensor tensor;
  bool transposed;
};

Matrices as_matrices(KernelCall& call, const Operand& x, const AxisLabels& batch,
                     const AxisLabels& rows, const AxisLabels& columns, const Extents& extents) {
  if (x.labels == joined({batch, columns, rows})) return {x.tensor, true};
  return {project(call, x, joined({batch, rows, columns}), extents).tensor, false};
}

// The product of two operands, with the axes that `needed` names.
Operand contract(KernelCall& call, Operand a, Operand b, const AxisLabels& needed,
                 const Extents& extents, const BatchMatMul& matmul) {
  const auto in_both = [&](bool kept) {
    return filtered(a.labels,
                    [&](int label) { return has(b.labels, label) && has(needed, label) == kept; });
  };
  const auto alone = [&](const Operand& x, const Operand& other) {
    return filtered(x.labels,
                    [&](int label) { return has(needed, label) && !has(other.labels, label); });
  };
  const AxisLabels batch = in_both(true), inner = in_both(false);
  const AxisLabels rows = alone(a, b), columns = alone(b, a);
  const Matrices left = as_matrices(call, a, batch, rows, inner, extents);
  const Matrices right = as_matrices(call, b, batch, inner, columns, extents);
  const int64_t count = size_of(batch, extents);
  const MatMulShape shape = {{count},
                             {count},
                             size_of(rows, extents),
                             size_of(inner, extents),
                             size_of(columns, extents),
                             left.transposed,
                             right.transposed};
  const AxisLabels labels = joined({batch, rows, columns});
  Operand y = {call.scratch(a.tensor.dtype(), shape_of(labels, extents)), labels};
  matmul(shape, left.tensor, right.tensor, y.tensor);
  return y;
}

// Integers below 32 bits as int32: what is cut off at the end would wrap around anyway.
Tensor widened(KernelCall& call, const Tensor& x) {
  const int width = bits(x.dtype());
  if (width >= 32) return x;
  Tensor y = call.scratch(DType::kInt32, x.shape());
  with_type(NarrowTypes{}, x.dtype(), [&]<class T>(std::type_identity<T>) {
    ref::convert(x.data<T>(), y.mutable_data<int32_t>(), x.size());
  });
  return y;
}

Tensor narrowed(KernelCall& call, const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = call.scratch(dtype, x.shape());
  with_type(NarrowTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
    ref::convert(x.data<int32_t>(), y.mutable_data<T>(), x.size());
  });
  return y;
}

// Axes that the ellipses stand for.
int ellipsis_rank(const EinsumEquation& equation, const KernelCall& call) {
  if (call.input_count() != equation.inputs.size())
    fail("the equation has {} terms, the node {} inputs", equation.inputs.size(),
         call.input_count());
  int64_t rank = 0;
  for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
    const int64_t own = static_cast<int64_t>(call.input(i).rank());
    const int64_t named = std::ssize(equation.inputs[i]);
    const bool ellipsis = has(equation.inputs[i], kEllipsis);
    if (ellipsis ? own < named - 1 : own != named)
      fail("input {} of shape {} does not fit its term", i, to_string(call.input(i).shape()));
    if (ellipsis) rank = std::max(rank, own - named + 1);
  }
  return static_cast<int>(rank);
}

std::vector<Operand> read_operands(const EinsumEquation& equation, KernelCall& call) {
  std::vector<Operand> operands;
  for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
    const Tensor& x = call.input(i);
    require_same_type(call.input(0), x);
    const auto own = static_cast<int>(x.rank() - equation.inputs[i].size() + 1);
    operands.push_back({widened(call, x), expand_ellipsis(equation.inputs[i], own)});
  }
  return operands;
}

// Extent of each label. Axes of size 1 where others are larger are repeated: their operand is as
// good without them, and loses them.
Extents resolve_extents(std::vector<Operand>& operands) {
  Extents extents;
  for (const Operand& x : operands)
    for (std::size_t axis = 0; axis < x.labels.size(); ++axis) {
      const int64_t dim = x.tensor.dim(axis);
      int64_t& extent = extents.emplace(x.labels[axis], dim).first->second;
      if (extent == 1) extent = dim;
      if (dim != 1 && dim != extent)
        fail("axes of the same name have sizes {} and {}", extent, dim);
    }
  for (Operand& x : operands) {
    Operand kept = {x.tensor, {}};
    Shape shape;
    for (std::size_t axis = 0; axis < x.labels.size(); ++axis) {
      if (x.tensor.dim(axis) != extents[x.labels[axis]]) continue;
      shape.push_back(x.tensor.dim(axis));
      kept.labels.push_back(x.labels[axis]);
    }
    kept.tensor = x.tensor.reshaped(shape);
    x = kept;
  }
  return extents;
}

void run_einsum(const EinsumEquation& equation, const BatchMatMul& matmul, KernelCall& call) {
  const AxisLabels output = expand_ellipsis(equation.output, ellipsis_rank(equation, call));
  std::vector<Operand> operands = read_operands(equation, call);
  const Extents extents = resolve_extents(operands);
  // Labels that an operand must keep until all operands from `next` on are multiplied with it.
  const auto needed = [&](std::size_t next) {
    AxisLabels labels = output;
    for (; next < operands.size(); ++next) labels = joined({labels, operands[next].labels});
    return labels;
  };
  const auto reduced = [&](const Operand& x, const AxisLabels& labels) {
    return project(call, x, filtered(x.labels, [&](int label) { return has(labels, label); }),
                   extents);
  };
  Operand result = reduced(operands[0], needed(1));
  for (std::size_t i = 1; i < operands.size(); ++i) {
    const Operand next = reduced(operands[i], joined({result.labels, needed(i + 1)}));
    result = contract(call, result, next, needed(i + 1), extents, matmul);
  }
  result = project(call, result, output, extents);
  call.set_output(0, narrowed(call, result.tensor, call.input(0).dtype()));
}

EinsumEquation read_equation(const BindContext& context) {
  const auto* equation = find_attribute<std::string>(context.node, "equation");
  if (equation == nullptr) fail("attribute 'equation' is missing");
  return parse_einsum(*equation);
}

Kernel bind_reference(const BindContext& context) {
  return [equation = read_equation(context), matmul = reference_matmul()](KernelCall& call) {
    run_einsum(equation, matmul, call);
  };
}

Kernel bind_onednn(const BindContext& context) {
  if (context.dtype(0) != DType::kFloat32) return {};
  return [equation = read_equation(context), matmul = onednn_matmul()](KernelCall& call) {
    run_einsum(equation, matmul, call);
  };
}

}  // namespace

std::span<const OpSpec> einsum_ops() {
  static const std::vector<OpSpec> kOps =
      halves_as_float({{"",
                        "Einsum",
                        {{Provider::kOneDnn, bind_onednn}, {Provider::kReference, bind_reference}},
                        {.inputs = {Role::kActivation}}}});
  return kOps;
}

}  // namespace qtool
