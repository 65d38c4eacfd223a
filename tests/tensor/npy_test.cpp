#include "tensor/npy.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "error_of.h"
#include "npy_bytes.h"
#include "temp_folder.h"

using namespace qtool;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

Tensor read_bytes(const std::string& bytes) {
  const TempFolder folder;
  return read_npy(folder.write("a.npy", bytes));
}

std::string error_of_bytes(const std::string& bytes) {
  return error_of([&] { read_bytes(bytes); });
}

template <class T>
void check_type(const std::string& code, const std::vector<T>& values) {
  CAPTURE(code);
  const std::string shape = fmt::format("({},)", values.size());
  const auto expected = Tensor::of<T>({static_cast<int64_t>(values.size())}, values);
  CHECK(read_bytes(npy(fmt::format("<{}", code), shape, bytes_of(values))) == expected);

  std::string swapped = bytes_of(values);
  for (std::size_t i = 0; i < swapped.size(); i += sizeof(T))
    std::reverse(swapped.begin() + long(i), swapped.begin() + long(i + sizeof(T)));
  CHECK(read_bytes(npy(fmt::format(">{}", code), shape, swapped)) == expected);
}

}  // namespace

TEST_CASE("every numeric type is read in both byte orders") {
  check_type<bool>("b1", {true, false, true});
  check_type<int8_t>("i1", {-128, 0, 127});
  check_type<uint8_t>("u1", {0, 255});
  check_type<int16_t>("i2", {-32768, 258, 32767});
  check_type<uint16_t>("u2", {1, 65535});
  check_type<int32_t>("i4", {-5, 0x01020304});
  check_type<uint32_t>("u4", {1, 0xfffffffe});
  check_type<int64_t>("i8", {-5, 0x0102030405060708});
  check_type<uint64_t>("u8", {1, ~uint64_t{1}});
  check_type<float>("f4", {1.5f, -0.0f, 3e38f});
  check_type<double>("f8", {1.5, -1e300});
}

TEST_CASE("float16 keeps its bits") {
  const Tensor tensor = read_bytes(npy("<f2", "(2,)", bytes_of<uint16_t>({0x3c00, 0xc000})));
  CHECK(tensor.dtype() == DType::kFloat16);
  CHECK(static_cast<const uint16_t*>(tensor.raw())[1] == 0xc000);
}

TEST_CASE("shapes of any rank are read") {
  CHECK(read_bytes(npy_floats("()", {7})) == Tensor::scalar<float>(7));
  CHECK(read_bytes(npy_floats("(2, 1, 2)", {1, 2, 3, 4})) ==
        Tensor::of<float>({2, 1, 2}, {1, 2, 3, 4}));
  CHECK(read_bytes(npy_floats("(0, 3)", {})).shape() == Shape{0, 3});
  CHECK(read_bytes(npy("<f4", "(1099511627776, 0)", "", true)).shape() == Shape{1ll << 40, 0});
}

TEST_CASE("all three format versions are read") {
  for (const int version : {1, 2, 3})
    CHECK(read_bytes(npy("<i4", "(2,)", bytes_of<int32_t>({3, -4}), false, version)) ==
          Tensor::of<int32_t>({2}, {3, -4}));
}

TEST_CASE("Fortran order becomes row-major") {
  // Element [i][j][k] is 100i + 10j + k; the file has the first axis fastest.
  std::vector<int16_t> rows, columns;
  for (int16_t i = 0; i < 2; ++i)
    for (int16_t j = 0; j < 3; ++j)
      for (int16_t k = 0; k < 4; ++k) rows.push_back(int16_t(100 * i + 10 * j + k));
  for (int16_t k = 0; k < 4; ++k)
    for (int16_t j = 0; j < 3; ++j)
      for (int16_t i = 0; i < 2; ++i) columns.push_back(int16_t(100 * i + 10 * j + k));
  CHECK(read_bytes(npy("<i2", "(2, 3, 4)", bytes_of(columns), true)) ==
        Tensor::of<int16_t>({2, 3, 4}, rows));
}

