# SPDX-License-Identifier: Apache-2.0
# Writes OUT, the header that names the commit that is built; leaves it alone when nothing changed.
execute_process(
    COMMAND git -C ${SOURCE} describe --always --dirty --tags
    OUTPUT_VARIABLE commit
    OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_QUIET)
if(NOT commit)
    set(commit "unknown")
endif()
set(text "#define BENCH_COMMIT \"${commit}\"\n")
set(old "")
if(EXISTS ${OUT})
    file(READ ${OUT} old)
endif()
if(NOT text STREQUAL old)
    file(WRITE ${OUT} ${text})
endif()
