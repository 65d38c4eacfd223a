#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qtool {

/// One file in an archive. Deflate (method 8) is written as stored blocks, which it allows.
struct ZipMember {
  std::string name;
  std::string content;
  int method = 0;
  std::optional<uint64_t> declared_size;  // a lie, if given
};

inline uint32_t crc32_of(const std::string& bytes) {
  uint32_t crc = ~0u;
  for (const char byte : bytes) {
    crc ^= static_cast<uint8_t>(byte);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

inline std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 255);
  return text;
}

/// `bytes`, fewer than 65536, as one last stored block of a deflate stream (RFC 1951, 3.2.4).
inline std::string deflate_stored(const std::string& bytes) {
  return '\x01' + little_endian(bytes.size(), 2) + little_endian(~bytes.size(), 2) + bytes;
}

/// A zip archive put together by hand (PKWARE's APPNOTE, 4.3).
inline std::string zip_bytes(const std::vector<ZipMember>& members) {
  std::string files, directory;
  for (const ZipMember& member : members) {
    const std::string data = member.method == 8 ? deflate_stored(member.content) : member.content;
    const uint64_t size = member.declared_size.value_or(member.content.size());
    // Sizes over 32 bits stand in an extra field (4.5.3).
    const bool large = size >= 0xffffffff;
    const std::string extra =
        large ? little_endian(1, 2) + little_endian(8, 2) + little_endian(size, 8) : "";
    const std::string shared =
        little_endian(45, 2) + little_endian(0, 2) +
        little_endian(static_cast<uint64_t>(member.method), 2) + little_endian(0x21 << 16, 4) +
        little_endian(crc32_of(member.content), 4) + little_endian(data.size(), 4) +
        little_endian(large ? 0xffffffff : size, 4) + little_endian(member.name.size(), 2) +
        little_endian(extra.size(), 2);
    directory += "PK\x01\x02" + little_endian(45, 2) + shared + std::string(10, '\0') +
                 little_endian(files.size(), 4) + member.name + extra;
    files += "PK\x03\x04" + shared + member.name + extra + data;
  }
  return files + directory + "PK\x05\x06" + std::string(4, '\0') +
         little_endian(members.size(), 2) + little_endian(members.size(), 2) +
         little_endian(directory.size(), 4) + little_endian(files.size(), 4) + std::string(2, '\0');
}

}  // namespace qtool
