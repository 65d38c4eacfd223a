# Warnings for our own code; what comes from a library's headers is a system include.
add_library(qtool_warnings INTERFACE)
target_compile_options(qtool_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror
                       # g++ 12 sees overlaps in std::string that are none
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
                       # designated initialisers leave the rest at its default on purpose
                       -Wno-missing-field-initializers)
