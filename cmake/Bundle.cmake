# Run by cmake --install --component bundle: copies the shared libraries that ${program} needs besides glibc,
# libstdc++ and what is installed with it to ${destination}, and to ${licences} the licences of the Debian
# packages that they come from.
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${program} RESOLVED_DEPENDENCIES_VAR libraries
     PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|stdc\\+\\+|gcc_s|dnnl)\\.so")
set(prefix ${CMAKE_INSTALL_PREFIX})
foreach(library ${libraries})
  get_filename_component(name ${library} NAME)
  file(REAL_PATH ${library} real)
  file(INSTALL ${real} DESTINATION ${prefix}/${destination} RENAME ${name})
  execute_process(COMMAND dpkg-query --search "*-linux-gnu/${name}" OUTPUT_VARIABLE owner)
  string(REGEX MATCH "^[^:]+" package "${owner}")
  set(copyright /usr/share/doc/${package}/copyright)
  if(NOT package OR NOT EXISTS ${copyright})
    message(FATAL_ERROR "${library}: no Debian package says what its licence is")
  endif()
  file(REAL_PATH ${copyright} real)
  file(INSTALL ${real} DESTINATION ${prefix}/${licences}/${package} RENAME copyright)
endforeach()
