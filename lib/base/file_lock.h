#pragma once

#include <filesystem>

namespace qtool {

enum class Wait { kNo, kYes };

/// Locks the file or folder that `descriptor` is open for, until that is closed or the program ends,
/// whichever way. False if another holds the lock, or if `path` is not it any more by then. Where the
/// file system has no locks, all is as if nobody held one.
bool lock_file(int descriptor, const std::filesystem::path& path, Wait wait);

}  // namespace qtool
