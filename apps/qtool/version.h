#pragma once

namespace qtool {

/// "0.1.0".
extern const char* const kVersion;
/// What --version prints: the version, the commit if it is known, and the libraries with theirs.
extern const char* const kVersionText;

}  // namespace qtool