TEST_CASE("data that lies misaligned in the file is read") {
  // A header of 58 bytes with no padding: the data starts at 68, no multiple of 8.
  const std::string header = "{'descr':'<f8','fortran_order':False,'shape':(2,),}      \n";
  REQUIRE((10 + header.size()) % 8 != 0);
  const Tensor tensor = read_bytes(npy_of_header(header, bytes_of<double>({1.25, -2})));
  CHECK(tensor == Tensor::of<double>({2}, {1.25, -2}));
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 8 == 0);
}

TEST_CASE("an array of the machine's own layout is mapped and outlives its file") {
  const TempFolder folder;
  const auto path = folder.write("a.npy", npy_floats("(2,)", {1, 2}));
  const Tensor tensor = read_npy(path);
  std::filesystem::remove(path);
  CHECK(tensor == Tensor::of<float>({2}, {1, 2}));
  // Elements start at a multiple of 64 in the file, so a view has the offset 128 in its page.
  CHECK(reinterpret_cast<std::uintptr_t>(tensor.raw()) % 4096 == 128);
}

TEST_CASE("a header may have its keys in any order and other spaces and quotes") {
  const std::string header = "{ \"shape\" :(2,), 'fortran_order':False , 'descr': \"<f4\"}\n";
  CHECK(read_bytes(npy_of_header(header, bytes_of<float>({1, 2}))).shape() == Shape{2});
}

TEST_CASE("types that are no numbers are refused with the way out") {
  CHECK_THAT(error_of_bytes(npy("|O", "(1,)", "pickle")),
             ContainsSubstring("a.npy: holds Python objects; save numbers instead") &&
                 ContainsSubstring("astype(np.float32)"));
  for (const char* descr : {"<U", "|S-3", "<U4294967296", "<c8", "|V2", "<M8[ns]", "<f16"})
    CHECK_THAT(error_of_bytes(npy(descr, "(1,)", std::string(64, '\0'))),
               ContainsSubstring(std::string("of type '") + descr + "', which qtool does not"));
  const std::string fields =
      "{'descr': [('x', '<f4'), ('y', '<i4')], 'fortran_order': False, 'shape': (1,), }\n";
  CHECK_THAT(error_of_bytes(npy_of_header(fields, std::string(8, '\0'))),
             ContainsSubstring("holds records of several fields"));
}

TEST_CASE("strings are read, wide ones as UTF-8") {
  // U+E9, U+20AC and U+1F600 take 2, 3 and 4 bytes.
  const std::vector<uint32_t> wide = {'a', 'b', 0, 0xE9, 0x20AC, 0x1F600, 0, 0, 0, 'c', 0, 'd'};
  const auto expected = Tensor::of<std::string>(
      {2, 2}, {"ab", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "", std::string("c\0d", 3)});
  CHECK(read_bytes(npy("<U3", "(2, 2)", bytes_of(wide))) == expected);
  std::vector<uint32_t> swapped;
  for (const uint32_t c : wide) swapped.push_back(__builtin_bswap32(c));
  CHECK(read_bytes(npy(">U3", "(2, 2)", bytes_of(swapped))) == expected);
  CHECK(read_bytes(npy("|S2", "(2, 2)", std::string("ab\0\0c\0\xFF\0", 8), true)) ==
        Tensor::of<std::string>({2, 2}, {"ab", "c", "", "\xFF"}));
  CHECK(read_bytes(npy("<U0", "(0, 2)", "")).shape() == Shape{0, 2});
}

