# Finds every library qtool uses. third_party/bootstrap.sh installs them: Debian's packages to the
# system, the others to a cache with one folder a version.
if(DEFINED ENV{QTOOL_DEPS})
  set(QTOOL_DEPS $ENV{QTOOL_DEPS})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(QTOOL_DEPS $ENV{XDG_CACHE_HOME}/qtool)
else()
  set(QTOOL_DEPS $ENV{HOME}/.cache/qtool)
endif()
file(GLOB cached_dependencies ${QTOOL_DEPS}/catch2-3.7.1* ${QTOOL_DEPS}/onednn-2023.2.0
     ${QTOOL_DEPS}/onnx-1.23.2)
list(TRANSFORM cached_dependencies REPLACE "(/catch2-[^/]*)$" "\\1/usr")
list(PREPEND CMAKE_PREFIX_PATH ${cached_dependencies})

find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)  # before ONNX, whose package file uses its targets
find_package(ONNX 1.23 REQUIRED)
find_package(dnnl 3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)  # its CMake package wants its tools too
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)  # Debian installs no CMake package of it
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)

# Highway, and the instruction sets that kernels are compiled for: those of x86 from SSE4 to AVX-512
# with VNNI, and none. What is compiled for one must round as for another: no contraction to FMA.
add_library(qtool_highway INTERFACE)
target_link_libraries(qtool_highway INTERFACE PkgConfig::hwy)
target_compile_definitions(qtool_highway INTERFACE HWY_WANT_AVX3_DL HWY_BROKEN_EMU128=1
                           HWY_DISABLED_TARGETS=HWY_SSSE3)
target_compile_options(qtool_highway INTERFACE -ffp-contract=off)
