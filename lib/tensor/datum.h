#pragma once

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

using Sequence = std::vector<Tensor>;

/// What a value of a graph holds during a run: a tensor, a sequence of tensors, or nothing: an
/// optional that is empty. Copies share the elements.
class Datum {
 public:
  Datum() = default;
  Datum(Tensor tensor) {
    if (tensor.defined()) content_ = std::move(tensor);
  }
  Datum(Sequence sequence) : content_(std::make_shared<const Sequence>(std::move(sequence))) {}

  bool is_tensor() const { return std::holds_alternative<Tensor>(content_); }
  bool is_sequence() const { return std::holds_alternative<SharedSequence>(content_); }
  bool is_empty() const { return std::holds_alternative<std::monostate>(content_); }

  /// The tensor. Throws Error if it is something else.
  const Tensor& tensor() const {
    if (!is_tensor()) fail("expected a tensor, got {}", kind());
    return std::get<Tensor>(content_);
  }
  Tensor& tensor() { return const_cast<Tensor&>(std::as_const(*this).tensor()); }
  /// The sequence. Throws Error if it is something else.
  const Sequence& sequence() const {
    if (!is_sequence()) fail("expected a sequence, got {}", kind());
    return *std::get<SharedSequence>(content_);
  }
  bool operator==(const Datum& other) const {
    if (is_sequence() && other.is_sequence()) return sequence() == other.sequence();
    return content_ == other.content_;
  }

 private:
  using SharedSequence = std::shared_ptr<const Sequence>;

  const char* kind() const {
    return is_tensor() ? "a tensor" : is_sequence() ? "a sequence" : "an empty optional";
  }

  std::variant<std::monostate, Tensor, SharedSequence> content_;
};

}  // namespace qtool
