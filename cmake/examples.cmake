# SPDX-License-Identifier: Apache-2.0
# The samples of gatio, as programs of their own: cmake -B build && cmake --build build
cmake_minimum_required(VERSION 3.16)
project(gatio_examples LANGUAGES C)

find_package(gatio REQUIRED)

add_library(flags INTERFACE)
target_compile_definitions(flags INTERFACE _GNU_SOURCE)
target_include_directories(flags INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(flags INTERFACE gatio::gatio)

foreach(name hello ping_pong echo)
    add_executable(${name} samples/${name}.c)
    target_link_libraries(${name} PRIVATE flags)
endforeach()

file(GLOB common samples/common/*.c)
foreach(name kv chat)
    file(GLOB sources samples/${name}/*.c)
    add_executable(gatio-${name} ${sources} ${common})
    target_link_libraries(gatio-${name} PRIVATE flags)
endforeach()
