#pragma once

#include <string>

#include "report/model_summary.h"

namespace qtool {

/// The summary for people.
std::string model_text(const ModelSummary& summary);
/// The summary for machines; docs/cli.md describes the fields.
std::string model_json(const ModelSummary& summary);

}  // namespace qtool
