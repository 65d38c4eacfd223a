#include "fuzz/proto_mutator.h"

#include <memory>

namespace qtool {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Field = const FieldDescriptor*;

// The message and all inside it.
void collect(const Message& message, std::vector<const Message*>& found) {
  found.push_back(&message);
  const Reflection& r = *message.GetReflection();
  std::vector<Field> fields;
  r.ListFields(message, &fields);
  for (const Field field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) collect(r.GetMessage(message, field), found);
    for (int i = 0; field->is_repeated() && i < r.FieldSize(message, field); ++i)
      collect(r.GetRepeatedMessage(message, field, i), found);
  }
}

int32_t another_name(Field field, Random& random) {
  const auto& type = *field->enum_type();
  return type.value(below(type.value_count(), random))->number();
}

// Alters the field, or its element `i`. Messages are altered on their own.
void alter(Message& message, Field field, int i, Random& random) {
  const Reflection& r = *message.GetReflection();
  const auto integer = [&](auto old) {
    return static_cast<decltype(old)>(altered(static_cast<int64_t>(old), random));
  };
  const auto number = [&](auto old) {
    return static_cast<decltype(old)>(altered(double{old}, random));
  };
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return many ? r.SetRepeatedInt32(&message, field, i,
                                       integer(r.GetRepeatedInt32(message, field, i)))
                  : r.SetInt32(&message, field, integer(r.GetInt32(message, field)));
    case FieldDescriptor::CPPTYPE_INT64:
      return many ? r.SetRepeatedInt64(&message, field, i,
                                       integer(r.GetRepeatedInt64(message, field, i)))
                  : r.SetInt64(&message, field, integer(r.GetInt64(message, field)));
    case FieldDescriptor::CPPTYPE_UINT64:
      return many ? r.SetRepeatedUInt64(&message, field, i,
                                        integer(r.GetRepeatedUInt64(message, field, i)))
                  : r.SetUInt64(&message, field, integer(r.GetUInt64(message, field)));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return many ? r.SetRepeatedFloat(&message, field, i,
                                       number(r.GetRepeatedFloat(message, field, i)))
                  : r.SetFloat(&message, field, number(r.GetFloat(message, field)));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return many ? r.SetRepeatedDouble(&message, field, i,
                                        number(r.GetRepeatedDouble(message, field, i)))
                  : r.SetDouble(&message, field, number(r.GetDouble(message, field)));
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? r.SetRepeatedString(&message, field, i,
                                        altered(r.GetRepeatedString(message, field, i), random))
                  : r.SetString(&message, field, altered(r.GetString(message, field), random));
    case FieldDescriptor::CPPTYPE_ENUM:
      if (!many) r.SetEnumValue(&message, field, another_name(field, random));
      return;
    default:
      return;
  }
}

// The field as `source` has it goes behind what `message` has, or in its place.
void take_field(Message& message, Field field, const Message& source) {
  const std::unique_ptr<Message> only(source.New());
  only->CopyFrom(source);
  std::vector<Field> fields;
  only->GetReflection()->ListFields(*only, &fields);
  for (const Field other : fields)
    if (other != field) only->GetReflection()->ClearField(only.get(), other);
  message.MergeFrom(*only);
}

void remove_element(Message& message, Field field, int i) {
  const Reflection& r = *message.GetReflection();
  for (int next = i + 1; next < r.FieldSize(message, field); ++next)
    r.SwapElements(&message, field, next - 1, next);
  r.RemoveLast(&message, field);
}

void change_repeated(Message& message, Field field, Random& random) {
  const Reflection& r = *message.GetReflection();
  const int size = r.FieldSize(message, field);
  if (size == 0) return;
  const int i = below(size, random);
  switch (below(4, random)) {
    case 0:
      return remove_element(message, field, i);
    case 1:
      return r.SwapElements(&message, field, i, below(size, random));
    default:
      return alter(message, field, i, random);
  }
}

// Messages of the type of `message` in `all`; itself among them if it is there.
const Message& alike(const Message& message, const std::vector<const Message*>& all,
                     Random& random) {
  std::vector<const Message*> found = {&message};
  for (const Message* each : all)
    if (each->GetDescriptor() == message.GetDescriptor()) found.push_back(each);
  return *one_of(found, random);
}

// A field that is there, or now and then any.
Field choose_field(const Message& message, Random& random) {
  std::vector<Field> fields;
  message.GetReflection()->ListFields(message, &fields);
  if (!fields.empty() && random() % 8 != 0) return one_of(fields, random);
  const auto& type = *message.GetDescriptor();
  return type.field_count() == 0 ? nullptr : type.field(below(type.field_count(), random));
}

}  // namespace

void mutate_message(Message& message, const Message& donor, Random& random) {
  std::vector<const Message*> all;
  collect(message, all);
  auto& target = const_cast<Message&>(*one_of(all, random));
  collect(donor, all);
  const Field field = choose_field(target, random);
  if (field == nullptr) return;
  switch (below(6, random)) {
    case 0:
      return target.GetReflection()->ClearField(&target, field);
    case 1:
      return take_field(target, field, alike(target, all, random));
    default:
      if (field->is_repeated()) return change_repeated(target, field, random);
      return alter(target, field, 0, random);
  }
}

void cross_over(Message& message, const Message& donor, Random& random) {
  std::vector<const Message*> targets, sources;
  collect(message, targets);
  collect(donor, sources);
  auto& target = const_cast<Message&>(*one_of(targets, random));
  const Message& source = alike(target, sources, random);
  if (random() % 2 == 0) return target.CopyFrom(source);
  if (const Field field = choose_field(source, random)) take_field(target, field, source);
}

}  // namespace qtool
