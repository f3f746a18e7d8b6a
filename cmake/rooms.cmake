# SPDX-License-Identifier: Apache-2.0
# Rooms: one gi_room() line in each room's CMakeLists.txt shows its files and its edges.

# Global: a project around this one links with libgatio.a, and these behind it.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED GLOBAL)
pkg_check_modules(URING REQUIRED IMPORTED_TARGET GLOBAL liburing)
pkg_check_modules(HWLOC REQUIRED IMPORTED_TARGET GLOBAL hwloc)
pkg_check_modules(NUMA REQUIRED IMPORTED_TARGET GLOBAL numa)

# Flags of everything that is compiled here.
add_library(gi_flags INTERFACE)
target_include_directories(gi_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_compile_definitions(gi_flags INTERFACE _GNU_SOURCE)
target_compile_options(
    gi_flags
    INTERFACE -Wall
              -Wextra
              -Wshadow
              -Wconversion
              -Wstrict-prototypes
              -Wmissing-prototypes
              -Wundef
              -Wvla)
# In a release. gcc clears 97 bytes and more by `rep stos`, which takes 4 ns for an actor, where vector stores take 1.2.
set(GATIO_CLEAR_FLAG
    -mmemset-strategy=vector_loop:512:noalign,rep_8byte:8192:noalign,libcall:-1:noalign)
include(CheckCCompilerFlag)
check_c_compiler_flag(${GATIO_CLEAR_FLAG} GATIO_CAN_CLEAR)
if(GATIO_CAN_CLEAR)
    target_compile_options(
        gi_flags INTERFACE $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:C>>:${GATIO_CLEAR_FLAG}>)
endif()
if(GATIO_WERROR)
    target_compile_options(gi_flags INTERFACE -Werror)
endif()
if(GATIO_PARANOID)
    target_compile_definitions(gi_flags INTERFACE GATIO_PARANOID)
endif()
if(GATIO_SANITIZE)
    target_compile_options(gi_flags INTERFACE -fsanitize=${GATIO_SANITIZE}
                                              -fno-sanitize-recover=all)
    target_link_options(gi_flags INTERFACE -fsanitize=${GATIO_SANITIZE})
endif()

# How tests run in this build. ThreadSanitizer 14 cannot stand some layouts that address randomisation makes.
set(GATIO_TEST_LAUNCHER "")
set(GATIO_TEST_ENVIRONMENT "")
if(GATIO_SANITIZE MATCHES "thread")
    set(GATIO_TEST_LAUNCHER ${PROJECT_SOURCE_DIR}/tests/support/fixed_layout)
    set(GATIO_TEST_ENVIRONMENT
        "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1")
elseif(GATIO_SANITIZE MATCHES "address")
    set(GATIO_TEST_ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
                               "UBSAN_OPTIONS=print_stacktrace=1")
endif()

include(GNUInstallDirs)
set(GATIO_LIBRARIES Threads::Threads PkgConfig::URING PkgConfig::HWLOC PkgConfig::NUMA)

# gi_room(name USES room... LIBRARIES library... DOOR file... FILES file...)
#
# An archive gi_<name>. It is an archive so that a test may stand in for one file of a room (the kernel door): the linker
# takes a file from it only for names that nobody has defined yet. USES are the rooms it includes from;
# tools/check.py compares them with its include lines. DOOR are files that a program may stand in for as well: objects of
# their own in libgatio.a too, whatever the others become.
function(gi_room name)
    cmake_parse_arguments(ROOM "" "" "USES;LIBRARIES;DOOR;FILES" ${ARGN})
    add_library(gi_${name} STATIC ${ROOM_DOOR} ${ROOM_FILES})
    foreach(file ${ROOM_DOOR})
        set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS -fno-lto)
        set_property(GLOBAL APPEND PROPERTY GATIO_DOOR ${file})
    endforeach()
    target_link_libraries(gi_${name} PUBLIC gi_flags Threads::Threads ${ROOM_LIBRARIES})
    foreach(used ${ROOM_USES})
        if(NOT used STREQUAL "base") # headers only
            target_link_libraries(gi_${name} PUBLIC gi_${used})
        endif()
    endforeach()
endfunction()

# In a release the rooms are optimised as one: their objects carry what the compiler knows of them as well (fat objects;
# a link with -fno-lto takes the machine code of each, as tests do, any other link by gcc takes the rest), and one link makes
# of them a single object of plain machine code, which any compiler's programs can be linked with. A message on its way
# through four rooms takes a tenth fewer instructions. The door to the kernel stays apart.

