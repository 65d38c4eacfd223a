#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tensor/tensor.h"

namespace qtool {

/// Reads a NumPy .npy file (format 1 to 3) of numbers, bool or strings ("<U5", "|S5", which come
/// as UTF-8 and as the bytes they are). A C-order little-endian file of numbers is mapped, not
/// copied; Fortran order and big-endian data are turned into that.
/// Throws Error naming the file: object arrays, structured types, truncated or malformed.
Tensor read_npy(const std::filesystem::path& path);

/// Reads every array of a .npz archive, by name without ".npy".
std::map<std::string, Tensor> read_npz(const std::filesystem::path& path);

/// Writes a .npy file of format 1.0; strings, which must be UTF-8, as "<U", where zeros at their
/// end are lost. Throws Error for types NumPy does not have.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace qtool
