#pragma once

#include <string>
#include <vector>

namespace qtool {

/// The elements' bytes as they lie in memory.
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
  return bytes;
}

/// A .npy file put together by hand: magic, version, length of the header, header, data.
inline std::string npy_of_header(const std::string& header, const std::string& data,
                                 int version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += {static_cast<char>(version), '\0'};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    bytes += static_cast<char>(header.size() >> (8 * i) & 255);
  return bytes + header + data;
}

inline std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                       bool fortran_order = false, int version = 1) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': ";
  header += fortran_order ? "True" : "False";
  header += ", 'shape': " + shape + ", }";
  const std::size_t start = version == 1 ? 10 : 12;
  header.append(63 - (start + header.size()) % 64, ' ');
  return npy_of_header(header + "\n", data, version);
}

/// A .npy file of float32.
inline std::string npy_floats(const std::string& shape, const std::vector<float>& values) {
  return npy("<f4", shape, bytes_of(values));
}

}  // namespace qtool
