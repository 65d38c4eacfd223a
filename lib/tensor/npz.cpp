#include <zip.h>

#include "tensor/npy.h"
#include "tensor/npy_format.h"

namespace qtool {
namespace {

constexpr zip_uint64_t kMaxMember = zip_uint64_t{4} << 30;
constexpr std::string_view kSuffix = ".npy";

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using Member = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

Archive open_archive(const std::filesystem::path& path) {
  int code = 0;
  Archive archive(zip_open(path.c_str(), ZIP_RDONLY, &code), zip_discard);
  if (archive) return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  fail("cannot be read as .npz: {}", message);
}

zip_stat_t describe_member(zip_t* archive, zip_uint64_t index) {
  zip_stat_t info;
  if (zip_stat_index(archive, index, 0, &info) != 0)
    fail("cannot be read as .npz: {}", zip_strerror(archive));
  return info;
}

void check_member(const zip_stat_t& info) {
  if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE)
    fail("is compressed in a way qtool does not read; write it with np.savez_compressed");
  if (info.size > kMaxMember)
    fail("says it holds {} bytes, more than the {} qtool reads at once; save it as .npy", info.size,
         kMaxMember);
}

// Reads up to `size` bytes; fewer only at the member's end.
zip_uint64_t read_bytes(zip_file_t* member, char* out, zip_uint64_t size) {
  zip_uint64_t done = 0;
  while (done < size) {
    const zip_int64_t count = zip_fread(member, out + done, size - done);
    if (count < 0) fail("is damaged: {}", zip_file_strerror(member));
    if (count == 0) break;
    done += static_cast<zip_uint64_t>(count);
  }
  return done;
}

Tensor read_member(zip_t* archive, const zip_stat_t& info) {
  check_member(info);
  const Member member(zip_fopen_index(archive, info.index, 0), zip_fclose);
  if (!member) fail("cannot be opened: {}", zip_strerror(archive));
  const auto bytes = std::make_shared<Tensor>(DType::kUInt8, Shape{int64_t(info.size)});
  auto* data = static_cast<char*>(bytes->mutable_raw());
  char surplus;
  if (read_bytes(member.get(), data, info.size) != info.size ||
      read_bytes(member.get(), &surplus, 1) != 0)
    fail("is damaged: its content has another size than the {} bytes it says", info.size);
  return decode_npy({data, info.size}, bytes);
}

}  // namespace

std::map<std::string, Tensor> read_npz(const std::filesystem::path& path) {
  return with_context(
      [&] { return path.string(); },
      [&] {
        const Archive archive = open_archive(path);
        std::map<std::string, Tensor> arrays;
        const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
        for (zip_int64_t i = 0; i < count; ++i) {
          const zip_stat_t info = describe_member(archive.get(), static_cast<zip_uint64_t>(i));
          std::string name = info.name;
          if (!name.ends_with(kSuffix)) continue;
          name.resize(name.size() - kSuffix.size());
          if (arrays.count(name) > 0) fail("holds the array '{}' twice", name);
          arrays[name] = with_context([&] { return fmt::format("array '{}'", name); },
                                      [&] { return read_member(archive.get(), info); });
        }
        if (arrays.empty()) fail("holds no arrays; write it with np.savez");
        return arrays;
      });
}

}  // namespace qtool
