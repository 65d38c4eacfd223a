#include <algorithm>

#include "base/packed.h"
#include "ops/broadcast.h"
#include "ops/half_as_float.h"
#include "ops/registry.h"
#include "tensor/cast.h"

namespace qtool {
namespace {

// Inputs: data, indices, scales, zero_points.
struct Attributes {
  int64_t gather_axis, quantize_axis, block, bits;

  explicit Attributes(const BindContext& context)
      : gather_axis(context.attribute<int64_t>("gather_axis", 0)),
        quantize_axis(context.attribute<int64_t>("quantize_axis", 1)),
        block(context.attribute<int64_t>("block_size", 128)),
        bits(context.attribute<int64_t>("bits", 4)) {
    if (bits != 2 && bits != 4 && bits != 8) fail("bits {} is none of 2, 4 and 8", bits);
    if (block != 0 && (block < 16 || (block & (block - 1)) != 0))
      fail("block_size {} is neither 0 nor a power of two from 16 on", block);
  }
};

bool is_small_float(DType dtype) {
  return (dtype >= DType::kFloat8E4M3FN && dtype <= DType::kFloat8E5M2FNUZ) ||
         dtype == DType::kFloat4E2M1;
}

// The type of elements that are packed into uint8.
DType packed_into_bytes(int64_t bits) {
  return bits == 2 ? DType::kUInt2 : bits == 4 ? DType::kUInt4 : DType::kUInt8;
}

// The data as they are meant: uint8 is packed along the last axis.
Tensor elements_of(const Tensor& data, int64_t bits) {
  if (data.dtype() == DType::kUInt8) {
    Shape shape = data.shape();
    shape.back() *= 8 / bits;
    return Tensor::view(packed_into_bytes(bits), shape, nullptr, data.raw());
  }
  if (!is_small_float(data.dtype()) && data.dtype() != DType::kInt4 &&
      data.dtype() != DType::kUInt4)
    fail("data of type {} is not supported", name(data.dtype()));
  return data;
}

// How the elements lie, and in blocks.
struct Layout {
  AxisSplit gather, quantize;
  int64_t block;
  Shape scales;

  int64_t blocks() const { return (quantize.axis + block - 1) / block; }
  // Which scale element `i` has.
  int64_t scale_of(int64_t i) const {
    const int64_t row = i / quantize.inner;
    return (row / quantize.axis * blocks() + row % quantize.axis / block) * quantize.inner +
           i % quantize.inner;
  }
};

Layout layout_of(const Attributes& node, const Tensor& data, const Tensor& elements) {
  const int gather = normalize_axis(node.gather_axis, elements.rank());
  const int quantize = normalize_axis(node.quantize_axis, elements.rank());
  if (data.dtype() == DType::kUInt8 &&
      (gather != 0 || quantize == 0 || quantize + 1 != static_cast<int>(elements.rank())))
    fail("uint8 must be gathered along the first axis and quantized along another, the last one");
  Layout layout = {split_at(elements.shape(), gather), split_at(elements.shape(), quantize),
                   node.block, elements.shape()};
  if (node.block == 0) {
    if (!is_small_float(data.dtype())) fail("block_size 0 is for floating point only");
    layout.block = std::max<int64_t>(layout.quantize.axis, 1);
  }
  layout.scales[static_cast<std::size_t>(quantize)] = layout.blocks();
  return layout;
}

// One scale a block; those of floating-point data may be broadcast along other axes.
Tensor read_scales(const Tensor& scales, const Layout& layout, bool broadcast) {
  const bool fits = broadcast ? scales.rank() == layout.scales.size() &&
                                    broadcast_shape(scales.shape(), layout.scales) == layout.scales
                              : scales.shape() == layout.scales;
  if (!fits || scales.dtype() != DType::kFloat32)
    fail("scales {} of type {} do not fit {}", to_string(scales.shape()), name(scales.dtype()),
         to_string(layout.scales));
  Tensor result(DType::kFloat32, layout.scales);
  apply_binary<float>([](float scale, float) { return scale; }, scales, scales, result);
  return result;
}

// Bytes each of which holds elements of the same row along the last axis.
Tensor unpack_rows(const Tensor& bytes, DType dtype, const Shape& shape) {
  const int64_t row = shape.back();
  const int width = bits(dtype);
  const int64_t row_bytes = (row * width + 7) / 8;
  Tensor codes(DType::kUInt8, shape);
  Shape expected = shape;
  expected.back() = row_bytes;
  if (bytes.shape() != expected || bytes.dtype() != DType::kUInt8)
    fail("zero points {} of type {} must be {} of type uint8", to_string(bytes.shape()),
         name(bytes.dtype()), to_string(expected));
  const auto* in = bytes.data<uint8_t>();
  auto* out = codes.mutable_data<uint8_t>();
  for (; out != codes.data<uint8_t>() + codes.size(); in += row_bytes, out += row)
    unpack(width, in, row, out);
  return codes;
}

// One zero point a block, in float32. Without any they are 0, or the middle of packed uint8.
Tensor read_zero_points(const Tensor* given, const Tensor& data, DType dtype, const Shape& shape) {
  const bool packed = data.dtype() == DType::kUInt8;
  if (given != nullptr && packed) return cast(unpack_rows(*given, dtype, shape), DType::kFloat32);
  if (given != nullptr) {
    if (given->dtype() != dtype || given->shape() != shape || is_small_float(dtype))
      fail("zero points {} of type {} do not fit {} of type {}", to_string(given->shape()),
           name(given->dtype()), to_string(shape), name(dtype));
    return cast(*given, DType::kFloat32);
  }
  Tensor result(DType::kFloat32, shape);
  std::fill_n(result.mutable_data<float>(), result.size(),
              packed ? static_cast<float>(1 << (bits(dtype) - 1)) : 0.0F);
  return result;
}

// What the bits of one element stand for.
std::vector<float> decode_table(DType dtype) {
  std::vector<uint8_t> codes(std::size_t{1} << bits(dtype));
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i);
  Tensor all(dtype, {std::ssize(codes)});
  pack(bits(dtype), codes.data(), all.size(), static_cast<uint8_t*>(all.mutable_raw()));
  return cast(all, DType::kFloat32).to_vector<float>();
}

// y = scale · (element − zero point) for `count` elements from `first` on.
struct Dequantize {
  const Tensor& elements;
  const Layout& layout;
  Tensor scales, zero_points;
  std::vector<float> values = decode_table(elements.dtype());

