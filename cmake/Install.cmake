# cmake --install: the program with the library that no system has, its documents and licences; and the
# library for other projects' find_package(qtool). Everything lies below the prefix and can be moved with it.
#
# Components: program, development, and bundle (only when asked for: what the program needs besides
# glibc and libstdc++).
include(CMakePackageConfigHelpers)
set(licences share/doc/qtool/licences)

# RPATH, not RUNPATH, which would not count for the libraries' own needs.
target_link_options(qtool PRIVATE -Wl,--disable-new-dtags)
set_target_properties(qtool PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/qtool")
install(TARGETS qtool COMPONENT program)
get_target_property(QTOOL_DNNL_SONAME DNNL::dnnl IMPORTED_SONAME_RELEASE)
install(FILES $<TARGET_FILE:DNNL::dnnl> RENAME ${QTOOL_DNNL_SONAME} DESTINATION lib/qtool
        COMPONENT program)

# Man pages and completions, which apps/qtool writes.
if(NOT CMAKE_CROSSCOMPILING)
  set(documents ${PROJECT_BINARY_DIR}/documents)
  install(DIRECTORY ${documents}/man1 DESTINATION share/man COMPONENT program)
  install(DIRECTORY ${documents}/bash/ DESTINATION share/bash-completion/completions
          COMPONENT program)
  # Where Debian's zsh looks below /usr, and where any zsh does below another prefix that it knows.
  install(CODE [[set(zsh site-functions)
    if(CMAKE_INSTALL_PREFIX MATCHES "/usr$")
      set(zsh vendor-completions)
    endif()]] COMPONENT program)
  install(DIRECTORY ${documents}/zsh/ DESTINATION "share/zsh/\${zsh}" COMPONENT program)
endif()

install(FILES third_party/copyright DESTINATION share/doc/qtool COMPONENT program)
install(DIRECTORY ${QTOOL_ONEDNN_LICENCES}/ DESTINATION ${licences}/onednn COMPONENT program)
install(FILES ${QTOOL_D3}/LICENSE DESTINATION ${licences}/d3 COMPONENT program)
install(FILES ${QTOOL_PLOT}/LICENSE DESTINATION ${licences}/plot COMPONENT program)
foreach(package libcli11-dev nlohmann-json3-dev libhwy-dev)
  install(FILES /usr/share/doc/${package}/copyright DESTINATION ${licences}/${package}
          COMPONENT program OPTIONAL)
endforeach()

# The library: each folder of lib/ (Targets.cmake), all of them behind qtool::qtool.
add_library(qtool_everything INTERFACE)
get_property(libraries GLOBAL PROPERTY QTOOL_LIBRARIES)
target_link_libraries(qtool_everything INTERFACE ${libraries})
set_target_properties(qtool_everything PROPERTIES EXPORT_NAME qtool)
install(TARGETS qtool_everything qtool_highway EXPORT qtool)
install(EXPORT qtool NAMESPACE qtool:: FILE qtoolTargets.cmake DESTINATION lib/cmake/qtool
        COMPONENT development)
configure_package_config_file(cmake/qtoolConfig.cmake.in qtoolConfig.cmake
                              INSTALL_DESTINATION lib/cmake/qtool)
write_basic_package_version_file(qtoolConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/qtoolConfig.cmake ${PROJECT_BINARY_DIR}/qtoolConfigVersion.cmake
        DESTINATION lib/cmake/qtool COMPONENT development)
install(FILES $<TARGET_FILE:ONNX::onnx> DESTINATION lib/qtool COMPONENT development)
# Not those that need headers of the libraries inside.
install(DIRECTORY lib/ DESTINATION include/qtool COMPONENT development
        FILES_MATCHING PATTERN "*.h"
        PATTERN html EXCLUDE PATTERN onednn EXCLUDE PATTERN "*-inl.h" EXCLUDE
        PATTERN integer_conv.h EXCLUDE PATTERN onnxruntime/api.h EXCLUDE
        PATTERN "onnx_io/*" EXCLUDE)
install(FILES lib/onnx_io/onnx_io.h DESTINATION include/qtool/onnx_io COMPONENT development)

install(CODE "set(program \"$<TARGET_FILE:qtool>\")
set(destination lib/qtool)
set(licences ${licences})" COMPONENT bundle EXCLUDE_FROM_ALL)
install(SCRIPT cmake/Bundle.cmake COMPONENT bundle EXCLUDE_FROM_ALL)
