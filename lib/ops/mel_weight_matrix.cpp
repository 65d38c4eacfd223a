#include <cmath>

#include "kernels/reference/convert.h"
#include "kernels/reference/mel.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "ops/types.h"

namespace qtool {
namespace {

namespace ref = reference;

using IntegerTypes = Types<int32_t, int64_t>;
using MelTypes = Types<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t, uint8_t,
                       uint16_t, uint32_t, uint64_t>;

// The only element of an input, as a T.
template <class T, class TypeList>
T read_scalar(const KernelCall& call, std::size_t index, std::string_view what) {
  const Tensor& tensor = call.input(index);
  if (tensor.size() != 1) fail("{} must be a scalar", what);
  T value{};
  with_type(TypeList{}, tensor.dtype(), [&]<class From>(std::type_identity<From>) {
    value = ref::convert_value<T>(*tensor.data<From>());
  });
  return value;
}

int64_t read_count(const KernelCall& call, std::size_t index, std::string_view what) {
  const auto count = read_scalar<int64_t, IntegerTypes>(call, index, what);
  if (count < 1 || count > (int64_t{1} << 40)) fail("{} cannot be {}", what, count);
  return count;
}

ref::MelBank read_bank(const KernelCall& call) {
  const ref::MelBank bank = {read_count(call, 0, "num_mel_bins"), read_count(call, 1, "dft_length"),
                             read_count(call, 2, "sample_rate"),
                             read_scalar<double, FloatTypes>(call, 3, "lower_edge_hertz"),
                             read_scalar<double, FloatTypes>(call, 4, "upper_edge_hertz")};
  if (!(bank.lower_edge >= 0 && bank.lower_edge <= bank.upper_edge &&
        std::isfinite(bank.upper_edge)))
    fail("frequencies from {} to {} are not possible", bank.lower_edge, bank.upper_edge);
  return bank;
}

Kernel bind_mel_weight_matrix(const BindContext& context) {
  const auto to = context.attribute<int64_t>("output_datatype", 1);
  const DType dtype = to > 0 && to <= 16 ? static_cast<DType>(to) : DType::kUndefined;
  return [dtype](KernelCall& call) {
    const ref::MelBank bank = read_bank(call);
    Tensor& y = call.output(0, dtype, {bank.dft_length / 2 + 1, bank.bands});
    with_type(MelTypes{}, dtype, [&]<class T>(std::type_identity<T>) {
      ref::convert(ref::mel_weights(bank).data(), y.mutable_data<T>(), y.size());
    });
  };
}

}  // namespace

std::span<const OpSpec> mel_weight_matrix_ops() {
  static const std::vector<OpSpec> kOps = {reference_op("MelWeightMatrix", bind_mel_weight_matrix)};
  return kOps;
}

}  // namespace qtool
