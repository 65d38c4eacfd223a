#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "npy_bytes.h"
#include "temp_folder.h"
#include "tensor/npy.h"
#include "zip_bytes.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;

namespace {

using Arrays = std::map<std::string, Tensor>;

Arrays read_members(const std::vector<ZipMember>& members) {
  const TempFolder folder;
  return read_npz(folder.write("a.npz", zip_bytes(members)));
}

std::string error_of_members(const std::vector<ZipMember>& members) {
  return error_of([&] { read_members(members); });
}

const std::string kFloats = npy_floats("(2,)", {1, 2});

}  // namespace

TEST_CASE("stored and deflated arrays are read by name") {
  const Arrays arrays = read_members({{"x.npy", kFloats},
                                      {"scope/y.npy", npy("|u1", "(3,)", "abc"), 8},
                                      {"notes.txt", "no array"}});
  CHECK(arrays == Arrays{{"x", Tensor::of<float>({2}, {1, 2})},
                         {"scope/y", Tensor::of<uint8_t>({3}, {'a', 'b', 'c'})}});
}

TEST_CASE("an archive that np.savez_compressed wrote is read") {
  const Arrays arrays = read_npz(QTOOL_DATA_DIR "/eval/fashion/images.npz");
  REQUIRE(arrays.size() == 1);
  CHECK(arrays.at("images_u8").shape() == Shape{5000, 1, 28, 28});
  CHECK(arrays.at("images_u8").dtype() == DType::kUInt8);
}

TEST_CASE("a member whose content has another size than it declares is refused") {
  const int method = GENERATE(0, 8);
  const uint64_t size = kFloats.size();
  for (const uint64_t declared : {size - 1, size + 1, uint64_t{10}, uint64_t{1} << 32}) {
    CAPTURE(method, declared);
    CHECK_THAT(error_of_members({{"x.npy", kFloats, method, declared}}),
               ContainsSubstring("a.npz: array 'x': "));
  }
}

TEST_CASE("a member that declares more than 4 GiB is refused before it is read") {
  constexpr uint64_t kLimit = uint64_t{4} << 30;
  for (const int method : {0, 8})
    CHECK_THAT(error_of_members({{"x.npy", kFloats, method, kLimit + 1}}),
               ContainsSubstring("a.npz: array 'x': says it holds 4294967297 bytes"));
}

TEST_CASE("a member that declares more than its bytes can stand for is refused before it is read") {
  // Deflate: 258 bytes for two bits at most.
  const std::string content = "x";
  const uint64_t deflated = deflate_stored(content).size();
  for (const auto& [method, size] : {std::pair{0, uint64_t{2}}, {8, 1032 * deflated + 1}})
    CHECK_THAT(error_of_members({{"x.npy", content, method, size}}),
               ContainsSubstring("a.npz: array 'x': says it holds " + std::to_string(size)));
}

TEST_CASE("members that share the archive's bytes are refused") {
  const std::string content = npy("|u1", "(1000,)", std::string(1000, 'a'));
  std::string bytes = zip_bytes({{"a.npy", content}, {"b.npy", content}});
  // Without the second file; its entry of the directory names the place of the first (4.3.12).
  const std::size_t second = bytes.find("PK\x03\x04", 4);
  bytes.erase(second, bytes.find("PK\x01\x02") - second);
  bytes.replace(bytes.rfind("PK\x01\x02") + 42, 4, little_endian(0, 4));
  bytes.replace(bytes.find("PK\x05\x06") + 16, 4, little_endian(second, 4));
  const TempFolder folder;
  CHECK_THAT(error_of([&] { read_npz(folder.write("a.npz", bytes)); }),
             ContainsSubstring("a.npz: array 'b': overlaps others in the archive"));
}

TEST_CASE("damaged content is refused") {
  std::string bytes = zip_bytes({{"x.npy", kFloats, 8}});
  bytes[bytes.find("NUMPY") + 130] ^= 1;  // in the elements: only the checksum tells
  const TempFolder folder;
  CHECK_THAT(error_of([&] { read_npz(folder.write("a.npz", bytes)); }),
             ContainsSubstring("a.npz: array 'x': is damaged"));
}

TEST_CASE("archives without arrays or with a name twice are refused") {
  CHECK_THAT(error_of_members({{"notes.txt", "no array"}}),
             ContainsSubstring("a.npz: holds no arrays"));
  CHECK_THAT(error_of_members({{"x.npy", kFloats}, {"x.npy", kFloats}}),
             ContainsSubstring("a.npz: "));
}

TEST_CASE("an unknown compression is refused") {
  CHECK_THAT(error_of_members({{"x.npy", kFloats, 12}}),
             ContainsSubstring("a.npz: array 'x': is compressed in a way"));
}

TEST_CASE("what is no archive, or not there, is refused") {
  const TempFolder folder;
  CHECK_THAT(error_of([&] { read_npz(folder.write("a.npz", "text, not a zip file")); }),
             ContainsSubstring("a.npz: cannot be read as .npz: "));
  CHECK_THAT(error_of([&] { read_npz(folder / "b.npz"); }),
             ContainsSubstring("b.npz: cannot be read as .npz: No such file"));
}

TEST_CASE("an array that .npy would refuse is refused in an archive") {
  CHECK_THAT(error_of_members({{"x.npy", npy("|O", "(1,)", "pickle")}}),
             ContainsSubstring("a.npz: array 'x': holds Python objects"));
}