  void operator()(int64_t first, int64_t count, float* y) const {
    const auto* bytes = static_cast<const uint8_t*>(elements.raw());
    const int width = bits(elements.dtype());
    for (int64_t i = first; i < first + count; ++i) {
      const int code = bytes[i * width / 8] >> (i * width % 8) & ((1 << width) - 1);
      const int64_t scale = layout.scale_of(i);
      *y++ = (values[static_cast<std::size_t>(code)] - zero_points.data<float>()[scale]) *
             scales.data<float>()[scale];
    }
  }
};

Shape output_shape(const Shape& elements, const Shape& indices, int64_t gather_axis) {
  Shape shape = elements;
  const auto at = shape.begin() + normalize_axis(gather_axis, shape.size());
  shape.insert(shape.erase(at), indices.begin(), indices.end());
  return shape;
}

void run(const Attributes& node, KernelCall& call) {
  const Tensor& data = call.input(0);
  if (data.rank() == 0) fail("data must have an axis");
  const Tensor elements = elements_of(data, node.bits);
  const Layout layout = layout_of(node, data, elements);
  const Tensor* zero_points = call.has(3) ? &call.input(3) : nullptr;
  const Dequantize dequantize = {
      elements, layout, read_scales(call.input(2), layout, is_small_float(data.dtype())),
      read_zero_points(zero_points, data, elements.dtype(), layout.scales)};
  const std::vector<int64_t> indices = to_int64s(call.input(1));
  Tensor& y = call.output(0, DType::kFloat32,
                          output_shape(elements.shape(), call.input(1).shape(), node.gather_axis));
  auto* out = y.mutable_data<float>();
  const auto [outer, extent, inner] = layout.gather;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t index : indices) {
      if (index < 0) index += extent;
      if (index < 0 || index >= extent)  // gives zeros, as onnxruntime documents
        std::fill_n(out, inner, 0.0F);
      else
        dequantize((o * extent + index) * inner, inner, out);
      out += inner;
    }
}

Kernel bind(const BindContext& context) {
  return [node = Attributes(context)](KernelCall& call) { run(node, call); };
}

}  // namespace

std::span<const OpSpec> gather_block_quantized_ops() {
  static const std::vector<OpSpec> kOps = halves_as_float({
      {"com.microsoft", "GatherBlockQuantized", {{Provider::kReference, bind}}},
  });
  return kOps;
}

}  // namespace qtool
