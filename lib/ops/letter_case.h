#pragma once

#include <string>
#include <string_view>

namespace qtool {

/// UTF-8 text with every letter that has one in its other case, as Unicode's simple mappings say,
/// whatever the locale. Bytes that are no UTF-8 stay as they are. Throws Error if the system does not
/// know the mappings.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);

}  // namespace qtool
