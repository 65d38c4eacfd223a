#include "measure/backend.h"

#include <fmt/format.h>

#include <array>

#include "base/named.h"
#include "onnx_io/onnx_io.h"
#include "onnxruntime/session.h"

namespace qtool {
namespace {

Backend open_builtin(const BackendOptions&) {
  return {"builtin", "qtool's own executor", [](const std::string& path) -> RunModel {
            Model model = import_model(path);
            return with_context(
                [&] { return path; },
                [&] {
                  infer_types(model);
                  const auto executor = std::make_shared<const Executor>(std::move(model));
                  return [executor](const TensorMap& feed) { return executor->run(feed); };
                });
          }};
}

Backend open_onnxruntime(const BackendOptions& options) {
  const OnnxRuntime runtime(options.ort_library, options.threads);
  const std::string about =
      fmt::format("onnxruntime {} ({})", runtime.version(), runtime.path().string());
  return {"onnxruntime", about, [runtime](const std::string& path) -> RunModel {
            return with_context([&] { return path; },
                                [&] {
                                  const OnnxRuntimeSession session(runtime, path);
                                  return [session](const TensorMap& feed) {
                                    return session.run(feed);
                                  };
                                });
          }};
}

using Open = Backend (*)(const BackendOptions&);
constexpr std::array kBackends = {
    Named<Open>{"builtin", open_builtin},
    Named<Open>{"onnxruntime", open_onnxruntime},
};

}  // namespace

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const auto& backend : kBackends) names.emplace_back(backend.name);
  return names;
}

Backend open_backend(std::string_view name, const BackendOptions& options) {
  return find(kBackends, name, "backend")(options);
}

}  // namespace qtool
