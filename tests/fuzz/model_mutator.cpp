// How libFuzzer changes the inputs of targets that read models: as messages, as models, seldom as bytes.
#include <cstring>

#include "fuzz/model_input.h"
#include "fuzz/proto_mutator.h"
#include "mutation/mutate.h"
#include "onnx_io/onnx_io.h"

namespace {

using namespace qtool;

bool parse(onnx::ModelProto& proto, const uint8_t* data, size_t size) {
  return proto.ParseFromArray(data, static_cast<int>(size));
}

// The message's bytes at `out`; 0 if they do not fit or are none.
size_t write(const onnx::ModelProto& proto, uint8_t* out, size_t max_size) {
  const std::string bytes = proto.SerializeAsString();
  if (bytes.size() > max_size) return 0;
  std::memcpy(out, bytes.data(), bytes.size());
  return bytes.size();
}

// Changes what the message means to qtool; nothing if that is no model.
void mutate_meaning(onnx::ModelProto& proto, Random& random) {
  try {
    ModelInput input = read_model_input(proto.SerializeAsString());
    mutate(input.model, input.feed, random);
    proto.ParseFromString(serialize_model(input.model));
    write_feed(input.feed, proto);
  } catch (const Error&) {
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  Random random(seed);
  onnx::ModelProto proto;
  if (random() % 32 == 0 || !parse(proto, data, size))
    return LLVMFuzzerMutate(data, size, max_size);
  const onnx::ModelProto before = proto;
  for (uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
    if (random() % 3 == 0)
      mutate_meaning(proto, random);
    else
      mutate_message(proto, before, random);
  }
  const size_t written = write(proto, data, max_size);
  return written > 0 ? written : LLVMFuzzerMutate(data, size, max_size);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size,
                                            const uint8_t* second, size_t second_size, uint8_t* out,
                                            size_t max_size, unsigned seed) {
  Random random(seed);
  onnx::ModelProto proto, donor;
  if (!parse(proto, first, first_size) || !parse(donor, second, second_size)) return 0;
  cross_over(proto, donor, random);
  return write(proto, out, max_size);
}
