#include "tensor/tensor.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <new>

#include "base/memory.h"
#include "base/parallel.h"

namespace qtool {
namespace {

std::size_t byte_count(DType dtype, int64_t size) {
  return (static_cast<std::size_t>(size) * static_cast<std::size_t>(bits(dtype)) + 7) / 8;
}

std::shared_ptr<const void> allocate(DType dtype, int64_t size) {
  if (dtype != DType::kString) return allocate_aligned(byte_count(dtype, size));
  try {
    auto strings = std::make_shared<std::vector<std::string>>(static_cast<std::size_t>(size));
    return {strings, strings->data()};
  } catch (const std::exception&) {  // bad_alloc, or length_error
    fail("{} strings are more than is left of --max-memory", size);
  }
}

// Elements that are made once.
class Deferred {
 public:
  using Make = Tensor::MakeElements;

  Deferred(DType dtype, int64_t size, Make make)
      : dtype_(dtype), size_(size), make_(std::make_shared<const Make>(std::move(make))) {}

  const void* elements() {
    if (const void* made = made_) return made;
    const std::scoped_lock lock(mutex_);
    if (made_ == nullptr) make_all();
    return made_;
  }

  bool is_made() const { return made_ != nullptr; }

  void copy_to(int64_t first, int64_t count, void* out) {
    if (const auto make = this->make())
      (*make)(first, count, out);
    else
      std::memcpy(out, static_cast<const std::byte*>(elements()) + byte_count(dtype_, first),
                  byte_count(dtype_, count));
  }

 private:
  std::shared_ptr<const Make> make() {
    const std::scoped_lock lock(mutex_);
    return make_;
  }

  void make_all() {
    constexpr int64_t kElementsAtOnce = 1 << 16;  // of a thread, at least
    Tensor elements(dtype_, {size_});
    auto* out = static_cast<std::byte*>(elements.mutable_raw());
    parallel_ranges(size_, kElementsAtOnce, [&](int64_t first, int64_t end) {
      (*make_)(first, end - first, out + byte_count(dtype_, first));
    });
    elements_ = elements;
    make_ = nullptr;
    made_ = elements_.raw();
  }

  DType dtype_;
  int64_t size_;
  std::mutex mutex_;
  std::shared_ptr<const Make> make_;  // null once they are made
  Tensor elements_;
  std::atomic<const void*> made_ = nullptr;
};

Deferred& deferred_of(const std::shared_ptr<const void>& owner) {
  return *static_cast<Deferred*>(const_cast<void*>(owner.get()));
}

}  // namespace

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), size_(element_count(shape_)) {
  owner_ = with_context([&] { return fmt::format("{} {}", name(dtype_), to_string(shape_)); },
                        [&] { return allocate(dtype_, size_); });
  data_ = owner_.get();
}

Tensor Tensor::view(DType dtype, Shape shape, std::shared_ptr<const void> owner, const void* data) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = std::move(shape);
  tensor.size_ = element_count(tensor.shape_);
  tensor.owner_ = std::move(owner);
  tensor.data_ = data;
  return tensor;
}

Tensor Tensor::deferred(DType dtype, Shape shape, MakeElements make) {
  QTOOL_ASSERT(dtype != DType::kString && bits(dtype) >= 8);
  Tensor tensor = view(dtype, std::move(shape), nullptr, nullptr);
  tensor.owner_ = std::make_shared<Deferred>(dtype, tensor.size_, std::move(make));
  tensor.deferred_ = true;
  return tensor;
}

const void* Tensor::made() const { return deferred_of(owner_).elements(); }
bool Tensor::is_made() const { return !deferred_ || deferred_of(owner_).is_made(); }

Tensor Tensor::loaded() const {
  if (is_made()) return *this;
  Tensor result(dtype_, shape_);
  copy_to(0, size_, result.mutable_raw());
  return result;
}

void Tensor::copy_to(int64_t first, int64_t count, void* out) const {
  if (deferred_) return deferred_of(owner_).copy_to(first, count, out);
  if (count > 0)
    std::memcpy(out, static_cast<const std::byte*>(data_) + byte_count(dtype_, first),
                byte_count(dtype_, count));
}

void Tensor::fail_elements(DType expected) const {
  if (expected == dtype_) fail("the elements of a tensor of {} are gone", to_string(shape_));
  fail("a tensor is of type {}, expected {}", name(dtype_), name(expected));
}

std::size_t Tensor::bytes() const { return byte_count(dtype_, size_); }

Tensor Tensor::reshaped(Shape shape) const {
  if (element_count(shape) != size_)
    fail("{} elements of shape {} do not fit shape {}", size_, to_string(shape_), to_string(shape));
  Tensor copy = *this;
  copy.shape_ = std::move(shape);
  return copy;
}

Tensor Tensor::clone() const {
  if (!defined()) return {};
  Tensor copy(dtype_, shape_);
  if (dtype_ == DType::kString)
    std::copy_n(data<std::string>(), size_, copy.mutable_data<std::string>());
  else if (size_ > 0)
    std::memcpy(copy.mutable_raw(), raw(), bytes());
  return copy;
}

bool operator==(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kString)
    return std::equal(a.data<std::string>(), a.data<std::string>() + a.size(),
                      b.data<std::string>());
  return a.bytes() == 0 || std::memcmp(a.loaded().raw(), b.loaded().raw(), a.bytes()) == 0;
}

namespace {

template <class T>
std::vector<int64_t> widen(const Tensor& tensor) {
  return {tensor.data<T>(), tensor.data<T>() + tensor.size()};
}

}  // namespace

std::vector<int64_t> to_int64s(const Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kBool:
      return widen<bool>(tensor);
    case DType::kInt8:
      return widen<int8_t>(tensor);
    case DType::kUInt8:
      return widen<uint8_t>(tensor);
    case DType::kInt16:
      return widen<int16_t>(tensor);
    case DType::kUInt16:
      return widen<uint16_t>(tensor);
    case DType::kInt32:
      return widen<int32_t>(tensor);
    case DType::kUInt32:
      return widen<uint32_t>(tensor);
    case DType::kInt64:
      return widen<int64_t>(tensor);
    default:
      fail("expected an integer tensor, got {}", name(tensor.dtype()));
  }
}

}  // namespace qtool
