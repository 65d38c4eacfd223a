#include "onnx_io/raw_data.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <onnx/onnx_pb.h>

#include <functional>
#include <limits>

namespace qtool {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kSmallBytes = 4096;

constexpr uint32_t tag_of(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

// A field of a message on the wire.
struct Field {
  uint32_t tag;
  std::string_view whole;
  std::string_view payload;  // without tag and length; of length-delimited fields
};

// Moves on behind the field and returns its payload. False if the message ends before.
bool read_field(CodedInputStream& input, std::string_view message, Field& field) {
  if (WireFormatLite::GetTagWireType(field.tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED)
    return WireFormatLite::SkipField(&input, field.tag);
  uint32_t size = 0;
  if (!input.ReadVarint32(&size)) return false;
  const auto start = static_cast<std::size_t>(input.CurrentPosition());
  if (size > message.size() - start) return false;
  field.payload = message.substr(start, size);
  return input.Skip(static_cast<int>(size));
}

// Calls `visit` for the fields in their order. Returns whether the message is well-formed so far as
// its own fields go.
bool for_each_field(std::string_view message, const std::function<void(const Field&)>& visit) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(message.data()),
                         static_cast<int>(message.size()));
  for (;;) {
    const auto start = static_cast<std::size_t>(input.CurrentPosition());
    Field field{input.ReadTag(), {}, {}};
    if (field.tag == 0) return input.ConsumedEntireMessage();
    if (!read_field(input, message, field)) return false;
    field.whole = message.substr(start, static_cast<std::size_t>(input.CurrentPosition()) - start);
    visit(field);
  }
}

std::string length_delimited(uint32_t tag, std::size_t size) {
  uint8_t bytes[10];
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(tag, bytes);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), end);
  return {bytes, end};
}

void append(Parts& parts, const Part& part) {
  const bool goes_on = !parts.empty() && parts.back().tensor == nullptr && part.tensor == nullptr &&
                       parts.back().bytes.data() + parts.back().size() == part.bytes.data();
  if (goes_on)
    parts.back().bytes = {parts.back().bytes.data(), parts.back().size() + part.size()};
  else
    parts.push_back(part);
}

std::size_t size_of(const Parts& parts) {
  std::size_t size = 0;
  for (const Part& part : parts) size += part.size();
  return size;
}

// The message with each payload of that field replaced; what is new goes to `made`.
template <class Replace>
Parts replace_payloads(std::string_view message, int field, std::deque<std::string>& made,
                       Replace replace) {
  Parts result;
  const bool well_formed = for_each_field(message, [&](const Field& each) {
    if (each.tag != tag_of(field)) return append(result, {each.whole});
    const Parts parts = replace(each.payload);
    append(result, {made.emplace_back(length_delimited(each.tag, size_of(parts)))});
    for (const Part& part : parts) append(result, part);
  });
  return well_formed ? result : Parts{{message}};
}

// What a TensorProto says of data at that place of the file.
std::string place(std::size_t offset, std::size_t length) {
  onnx::TensorProto tensor;
  const auto add = [&](const char* key, std::string value) {
    auto* entry = tensor.add_external_data();
    entry->set_key(key);
    entry->set_value(std::move(value));
  };
  add("location", std::string(kOwnFile));
  add("offset", std::to_string(offset));
  add("length", std::to_string(length));
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  return tensor.SerializeAsString();
}

}  // namespace

// Tensors that say themselves where their data lies, or have it twice, stay as they are.
Parts WithoutRawData::shorten_tensor(std::string_view tensor) {
  Parts rest;
  std::string_view raw_data;
  bool plain = true;
  const bool well_formed = for_each_field(tensor, [&](const Field& field) {
    const int number = WireFormatLite::GetTagFieldNumber(field.tag);
    plain = plain && number != onnx::TensorProto::kExternalDataFieldNumber &&
            number != onnx::TensorProto::kDataLocationFieldNumber;
    if (field.tag != tag_of(onnx::TensorProto::kRawDataFieldNumber))
      return append(rest, {field.whole});
    plain = plain && raw_data.empty();
    raw_data = field.payload;
  });
  if (!well_formed || !plain || raw_data.size() < kSmallBytes) return {{tensor}};
  const auto offset = static_cast<std::size_t>(raw_data.data() - file_.data());
  append(rest, {made_.emplace_back(place(offset, raw_data.size()))});
  return rest;
}

Parts WithoutRawData::shorten_graph(std::string_view graph) {
  return replace_payloads(graph, onnx::GraphProto::kInitializerFieldNumber, made_,
                          [&](std::string_view tensor) { return shorten_tensor(tensor); });
}

WithoutRawData::WithoutRawData(std::string_view file)
    : file_(file),
      parts_(replace_payloads(file, onnx::ModelProto::kGraphFieldNumber, made_,
                              [&](std::string_view graph) { return shorten_graph(graph); })) {}

WithRawData::WithRawData(std::string message, const std::vector<const Tensor*>& raw_data)
    : message_(std::move(message)) {
  std::size_t index = 0;
  const auto fill = [&](std::string_view tensor) {
    const Tensor* data = raw_data.at(index++);
    if (data == nullptr) return Parts{{tensor}};
    return replace_payloads(tensor, onnx::TensorProto::kRawDataFieldNumber, made_,
                            [&](std::string_view) {
                              return Parts{{{}, data}};
                            });
  };
  parts_ = replace_payloads(
      message_, onnx::ModelProto::kGraphFieldNumber, made_, [&](std::string_view graph) {
        return replace_payloads(graph, onnx::GraphProto::kInitializerFieldNumber, made_, fill);
      });
}

void WithRawData::for_each(const std::function<void(std::string_view)>& visit) const {
  for (const Part& part : parts_)
    if (part.tensor == nullptr)
      visit(part.bytes);
    else
      visit_elements(*part.tensor, visit);
}

std::size_t WithRawData::size() const { return size_of(parts_); }

void visit_elements(const Tensor& tensor, const std::function<void(std::string_view)>& visit) {
  const Tensor elements = tensor.loaded();
  visit({static_cast<const char*>(elements.raw()), elements.bytes()});
}

}  // namespace qtool
