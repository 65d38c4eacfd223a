#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "base/error.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace qtool {

/// A dense row-major array. Copies share the elements; `clone` makes an independent one.
/// Types below 8 bits are packed as in ONNX, the first element in the low bits of a byte.
/// Strings are held as std::string, everything else as plain bytes aligned to 64.
class Tensor {
 public:
  /// No tensor: dtype undefined.
  Tensor() = default;

  /// A tensor of its own; numbers are left uninitialised, strings are empty.
  Tensor(DType dtype, Shape shape);

  /// A tensor over elements that `owner` keeps alive, e.g. part of a mapped file.
  static Tensor view(DType dtype, Shape shape, std::shared_ptr<const void> owner, const void* data);

  /// Writes elements [first, first + count) to `out`.
  using MakeElements = std::function<void(int64_t first, int64_t count, void* out)>;
  /// A tensor whose elements are not in memory yet. They are made when they are first asked for and
  /// stay from then on; any number of threads may ask. `make` must write the same each time. Of
  /// types of whole bytes, not for strings.
  static Tensor deferred(DType dtype, Shape shape, MakeElements make);

  /// A tensor that holds a copy of `values`; their number must be that of `shape`.
  template <class T>
  static Tensor of(Shape shape, const std::vector<T>& values);
  /// A scalar of rank 0.
  template <class T>
  static Tensor scalar(T value) {
    return of<T>({}, {value});
  }

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  std::size_t rank() const { return shape_.size(); }
  int64_t dim(std::size_t axis) const { return shape_[axis]; }
  /// Number of elements.
  int64_t size() const { return size_; }
  /// Bytes of the elements as stored; 0 for strings.
  std::size_t bytes() const;
  bool defined() const { return dtype_ != DType::kUndefined; }

  /// A tensor of this type and shape whose elements are not there: raw() is null and data() throws.
  Tensor without_elements() const { return view(dtype_, shape_, nullptr, nullptr); }

  /// This tensor, or if its elements are not made yet, one with elements of its own: for who reads
  /// them once, so that a large tensor does not stay in memory.
  Tensor loaded() const;
  /// Elements [first, first + count), for the same purpose piece by piece: where they lie, or if
  /// they are not made yet in `buffer`. Throws Error as data().
  template <class T>
  const T* part(int64_t first, int64_t count, std::vector<T>& buffer) const {
    check_elements(dtype_of<T>);
    if (is_made()) return static_cast<const T*>(raw()) + first;
    if (std::ssize(buffer) < count) buffer.resize(static_cast<std::size_t>(count));
    copy_to(first, count, buffer.data());
    return buffer.data();
  }
  /// Writes elements [first, first + count) to `out`. They are not made to stay. Of types of whole
  /// bytes, not for strings.
  void copy_to(int64_t first, int64_t count, void* out) const;

  const void* raw() const { return deferred_ ? made() : data_; }
  /// Elements for writing, seen by every copy. Only for tensors over writable memory: those of the
  /// first constructor and those that a buffer pool hands out.
  void* mutable_raw() { return const_cast<void*>(raw()); }

  /// Elements as T. Throws Error if the tensor is of another type or they are not there.
  template <class T>
  const T* data() const {
    check_elements(dtype_of<T>);
    return static_cast<const T*>(raw());
  }
  template <class T>
  T* mutable_data() {
    check_elements(dtype_of<T>);
    return static_cast<T*>(mutable_raw());
  }
  /// A copy of the elements.
  template <class T>
  std::vector<T> to_vector() const {
    return {data<T>(), data<T>() + size_};
  }

  /// The same elements under another shape of as many elements.
  Tensor reshaped(Shape shape) const;
  Tensor clone() const;

 private:
  void check_elements(DType expected) const {
    if (expected != dtype_ || (data_ == nullptr && !deferred_ && size_ > 0))
      fail_elements(expected);
  }
  [[noreturn]] void fail_elements(DType expected) const;
  const void* made() const;
  bool is_made() const;

  DType dtype_ = DType::kUndefined;
  Shape shape_;
  int64_t size_ = 0;
  std::shared_ptr<const void> owner_;  // of data_, or what deferred elements come from
  const void* data_ = nullptr;
  bool deferred_ = false;
};

/// Same type, shape and bytes (NaN equals NaN of the same bits).
bool operator==(const Tensor& a, const Tensor& b);

/// The elements of an integer tensor (bool, 8 to 64 bits), as int64. Throws Error for other types.
std::vector<int64_t> to_int64s(const Tensor& tensor);

template <class T>
Tensor Tensor::of(Shape shape, const std::vector<T>& values) {
  Tensor tensor(dtype_of<T>, std::move(shape));
  QTOOL_ASSERT(tensor.size() == static_cast<int64_t>(values.size()));
  T* out = tensor.mutable_data<T>();
  for (std::size_t i = 0; i < values.size(); ++i) out[i] = values[i];
  return tensor;
}

}  // namespace qtool
