#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace qtool {

/// A piece of a message: bytes, or the elements of a tensor as they lie in memory.
struct Part {
  std::string_view bytes = {};
  const Tensor* tensor = nullptr;
  std::size_t size() const { return tensor == nullptr ? bytes.size() : tensor->bytes(); }
};
/// A message in parts, one after the other.
using Parts = std::vector<Part>;

/// Location, as of external data, of what lies in the model's own file. No file has this name.
inline constexpr std::string_view kOwnFile{"\0", 1};

/// A serialized ModelProto without the raw data of its large initializers: instead they say, as if it
/// was external data, where in the file it lies. All else stays as it is, also what is malformed.
class WithoutRawData {
 public:
  /// `file` has the whole message, and must outlive this.
  explicit WithoutRawData(std::string_view file);
  /// Parts of the file and, between them, what is new.
  const Parts& parts() const { return parts_; }

 private:
  Parts shorten_graph(std::string_view graph);
  Parts shorten_tensor(std::string_view tensor);

  std::string_view file_;
  std::deque<std::string> made_;
  Parts parts_;
};

/// The inverse for writing: a serialized ModelProto whose initializers get their raw data, which no
/// message needs to hold.
class WithRawData {
 public:
  /// `raw_data`, in the order of the initializers, takes the place of what they have in `message`;
  /// where it is null they stay as they are. The tensors must outlive this.
  WithRawData(std::string message, const std::vector<const Tensor*>& raw_data);
  WithRawData(const WithRawData&) = delete;
  WithRawData& operator=(const WithRawData&) = delete;
  /// Calls visit(bytes) for the whole message, piece by piece; tensors that are not made yet are made
  /// one at a time and do not stay.
  void for_each(const std::function<void(std::string_view)>& visit) const;
  /// Bytes of the whole message.
  std::size_t size() const;

 private:
  std::string message_;
  std::deque<std::string> made_;
  Parts parts_;
};

/// Calls visit(bytes) once, with the elements of a tensor, which is then as it was.
void visit_elements(const Tensor& tensor, const std::function<void(std::string_view)>& visit);

}  // namespace qtool
