// What stands in the place of onednn/ where there is no oneDNN: it serves nothing, so that bind_kernel
// and those who look at `serves` never come to the rest.
#include "base/error.h"
#include "kernels/onednn/conv.h"
#include "kernels/onednn/isa.h"
#include "kernels/onednn/matmul.h"
#include "kernels/onednn/qconv.h"

namespace qtool::onednn {

bool is_there() { return false; }
#ifdef __x86_64__
bool has_vnni() { return false; }
#else
bool has_vnni() { return true; }  // only SSE and AVX add pairs of products in 16 bits
#endif
void limit_instruction_sets(std::string_view) {}

struct Conv::State {};
Conv::Conv(bool, ClipRange, Layout) {}
Conv::Conv(Conv&&) noexcept = default;
Conv::~Conv() = default;
bool Conv::serves(const ConvShape&) { return false; }
bool Conv::has_weight() const { return false; }
void Conv::run(const ConvShape&, const Inputs&, float*) { QTOOL_ASSERT(is_there()); }

struct MatMul::State {};
MatMul::MatMul(bool) {}
MatMul::MatMul(MatMul&&) noexcept = default;
MatMul::~MatMul() = default;
bool MatMul::has_b() const { return false; }
bool MatMul::serves(const MatMulShape&) { return false; }
void MatMul::run(const MatMulShape&, const Epilogue&, const float*, const float*, const float*,
                 float*) {
  QTOOL_ASSERT(is_there());
}

struct IntegerConv::State {};
bool IntegerConv::is_exact(const ConvShape&, const int32_t*) { return false; }
IntegerConv::IntegerConv(const ConvShape&, const int32_t*, Layout) {}
IntegerConv::IntegerConv(IntegerConv&&) noexcept = default;
IntegerConv::~IntegerConv() = default;
std::size_t IntegerConv::scratch_bytes(const ConvShape&) const { return 0; }
template <class T>
void IntegerConv::run(const ConvShape&, const ByteInput&, const int32_t*, const Requantize<T>&,
                      std::byte*, T*) {
  QTOOL_ASSERT(is_there());
}

#define QTOOL_INSTANTIATE(T)                                                         \
  template void IntegerConv::run(const ConvShape&, const ByteInput&, const int32_t*, \
                                 const Requantize<T>&, std::byte*, T*);
QTOOL_INSTANTIATE(uint8_t)
QTOOL_INSTANTIATE(int8_t)
QTOOL_INSTANTIATE(int32_t)
QTOOL_INSTANTIATE(float)
#undef QTOOL_INSTANTIATE

}  // namespace qtool::onednn
