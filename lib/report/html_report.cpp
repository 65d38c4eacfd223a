#include "report/html_report.h"

#include <string_view>

#include "base/error.h"

namespace qtool {

// Made by cmake/EmbedPage.cmake.
extern const char kReportPage[];
extern const std::size_t kReportPage_size;

std::string script_json(const Json& json) {
  std::string result;
  for (const char c : json_text(json, 1)) {
    if (c == '<')
      result += "\\u003c";  // stands in texts only
    else
      result += c;
  }
  return result;
}

std::string html_report(const Json& data) {
  static constexpr std::string_view kPlace = "@data@";
  std::string page(kReportPage, kReportPage_size);
  const std::size_t place = page.find(kPlace);
  QTOOL_ASSERT(place != std::string::npos);
  return page.replace(place, kPlace.size(), script_json(data));
}

}  // namespace qtool
