#include <onnx/checker.h>

#include "base/file.h"
#include "onnx_io/library_call.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/proto.h"

namespace qtool {

void save_model(const Model& model, const std::filesystem::path& path) {
  const std::string bytes =
      with_context([&] { return path.string(); },
                   [&] {
                     std::string serialized = serialize_model(model);
                     library_call("ONNX's checker refuses the model", [&] {
                       onnx::checker::check_model(from_opaque<onnx::ModelProto>(serialized),
                                                  /*full_check=*/true);
                     });
                     return serialized;
                   });
  write_file(path, bytes);
}

}  // namespace qtool
