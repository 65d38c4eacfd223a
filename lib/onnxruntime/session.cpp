#include "onnxruntime/session.h"

#if __has_include(<onnxruntime/onnxruntime_c_api.h>)

#include "onnxruntime/api.h"

namespace qtool {
namespace {

using Runtime = OnnxRuntime::Impl;
using Value = OrtOwned<OrtValue>;

// Names that onnxruntime hands out, freed by its allocator.
std::string take_name(const Runtime& runtime, OrtAllocator* allocator, char* name) {
  const std::string text = name;
  runtime.check(runtime.api->AllocatorFree(allocator, name));
  return text;
}

std::vector<std::string> output_names(const Runtime& runtime, const OrtSession* session) {
  const OrtApi& api = *runtime.api;
  OrtAllocator* allocator = nullptr;
  runtime.check(api.GetAllocatorWithDefaultOptions(&allocator));
  std::size_t count = 0;
  runtime.check(api.SessionGetOutputCount(session, &count));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    runtime.check(api.SessionGetOutputName(session, i, allocator, &name));
    names.push_back(take_name(runtime, allocator, name));
  }
  return names;
}

std::vector<const char*> pointers(const std::vector<std::string>& names) {
  std::vector<const char*> result;
  for (const std::string& name : names) result.push_back(name.c_str());
  return result;
}

// Element types are numbered as in ONNX by both.
void check_type(DType dtype) {
  if (dtype == DType::kUndefined || bits(dtype) < 8)
    fail("{} is not passed to onnxruntime or taken from it", name(dtype));
}

// A tensor of onnxruntime over the elements of `tensor`, which it only reads.
Value input_value(const Runtime& runtime, const OrtMemoryInfo* memory, const Tensor& tensor) {
  check_type(tensor.dtype());
  return runtime.make(runtime.api->ReleaseValue, [&](OrtValue** out) {
    return runtime.api->CreateTensorWithDataAsOrtValue(
        memory, const_cast<void*>(tensor.raw()), tensor.bytes(), tensor.shape().data(),
        tensor.rank(), static_cast<ONNXTensorElementDataType>(tensor.dtype()), out);
  });
}

// A tensor over the elements of `value`, which it keeps.
Tensor output_tensor(const Runtime& runtime, Value value) {
  const OrtApi& api = *runtime.api;
  int is_tensor = 0;
  runtime.check(api.IsTensor(value.get(), &is_tensor));
  if (is_tensor == 0) fail("is no tensor");
  const auto info = runtime.make(
      api.ReleaseTensorTypeAndShapeInfo,
      [&](OrtTensorTypeAndShapeInfo** out) { return api.GetTensorTypeAndShape(value.get(), out); });
  auto type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  runtime.check(api.GetTensorElementType(info.get(), &type));
  const auto dtype = static_cast<DType>(type);
  check_type(dtype);
  std::size_t rank = 0;
  runtime.check(api.GetDimensionsCount(info.get(), &rank));
  Shape shape(rank);
  runtime.check(api.GetDimensions(info.get(), shape.data(), rank));
  void* data = nullptr;
  runtime.check(api.GetTensorMutableData(value.get(), &data));
  return Tensor::view(dtype, std::move(shape), std::shared_ptr<OrtValue>(std::move(value)), data);
}

OrtOwned<OrtSession> load(const Runtime& runtime, const std::filesystem::path& model) {
  const OrtApi& api = *runtime.api;
  const auto options = runtime.make(api.ReleaseSessionOptions, [&](OrtSessionOptions** out) {
    return api.CreateSessionOptions(out);
  });
  runtime.check(api.DisablePerSessionThreads(options.get()));
  runtime.check(api.SetSessionGraphOptimizationLevel(options.get(), ORT_ENABLE_ALL));
  return runtime.make(api.ReleaseSession, [&](OrtSession** out) {
    return api.CreateSession(runtime.environment.get(), model.c_str(), options.get(), out);
  });
}

}  // namespace

struct OnnxRuntimeSession::Impl {
  std::shared_ptr<const Runtime> runtime;
  OrtOwned<OrtSession> session;
  OrtOwned<OrtMemoryInfo> memory;
  std::vector<std::string> outputs;
};

OnnxRuntimeSession::OnnxRuntimeSession(const OnnxRuntime& runtime,
                                       const std::filesystem::path& model) {
  const Runtime& api = *runtime.impl();
  OrtOwned<OrtSession> session = load(api, model);
  std::vector<std::string> outputs = output_names(api, session.get());
  OrtOwned<OrtMemoryInfo> memory = api.make(api.api->ReleaseMemoryInfo, [&](OrtMemoryInfo** out) {
    return api.api->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, out);
  });
  impl_ = std::make_shared<Impl>(
      Impl{runtime.impl(), std::move(session), std::move(memory), std::move(outputs)});
}

std::map<std::string, Tensor> OnnxRuntimeSession::run(
    const std::map<std::string, Tensor>& feed) const {
  const Runtime& runtime = *impl_->runtime;
  std::vector<const char*> input_names;
  std::vector<Value> inputs;
  std::vector<const OrtValue*> input_pointers;
  for (const auto& [input, tensor] : feed) {
    input_names.push_back(input.c_str());
    inputs.push_back(with_context(
        [&, name = input] { return "input '" + name + "'"; },
        [&, &value = tensor] { return input_value(runtime, impl_->memory.get(), value); }));
    input_pointers.push_back(inputs.back().get());
  }
  std::vector<OrtValue*> values(impl_->outputs.size(), nullptr);
  runtime.check(runtime.api->Run(impl_->session.get(), nullptr, input_names.data(),
                                 input_pointers.data(), inputs.size(),
                                 pointers(impl_->outputs).data(), values.size(), values.data()));
  std::vector<Value> owned;
  for (OrtValue* value : values) owned.emplace_back(value, runtime.api->ReleaseValue);
  std::map<std::string, Tensor> outputs;
  for (std::size_t i = 0; i < owned.size(); ++i)
    outputs[impl_->outputs[i]] =
        with_context([&] { return "output '" + impl_->outputs[i] + "'"; },
                     [&] { return output_tensor(runtime, std::move(owned[i])); });
  return outputs;
}

}  // namespace qtool

#endif