TEST_CASE("malformed strings are refused") {
  CHECK_THAT(error_of_bytes(npy("<U1", "(2,)", bytes_of<uint32_t>({'a', 0xD800}))),
             ContainsSubstring("a.npy: 0xd800 is no character of Unicode"));
  CHECK_THAT(error_of_bytes(npy("<U2", "(2,)", std::string(15, 'a'))),
             ContainsSubstring("a.npy: is truncated"));
  CHECK_THAT(error_of_bytes(npy("|S4294967295", "(4294967295,)", "a")),
             ContainsSubstring("a.npy: is truncated"));
  CHECK_THAT(error_of_bytes(npy("<U0", "(1000000000000,)", "")),
             ContainsSubstring("strings without room for a character"));
  const TempFolder folder;
  CHECK_THAT(error_of([&] { write_npy(folder / "a.npy", Tensor::scalar<std::string>("\xFF")); }),
             ContainsSubstring("a.npy: text is not UTF-8 at byte 0"));
}

TEST_CASE("a file with too little or too much data is refused") {
  CHECK_THAT(error_of_bytes(npy("<f4", "(2, 2)", std::string(15, '\0'))),
             ContainsSubstring("a.npy: is truncated: [2, 2] elements of float32"));
  CHECK_THAT(error_of_bytes(npy("<f4", "(2, 2)", std::string(17, '\0'))),
             ContainsSubstring("a.npy: has 1 bytes more than its shape [2, 2] says"));
  CHECK_THAT(error_of_bytes(npy("<f8", "(72057594037927936,)", "")),
             ContainsSubstring("is truncated"));
  CHECK_THAT(error_of_bytes(npy("<f4", "(4294967296, 4294967296)", "")),
             ContainsSubstring("too many elements"));
}

TEST_CASE("every cut of a file is refused") {
  const std::string whole = npy_floats("(3,)", {1, 2, 3});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_THAT(error_of_bytes(whole.substr(0, size)), ContainsSubstring("a.npy: is "));
  }
}

TEST_CASE("malformed headers are refused") {
  const std::string header =
      GENERATE(as<std::string>(), "", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr' '<f4'}",
               "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': [1]}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
               "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} more",
               "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
               "{'descr: <f4, 'fortran_order': False, 'shape': (1,)}",
               "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}");
  CHECK_THAT(error_of_bytes(npy_of_header(header, bytes_of<float>({1}))),
             ContainsSubstring("a.npy: malformed .npy header"));
}

TEST_CASE("what is no .npy file or of an unknown version is refused") {
  CHECK_THAT(error_of_bytes("PK\x03\x04 and so on"), ContainsSubstring("is not a .npy file"));
  CHECK_THAT(error_of_bytes(npy("<f4", "(0,)", "", false, 4)),
             ContainsSubstring("unknown .npy format 4.0"));
  CHECK_THAT(error_of_bytes(npy("|b1", "(1,)", "\x02")), ContainsSubstring("other than 0 and 1"));
}

TEST_CASE("a written file has exactly the bytes NumPy writes") {
  const TempFolder folder;
  write_npy(folder / "a.npy", Tensor::of<float>({2, 1}, {1, -2}));
  // The header in numpy.save's words; 118 = 0x76 bytes of it follow the length.
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }";
  header.append(117 - header.size(), ' ');
  CHECK(folder.read("a.npy") ==
        std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + "\n" + bytes_of<float>({1, -2}));
}

TEST_CASE("what is written is read back") {
  const TempFolder folder;
  const Tensor tensor =
      GENERATE(Tensor::scalar<double>(2.5), Tensor::of<uint8_t>({3}, {1, 2, 255}),
               Tensor::of<bool>({1, 2}, {true, false}), Tensor(DType::kInt64, {0, 4}),
               Tensor::of<std::string>({2, 1}, {"", "\xE2\x82\xAC 5"}),
               Tensor(DType::kString, {0, 4}), Tensor::scalar<std::string>(""));
  write_npy(folder / "a.npy", tensor);
  CHECK(read_npy(folder / "a.npy") == tensor);
}

TEST_CASE("types NumPy does not have are not written") {
  const TempFolder folder;
  CHECK_THAT(error_of([&] { write_npy(folder / "a.npy", Tensor(DType::kInt4, {2})); }),
             StartsWith((folder / "a.npy").string() + ": NumPy has no type int4"));
  CHECK(folder.list().empty());
}
