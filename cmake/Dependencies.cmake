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

# The plotting library of reports: scripts and licences that lib/report puts into every page.
set(QTOOL_D3 ${QTOOL_DEPS}/d3-7.9.0)
set(QTOOL_PLOT ${QTOOL_DEPS}/plot-0.6.17)
set(QTOOL_ONEDNN_LICENCES ${QTOOL_DEPS}/onednn-2023.2.0/share/doc/onednn)
foreach(file ${QTOOL_D3}/d3.min.js ${QTOOL_PLOT}/plot.umd.min.js)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "${file} is missing: third_party/bootstrap.sh fetches it")
  endif()
endforeach()

# What the library needs of Debian, also when it is installed and another project finds it; Protobuf before
# ONNX, whose package file uses its targets. By pkg-config what has no CMake package, or one that wants more.
set(QTOOL_PACKAGES Threads Protobuf fmt nlohmann_json yaml-cpp PkgConfig)
set(QTOOL_MODULES libzip re2 libxxhash libhwy)
foreach(package ${QTOOL_PACKAGES} spdlog CLI11)
  find_package(${package} REQUIRED)
endforeach()
find_package(ONNX 1.23 REQUIRED)
option(QTOOL_ONEDNN "Compute with oneDNN where it is fast" ON)
if(QTOOL_ONEDNN)
  find_package(dnnl 3 REQUIRED)
endif()
foreach(module ${QTOOL_MODULES})
  pkg_check_modules(${module} REQUIRED IMPORTED_TARGET ${module})
endforeach()

# The header of onnxruntime's C API, if there is one: the library itself is found while qtool runs.
find_path(QTOOL_ORT_INCLUDE onnxruntime/onnxruntime_c_api.h
          HINTS ${QTOOL_DEPS}/onnxruntime-header-1.21.0/usr/include)
if(NOT QTOOL_ORT_INCLUDE)
  message(STATUS "onnxruntime's header was not found: --backend onnxruntime will not be there")
endif()

# Highway, and the instruction sets that kernels are compiled for: SSE4, AVX2 and none; those of AVX-512,
# also with VNNI, on request only, as no CPU that has them has run their tests yet. What is compiled for
# one must round as for another: no contraction to FMA.
option(QTOOL_SIMD_AVX512 "Compile our own vector kernels for AVX-512 as well" OFF)
set(disabled_targets HWY_SSSE3)
if(NOT QTOOL_SIMD_AVX512)
  string(APPEND disabled_targets "|HWY_AVX3|HWY_AVX3_DL")
endif()
add_library(qtool_highway INTERFACE)
target_link_libraries(qtool_highway INTERFACE PkgConfig::libhwy)
target_compile_definitions(qtool_highway INTERFACE HWY_WANT_AVX3_DL HWY_BROKEN_EMU128=1
                           "HWY_DISABLED_TARGETS=(${disabled_targets})")
target_compile_options(qtool_highway INTERFACE -ffp-contract=off)
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # Some of them are written for SSE and AVX alone: plain loops elsewhere.
  target_compile_definitions(qtool_highway INTERFACE HWY_COMPILE_ONLY_SCALAR)
endif()
