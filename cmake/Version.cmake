# Run at every build: fills in ${TEMPLATE} as ${OUTPUT}, with the commit of the checkout ${SOURCE}, if it is one,
# the VERSION and the DEPENDENCIES.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(COMMIT)
  set(COMMIT " (commit ${COMMIT})")
endif()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
