#pragma once

#include <string>

#include "base/json.h"

namespace qtool {

/// JSON as the content of a script element in HTML: the same data, without any '<', so that no text in
/// it can end the element or begin a comment. Throws Error as json_text does.
std::string script_json(const Json& json);

/// A page that needs nothing but itself: the front end of lib/report/html, which draws `data` in a
/// browser. `data` has "title", "facts" (pairs of texts), "remarks" (texts) and the sections that
/// report.js knows. Throws Error as json_text does.
std::string html_report(const Json& data);

}  // namespace qtool
