# Writes build_info.h: which source this program was built from. Run at every build, because the
# commit moves without any file that the build knows of; the header is touched only if it changes.
cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                RESULT_VARIABLE failed)
if(failed)
  set(commit "")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"#pragma once
#define HOLDFAST_BUILD_VERSION \"@VERSION@\"
#define HOLDFAST_BUILD_COMMIT \"@commit@\"
#define HOLDFAST_BUILD_KIND \"@KIND@\"
")
