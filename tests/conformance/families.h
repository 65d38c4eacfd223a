#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace qtool {

/// Which operators belong together, from a file of lines `family: operator operator…`.
/// "ai.onnx.ml.*" stands for a whole domain.
class Families {
 public:
  /// Throws Error as read_table.
  explicit Families(const std::filesystem::path& path);

  /// The first family that has one of the operators of the case's model; "other" if none has, and
  /// if the model cannot be read. A case that is another one with the operator replaced by its
  /// function (test_x_expanded) is of the family of that other one (test_x beside it).
  std::string of_case(const std::filesystem::path& folder) const;

 private:
  struct Family {
    std::string name;
    std::vector<std::string> operators;
  };

  std::string of_operators(const std::vector<std::string>& op_types) const;

  std::vector<Family> families_;
};

}  // namespace qtool
