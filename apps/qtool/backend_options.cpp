#include "backend_options.h"

#include "measure/backend.h"

namespace qtool {

void add_backend_options(CLI::App& command, std::vector<std::string>& backends,
                         std::string& ort_library) {
  command
      .add_option("--backend", backends,
                  "What runs the models: builtin (default), onnxruntime, or both: "
                  "builtin,onnxruntime")
      ->check(CLI::IsMember(backend_names()))
      ->delimiter(',');
  command.add_option("--ort-lib", ort_library,
                     "onnxruntime's library, libonnxruntime.so (default: the first of the Python "
                     "environment and the system)");
}

}  // namespace qtool
