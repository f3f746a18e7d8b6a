# SPDX-License-Identifier: Apache-2.0
# How gatio itself is built when nobody says otherwise.

set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
# Asserts of ours stay on in release, so NDEBUG would have nothing to switch off. Other flags than CMake's own are somebody's choice.
if(CMAKE_C_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
    set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
endif()
if(CMAKE_C_FLAGS_DEBUG STREQUAL "-g")
    set(CMAKE_C_FLAGS_DEBUG "-O1 -g -fno-omit-frame-pointer")
endif()
