// The text form of a model; what is read and printed is printed the same again.
#include "ir/text.h"

#include "fuzz/target.h"
#include "ir/verify.h"

using namespace qtool;

FUZZ(text) {
  constexpr int64_t kAll = int64_t{1} << 40;
  const Model model = parse_text(text);
  const std::string printed = print_text(model, kAll);
  QTOOL_ASSERT(print_text(parse_text(printed), kAll) == printed);
  verify(model);
}