# gi_join_commands(prefix OUT object OBJECTS object...): the two command lines that make it, <prefix>_LINK and
# <prefix>_TRIM. The link makes names global that were static (`take.lto_priv.0`, `ring.c.6d17044c`), so all but gi_ and
# gatio_ become local again; those have no dot in them.
function(gi_join_commands prefix)
    cmake_parse_arguments(JOIN "" "OUT" "OBJECTS" ${ARGN})
    separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_RELEASE}")
    set(${prefix}_LINK
        ${CMAKE_C_COMPILER} ${flags} -fPIC -flto=auto -flinker-output=nolto-rel -r -nostdlib
        -o ${JOIN_OUT}.all ${JOIN_OBJECTS}
        PARENT_SCOPE)
    set(${prefix}_TRIM
        ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=gi_* --keep-global-symbol=gatio_*
        --localize-symbol=*.* ${JOIN_OUT}.all ${JOIN_OUT}
        PARENT_SCOPE)
endfunction()

# gi_can_join(variable): whether compiler, linker and objcopy can, tried on one small file.
function(gi_can_join variable)
    set(trial ${PROJECT_BINARY_DIR}/CMakeFiles/gi_join)
    file(WRITE ${trial}/trial.c "int gi_trial(void);\nint gi_trial(void) { return 0; }\n")
    set(TRIAL_COMPILE ${CMAKE_C_COMPILER} -fPIC -flto -ffat-lto-objects -c ${trial}/trial.c
                      -o ${trial}/trial.o)
    gi_join_commands(TRIAL OUT ${trial}/joined.o OBJECTS ${trial}/trial.o)
    set(works ON)
    foreach(step COMPILE LINK TRIM)
        execute_process(COMMAND ${TRIAL_${step}} RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
        if(NOT result STREQUAL "0")
            set(works OFF)
        endif()
    endforeach()
    set(${variable} ${works} PARENT_SCOPE)
endfunction()

set(GATIO_AS_ONE OFF)
if(GATIO_LTO AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT GATIO_SANITIZE)
    gi_can_join(GATIO_AS_ONE)
    if(NOT GATIO_AS_ONE)
        message(STATUS "The rooms are not optimised as one: -flto -r -flinker-output=nolto-rel does not work here")
    endif()
endif()

# gi_join(OUT variable OBJECTS object...): the single object.
function(gi_join)
    cmake_parse_arguments(JOIN "" "OUT" "OBJECTS" ${ARGN})
    set(joined ${CMAKE_CURRENT_BINARY_DIR}/gatio.o)
    gi_join_commands(JOIN OUT ${joined} OBJECTS ${JOIN_OBJECTS})
    add_custom_command(
        OUTPUT ${joined}
        COMMAND ${JOIN_LINK}
        COMMAND ${JOIN_TRIM}
        BYPRODUCTS ${joined}.all
        DEPENDS ${JOIN_OBJECTS}
        COMMAND_EXPAND_LISTS VERBATIM)
    set_source_files_properties(${joined} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    set(${JOIN_OUT} ${joined} PARENT_SCOPE)
endfunction()

# gi_library(room...): libgatio.a and libgatio.so, each of all rooms.
function(gi_library)
    get_property(door GLOBAL PROPERTY GATIO_DOOR)
    list(JOIN door "|" door)
    set(objects "")
    set(door_objects "")
    foreach(room ${ARGN})
        if(GATIO_AS_ONE)
            target_compile_options(gi_${room} PRIVATE -flto -ffat-lto-objects)
        endif()
        list(APPEND objects "$<FILTER:$<TARGET_OBJECTS:gi_${room}>,EXCLUDE,/(${door}).o$>")
        list(APPEND door_objects "$<FILTER:$<TARGET_OBJECTS:gi_${room}>,INCLUDE,/(${door}).o$>")
    endforeach()
    if(GATIO_AS_ONE)
        gi_join(OUT objects OBJECTS ${objects})
        add_custom_target(gatio_joined DEPENDS ${objects})
        list(TRANSFORM ARGN PREPEND gi_ OUTPUT_VARIABLE targets)
        add_dependencies(gatio_joined ${targets}) # not every generator knows who makes an object
    endif()
    foreach(kind static shared)
        string(TOUPPER ${kind} type)
        add_library(gatio_${kind} ${type} ${objects} ${door_objects})
        if(GATIO_AS_ONE)
            add_dependencies(gatio_${kind} gatio_joined) # two targets must not both make it
        endif()
        set_target_properties(gatio_${kind} PROPERTIES OUTPUT_NAME gatio LINKER_LANGUAGE C)
        target_include_directories(
            gatio_${kind} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
        target_link_libraries(gatio_${kind} PRIVATE ${GATIO_LIBRARIES})
    endforeach()
    add_library(gatio::gatio ALIAS gatio_shared)
    add_library(gatio::gatio_static ALIAS gatio_static)
    gi_version(gatio_shared)
    if(GATIO_SANITIZE)
        target_link_options(gatio_shared PRIVATE -fsanitize=${GATIO_SANITIZE})
    endif()
endfunction()

# gi_version(target): the SONAME, and what the library shows, each name with the version that it came with. Before 1.0 a
# minor version may change what programs were compiled with, so it is part of both.
function(gi_version target)
    set(interface ${PROJECT_VERSION_MAJOR})
    if(interface EQUAL 0)
        set(interface ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    endif()
    set(map ${PROJECT_SOURCE_DIR}/cmake/gatio.map)
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${interface}
                                               LINK_DEPENDS ${map})
    # Its threads, and what it knows of message types, outlive the plugin that brought it.
    target_link_options(${target} PRIVATE -Wl,--version-script=${map} -Wl,-z,nodelete)
endfunction()

# gi_program(name FILES file... [LIBRARIES library...]): a program on libgatio.a, in bin/.
function(gi_program name)
    cmake_parse_arguments(PROGRAM "" "" "FILES;LIBRARIES" ${ARGN})
    add_executable(${name} ${PROGRAM_FILES})
    target_link_libraries(${name} PRIVATE gi_flags gatio_static ${PROGRAM_LIBRARIES})
endfunction()

# gi_add_test(name LABEL label TIMEOUT seconds COMMAND word... [SERIAL] [LOCK name] [COST seconds]): a test of this build,
# for ctest. Sanitizer builds prefix their names, so that one ctest run can hold several builds. SERIAL is for threads that
# shall really run at once, and for counts; no two with the same LOCK run at once; of the others the dearest begin first.
function(gi_add_test name)
    cmake_parse_arguments(TEST "SERIAL" "LABEL;TIMEOUT;LOCK;COST" "COMMAND" ${ARGN})
    set(full_name ${GATIO_TEST_PREFIX}${name})
    add_test(NAME ${full_name} COMMAND ${TEST_COMMAND})
    set_tests_properties(
        ${full_name}
        PROPERTIES SKIP_RETURN_CODE 77
                   TIMEOUT ${TEST_TIMEOUT}
                   LABELS ${TEST_LABEL}
                   RUN_SERIAL ${TEST_SERIAL}
                   ENVIRONMENT "${GATIO_TEST_ENVIRONMENT}")
    if(TEST_COST)
        set_tests_properties(${full_name} PROPERTIES COST ${TEST_COST})
    endif()
    if(TEST_LOCK)
        set_tests_properties(${full_name} PROPERTIES RESOURCE_LOCK ${TEST_LOCK})
    endif()
endfunction()

# gi_add_epoll_test(name ...): the same as `name`, as name-epoll, with drivers on epoll.
function(gi_add_epoll_test name)
    cmake_parse_arguments(TEST "SERIAL" "LABEL;TIMEOUT" "COMMAND" ${ARGN})
    set(serial)
    if(TEST_SERIAL)
        set(serial SERIAL)
    endif()
    gi_add_test(${name}-epoll ${serial} LABEL ${TEST_LABEL} TIMEOUT ${TEST_TIMEOUT}
                COMMAND ${CMAKE_COMMAND} -E env GATIO_BACKEND=epoll ${TEST_COMMAND})
endfunction()

# gi_suite_program(target ROOMS room... FILES file... [LIBRARIES library...]): CUnit suites with the shared main.
function(gi_suite_program target)
    cmake_parse_arguments(TEST "" "" "FILES;ROOMS;LIBRARIES" ${ARGN})
    add_executable(${target} ${TEST_FILES} ${PROJECT_SOURCE_DIR}/tests/support/runner.c)
    list(TRANSFORM TEST_ROOMS PREPEND gi_ OUTPUT_VARIABLE rooms)
    target_link_libraries(${target} PRIVATE gi_flags ${rooms} ${GATIO_LIBRARIES} ${CUNIT_LIBRARY}
                                            ${TEST_LIBRARIES})
    # Optimised as one, a call could pass by the double that stands in for its callee.
    target_link_options(${target} PRIVATE -fno-lto)
endfunction()

# gi_room_test(room FILES file... [ROOMS room...] [LIBRARIES library...]): the unit suites of one room, test_<room>,
# linked with it and what it uses. They start no threads and do not sleep. ROOMS adds rooms that it does not use.
function(gi_room_test room)
    cmake_parse_arguments(TEST "" "" "FILES;ROOMS;LIBRARIES" ${ARGN})
    gi_suite_program(
        test_${room}
        ROOMS ${room} ${TEST_ROOMS}
        FILES ${TEST_FILES}
        LIBRARIES ${TEST_LIBRARIES})
    gi_add_test(${room} LABEL unit TIMEOUT 300 COMMAND ${GATIO_TEST_LAUNCHER}
                $<TARGET_FILE:test_${room}>)
endfunction()

# gi_stress_test(name ROOMS room... FILES file... [LIBRARIES library...]): suites with threads, stress_<name>. They run
# in every build and matter most under ThreadSanitizer.
function(gi_stress_test name)
    cmake_parse_arguments(TEST "" "" "FILES;ROOMS;LIBRARIES" ${ARGN})
    gi_suite_program(
        stress_${name}
        ROOMS ${TEST_ROOMS}
        FILES ${TEST_FILES}
        LIBRARIES ${TEST_LIBRARIES})
    gi_add_test(stress-${name} SERIAL LABEL stress TIMEOUT 600 COMMAND ${GATIO_TEST_LAUNCHER}
                $<TARGET_FILE:stress_${name}>)
endfunction()
