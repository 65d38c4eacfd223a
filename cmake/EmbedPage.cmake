# Makes one HTML page of files, as a C++ source that holds its bytes:
#
#   cmake -DTEMPLATE=page.html -DNAME=<symbol> -DOUTPUT=page.cpp -P EmbedPage.cmake -- <key>=<file>...
#
# Every @key@ of the template becomes what the files of that key hold, one behind the other. The
# source defines `extern const char <symbol>[]` and `extern const std::size_t <symbol>_size` in
# namespace qtool.
math(EXPR last "${CMAKE_ARGC} - 1")
set(keys "")
foreach(i RANGE ${last})
  if(CMAKE_ARGV${i} MATCHES "^([a-z_]+)=(.+)$")
    file(READ ${CMAKE_MATCH_2} content)
    list(APPEND keys ${CMAKE_MATCH_1})
    string(APPEND content_${CMAKE_MATCH_1} "${content}")
  endif()
endforeach()
list(REMOVE_DUPLICATES keys)

file(READ ${TEMPLATE} page)
foreach(key ${keys})
  string(REPLACE "@${key}@" "${content_${key}}" page "${page}")
endforeach()

string(HEX "${page}" bytes)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <cstddef>
namespace qtool {
extern const char ${NAME}[];
extern const std::size_t ${NAME}_size;
const char ${NAME}[] = {
${bytes}};
const std::size_t ${NAME}_size = ${size};
}  // namespace qtool
")
