#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ops/types.h"

// Single elements of tensors of any type.
namespace qtool {

using AnyNumberTypes = Types<float, double, Half, BFloat16, int8_t, int16_t, int32_t, int64_t,
                             uint8_t, uint16_t, uint32_t, uint64_t, bool>;

/// A scalar that is 0, false or "". Of any type; packed ones too.
Tensor zero_of(DType dtype);
/// A scalar of that value, brought into the type as Cast does. Throws Error for types that are no
/// plain number or bool.
Tensor number_of(DType dtype, double value);
/// The elements of a tensor of numbers as int64; fractions are dropped and what does not fit
/// becomes the nearest int64. Throws Error as number_of does.
std::vector<int64_t> truncated_int64s(const Tensor& tensor);

/// The elements of a tensor of numbers as double; 64-bit integers are rounded. Throws Error as
/// number_of does.
std::vector<double> to_doubles(const Tensor& tensor);
/// The inverse: numbers as a tensor of that type and shape, brought into the type as Cast does.
Tensor from_doubles(KernelCall& call, DType dtype, const Shape& shape,
                    const std::vector<double>& values);

/// The only element of an integer tensor. Throws Error if it has more or fewer.
int64_t read_int(const Tensor& tensor);

/// The only element of a tensor of numbers, likewise.
double read_number(const Tensor& tensor);

/// The element type whose ONNX number the attribute holds, or none. Throws Error if there is no such
/// type.
std::optional<DType> optional_dtype(const BindContext& context, std::string_view attribute);

/// A tensor of that shape whose elements are all the only one of `element`. Of any type.
Tensor filled(KernelCall& call, const Shape& shape, const Tensor& element);

/// A copy of the elements that the caller may change. Of any type of 8 bits or more.
Tensor copied(KernelCall& call, const Tensor& x);

/// The address of element `index`, for types of 8 bits or more.
const std::byte* element_at(const Tensor& tensor, int64_t index);
std::byte* element_at(Tensor& tensor, int64_t index);

/// `index` counted from the front; a negative one counts from the back. Throws Error if it is
/// outside [-size, size).
int64_t normalize_index(int64_t index, int64_t size);

/// a + b. Throws Error on overflow.
int64_t checked_add(int64_t a, int64_t b);

}  // namespace qtool
