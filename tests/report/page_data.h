#pragma once

#include <string>

#include "base/json.h"

/// What the scripts of a page read: the content of its data element.
inline std::string page_text(const std::string& page) {
  const std::string begin = R"(<script type="application/json" id="data">)";
  const std::size_t first = page.find(begin) + begin.size();
  return page.substr(first, page.find("</script>", first) - first);
}
inline qtool::Json page_data(const std::string& page) { return qtool::parse_json(page_text(page)); }
