#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace qtool {

/// A message in parts, one after the other.
using Parts = std::vector<std::string_view>;

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
  /// where it is empty they stay as they are. What it views must outlive this.
  WithRawData(std::string message, const std::vector<std::string_view>& raw_data);
  WithRawData(const WithRawData&) = delete;
  WithRawData& operator=(const WithRawData&) = delete;
  const Parts& parts() const { return parts_; }
  /// Bytes of the whole message.
  std::size_t size() const;

 private:
  std::string message_;
  std::deque<std::string> made_;
  Parts parts_;
};

}  // namespace qtool
