#include <zip.h>

#include "tensor/npy.h"
#include "tensor/npy_format.h"

namespace qtool {
namespace {

constexpr zip_uint64_t kMaxMember = zip_uint64_t{4} << 30;
// What deflate makes of a byte at most: 258 bytes for every two bits, a length and a distance
// (RFC 1951, 3.2.5).
constexpr zip_uint64_t kMaxRatio = 1032;
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

// `left`: bytes of the archive that no member before takes up.
void check_member(const zip_stat_t& info, zip_uint64_t& left) {
  if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE)
    fail("is compressed in a way qtool does not read; write it with np.savez_compressed");
  if (info.size > kMaxMember)
    fail("says it holds {} bytes, more than the {} qtool reads at once; save it as .npy", info.size,
         kMaxMember);
  if (info.comp_size > left) fail("overlaps others in the archive, or its end");
  left -= info.comp_size;
  const zip_uint64_t ratio = info.comp_method == ZIP_CM_STORE ? 1 : kMaxRatio;
  if (info.size > ratio * info.comp_size)
    fail("says it holds {} bytes, more than its {} in the archive can stand for", info.size,
         info.comp_size);
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
        zip_uint64_t left = std::filesystem::file_size(path);
        const zip_int64_t count = zip_get_num_entries(archive.get(), 0);
        for (zip_int64_t i = 0; i < count; ++i) {
          const zip_stat_t info = describe_member(archive.get(), static_cast<zip_uint64_t>(i));
          std::string name = info.name;
          if (!name.ends_with(kSuffix)) continue;
          name.resize(name.size() - kSuffix.size());
          if (arrays.count(name) > 0) fail("holds the array '{}' twice", name);
          arrays[name] = with_context([&] { return fmt::format("array '{}'", name); },
                                      [&] {
                                        check_member(info, left);
                                        return read_member(archive.get(), info);
                                      });
        }
        if (arrays.empty()) fail("holds no arrays; write it with np.savez");
        return arrays;
      });
}

}  // namespace qtool
