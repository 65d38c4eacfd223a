# qtool_library(<folder> [<dependency>...]): the library qtool_<folder> of all .cpp files below
# lib/<folder>. Its links are the includes that docs/architecture.md allows.
function(qtool_library folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  add_library(qtool_${folder} STATIC ${sources})
  target_include_directories(qtool_${folder} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib>
                             $<INSTALL_INTERFACE:include/qtool>)
  target_link_libraries(qtool_${folder} PUBLIC ${ARGN} PRIVATE $<BUILD_INTERFACE:qtool_warnings>)
  set_target_properties(qtool_${folder} PROPERTIES EXPORT_NAME ${folder})
  set_property(GLOBAL APPEND PROPERTY QTOOL_LIBRARIES qtool_${folder})
  install(TARGETS qtool_${folder} EXPORT qtool ARCHIVE DESTINATION lib/qtool COMPONENT development)
endfunction()

# qtool_test(<folder> [<dependency>...]): the test program of tests/<folder>, each of its test cases
# known to ctest.
function(qtool_test folder)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  add_executable(test_${folder} ${sources})
  target_include_directories(test_${folder} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(test_${folder} PRIVATE ${ARGN} Catch2::Catch2WithMain qtool_warnings)
  target_compile_definitions(test_${folder} PRIVATE
    QTOOL_DATA_DIR="${PROJECT_SOURCE_DIR}/data" QTOOL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  catch_discover_tests(test_${folder} TEST_PREFIX "${folder}: ")
endfunction()
