// What stands in for onnxruntime where its header was not found when qtool was built.
#if !__has_include(<onnxruntime/onnxruntime_c_api.h>)

#include "base/error.h"
#include "onnxruntime/session.h"

namespace qtool {

struct OnnxRuntime::Impl {
  std::filesystem::path path;
};
struct OnnxRuntimeSession::Impl {};

OnnxRuntime::OnnxRuntime(const std::filesystem::path&, int) {
  fail(
      "this qtool was built without onnxruntime's header and cannot use it; "
      "third_party/bootstrap.sh "
      "fetches the header, or Debian's libonnxruntime-dev has it");
}

std::string OnnxRuntime::version() const { return ""; }

const std::filesystem::path& OnnxRuntime::path() const { return impl_->path; }

OnnxRuntimeSession::OnnxRuntimeSession(const OnnxRuntime&, const std::filesystem::path&) {}

std::map<std::string, Tensor> OnnxRuntimeSession::run(const std::map<std::string, Tensor>&) const {
  return {};
}

}  // namespace qtool

#endif
