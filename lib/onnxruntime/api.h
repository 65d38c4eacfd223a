#pragma once

#include <onnxruntime/onnxruntime_c_api.h>

#include <memory>
#include <string>

#include "base/error.h"
#include "onnxruntime/library.h"

namespace qtool {

/// An object of onnxruntime, with the function of its table that gives it back.
template <class T>
using OrtOwned = std::unique_ptr<T, void (*)(T*)>;

/// The library's table of functions, and the state that its sessions share.
struct OnnxRuntime::Impl {
  std::filesystem::path path;
  std::string version;
  const OrtApi* api = nullptr;
  OrtOwned<OrtEnv> environment{nullptr, nullptr};

  /// Throws Error with onnxruntime's words if a call failed.
  void check(OrtStatus* status) const {
    if (status == nullptr) return;
    const std::string message = api->GetErrorMessage(status);
    api->ReleaseStatus(status);
    fail("onnxruntime {}: {}", version, message);
  }

  /// The object that `create(T**)` makes.
  template <class T, class Create>
  OrtOwned<T> make(void (*release)(T*), const Create& create) const {
    T* object = nullptr;
    check(create(&object));
    return {object, release};
  }
};

}  // namespace qtool
