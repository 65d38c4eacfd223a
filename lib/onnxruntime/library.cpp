#include "onnxruntime/library.h"

#if __has_include(<onnxruntime/onnxruntime_c_api.h>)

#include <dlfcn.h>

#include "onnxruntime/api.h"

namespace qtool {
namespace {

// What is used of the table has been in it since then.
constexpr uint32_t kApiVersion = 11;

// The file's entry point. The library stays loaded as long as the process: its threads may.
const OrtApiBase* load(const std::filesystem::path& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) fail("{}", ::dlerror());
  using Entry = const OrtApiBase* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "OrtGetApiBase"));
  if (entry == nullptr)
    fail("{}: is not onnxruntime's library: it has no OrtGetApiBase", library.string());
  return entry();
}

std::filesystem::path find_library() {
  const std::vector<std::filesystem::path> candidates = library_candidates();
  if (candidates.empty())
    fail(
        "onnxruntime was not found in the active Python environment, on $PATH or among the "
        "system's "
        "libraries; pip install onnxruntime, or give libonnxruntime.so by --ort-lib");
  return candidates.front();
}

OrtOwned<OrtEnv> make_environment(const OnnxRuntime::Impl& runtime, int threads) {
  const OrtApi& api = *runtime.api;
  const auto pool = runtime.make(api.ReleaseThreadingOptions, [&](OrtThreadingOptions** out) {
    return api.CreateThreadingOptions(out);
  });
  runtime.check(api.SetGlobalIntraOpNumThreads(pool.get(), threads));
  runtime.check(api.SetGlobalInterOpNumThreads(pool.get(), 1));
  return runtime.make(api.ReleaseEnv, [&](OrtEnv** out) {
    return api.CreateEnvWithGlobalThreadPools(ORT_LOGGING_LEVEL_ERROR, "qtool", pool.get(), out);
  });
}

}  // namespace

OnnxRuntime::OnnxRuntime(const std::filesystem::path& library, int threads) {
  auto runtime = std::make_shared<Impl>();
  runtime->path = library.empty() ? find_library() : library;
  const OrtApiBase* base = load(runtime->path);
  runtime->version = base->GetVersionString();
  runtime->api = base->GetApi(kApiVersion);
  if (runtime->api == nullptr)
    fail("{}: onnxruntime {} is too old; 1.{} or newer is needed", runtime->path.string(),
         runtime->version, kApiVersion);
  runtime->environment = make_environment(*runtime, threads);
  impl_ = std::move(runtime);
}

std::string OnnxRuntime::version() const { return impl_->version; }

const std::filesystem::path& OnnxRuntime::path() const { return impl_->path; }

}  // namespace qtool

#endif
