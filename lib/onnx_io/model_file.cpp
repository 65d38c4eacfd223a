#include <google/protobuf/stubs/logging.h>
#include <onnx/checker.h>

#include "base/atomic_file.h"
#include "base/file.h"
#include "ir/verify.h"
#include "onnx_io/check_functions.h"
#include "onnx_io/contrib_schemas.h"
#include "onnx_io/data_file.h"
#include "onnx_io/library_call.h"
#include "onnx_io/model_proto.h"
#include "onnx_io/onnx_io.h"
#include "onnx_io/streams.h"
#include "onnx_io/value_info.h"
#include "onnx_io/versions.h"

namespace qtool {
namespace {

// `parse` fills the message from the bytes.
template <class Parse>
onnx::ModelProto parse_proto(std::string_view bytes, const Parse& parse) {
  const google::protobuf::LogSilencer silence;
  if (bytes.empty()) fail("is empty; export or download the model again");
  if (bytes.starts_with("version https://git-lfs"))
    fail("is a Git LFS pointer and not the model itself; fetch it with 'git lfs pull'");
  if (bytes.size() > kMaxMessageBytes)
    fail("is over 2 GB, more than an ONNX file can hold; keep its weights in external data");
  onnx::ModelProto proto;
  const bool parsed = parse(proto);
  if (!parsed || !(proto.has_ir_version() || proto.has_graph()))
    fail("is not an ONNX model, or was cut short; export or download it again");
  if (!proto.has_graph()) fail("is an ONNX model without a graph; export it again");
  return proto;
}

bool is_older(const Model& model) {
  const int64_t version = opset_version(model, "");
  return version > 0 && version < kOldestOpset;
}

void check_oldest_opset(const Model& model) {
  if (is_older(model))
    fail(
        "opset {} of domain 'ai.onnx' is too old, the oldest is {}; export the model again or "
        "raise it with onnx.version_converter",
        opset_version(model, ""), kOldestOpset);
}

void raise_older_opset(Model& model) {
  if (is_older(model)) raise_opset(model, kOldestOpset);
}

Model take_model(onnx::ModelProto proto, ExternalData& external) {
  check_functions(proto);
  Model model = import_model_proto(std::move(proto), external);
  verify(model);
  check_versions(model);
  return model;
}

// The tensors whose raw data Detail::kWithoutRawData leaves out, by initializer; the others are null.
std::vector<const Tensor*> large_tensors(const Graph& graph, const onnx::GraphProto& proto) {
  std::vector<const Tensor*> result(static_cast<std::size_t>(proto.initializer_size()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const ValueId id = graph.find(proto.initializer(static_cast<int>(i)).name());
    const Constant& constant = graph.value(id).constant;
    if (has_large_raw_data(constant)) result[i] = constant.tensor.get();
  }
  return result;
}

// What is checked has inputs in place of the initializers without data.
void check(const Model& model, onnx::ModelProto proto) {
  onnx::GraphProto& graph = *proto.mutable_graph();
  google::protobuf::RepeatedPtrField<onnx::TensorProto> initializers;
  initializers.Swap(graph.mutable_initializer());
  for (onnx::TensorProto& tensor : initializers) {
    const ValueId id = model.graph.find(tensor.name());
    const Value& value = model.graph.value(id);
    if (!has_large_raw_data(value.constant))
      *graph.add_initializer() = std::move(tensor);
    else if (!model.graph.is_input(id))
      *graph.add_input() = export_value_info(value);
  }
  guard_inference(proto);
  library_call("ONNX's checker refuses the model",
               [&] { onnx::checker::check_model(proto, /*full_check=*/true); });
}

onnx::ModelProto read_proto(const MappedFile& file) {
  return parse_proto(file.text(), [&](onnx::ModelProto& proto) {
    const WithoutRawData model(file.text());
    PartsInput input(file, model.parts());
    const bool parsed = proto.ParseFromZeroCopyStream(&input);
    file.forget(0, file.bytes().size());
    return parsed;
  });
}

// Reads the model and calls then(model, external), both with the file's name in errors.
template <class Then>
Model import_then(const std::filesystem::path& path, Then then) {
  const MappedFile file(path);
  return with_context([&] { return path.string(); },
                      [&] {
                        ExternalData external(std::filesystem::absolute(path).parent_path(), file);
                        Model model = take_model(read_proto(file), external);
                        then(model, external);
                        return model;
                      });
}

}  // namespace

Model parse_model(std::string_view bytes, const std::filesystem::path& directory) {
  ExternalData external(directory);
  const auto parse = [&](onnx::ModelProto& proto) {
    return proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  };
  return take_model(parse_proto(bytes, parse), external);
}

Model import_model(const std::filesystem::path& path) {
  return import_then(path, [](Model& model, const ExternalData&) { check_oldest_opset(model); });
}

Model import_any_opset(const std::filesystem::path& path) {
  return import_then(path, [](Model& model, const ExternalData&) { raise_older_opset(model); });
}

std::uintmax_t stored_bytes(const std::filesystem::path& path) {
  std::uintmax_t bytes = MappedFile(path).bytes().size();
  import_then(path,
              [&](const Model&, const ExternalData& external) { bytes += external.total_bytes(); });
  return bytes;
}

std::string serialize_model(const Model& model) {
  const onnx::ModelProto proto = export_model_proto(model, Detail::kWithoutRawData);
  const WithRawData message(proto.SerializeAsString(), large_tensors(model.graph, proto.graph()));
  if (message.size() > kMaxMessageBytes)
    fail("the model is over 2 GB, more than an ONNX file can hold");
  std::string bytes;
  bytes.reserve(message.size());
  message.for_each([&](std::string_view part) { bytes += part; });
  return bytes;
}

void save_model(const Model& model, const std::filesystem::path& path, std::size_t max_bytes) {
  onnx::ModelProto proto;
  with_context([&] { return path.string(); },
               [&] {
                 proto = export_model_proto(model, Detail::kWithoutRawData);
                 check(model, proto);
               });
  const std::vector<const Tensor*> tensors = large_tensors(model.graph, proto.graph());
  AtomicFile file(path);
  const auto write = [&](std::string_view bytes) { file.write(bytes); };
  const WithRawData message(proto.SerializeAsString(), tensors);
  if (message.size() <= max_bytes) {
    message.for_each(write);
    file.commit();
    return remove_data_files(path, "");
  }
  DataFile data(path);
  data.write(*proto.mutable_graph(), tensors);
  write(proto.SerializeAsString());
  const std::string name = data.commit();
  file.commit();
  remove_data_files(path, name);
}

}  // namespace qtool
