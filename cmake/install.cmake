# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` installs, and how others find it: pkg-config by gatio.pc, CMake by gatioConfig.cmake. All of it
# may be moved as a whole.
include(CMakePackageConfigHelpers)

set(GATIO_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/gatio)
set(GATIO_EXAMPLES_DIR ${CMAKE_INSTALL_DOCDIR}/examples)

install(DIRECTORY include/gatio TYPE INCLUDE FILES_MATCHING PATTERN "*.h")

# Two exports: who takes the shared library does not need what the static one needs.
foreach(kind shared static)
    install(
        TARGETS gatio_${kind}
        EXPORT gatio_${kind}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(EXPORT gatio_${kind} NAMESPACE gatio:: DESTINATION ${GATIO_CMAKE_DIR})
endforeach()
set_target_properties(gatio_shared PROPERTIES EXPORT_NAME gatio)
if(GATIO_SIM)
    install(TARGETS gatio_sim EXPORT gatio_static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
configure_package_config_file(cmake/gatioConfig.cmake.in ${PROJECT_BINARY_DIR}/gatioConfig.cmake
                              INSTALL_DESTINATION ${GATIO_CMAKE_DIR} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gatioConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gatioConfig.cmake ${PROJECT_BINARY_DIR}/gatioConfigVersion.cmake
        DESTINATION ${GATIO_CMAKE_DIR})

# From where gatio.pc will lie to the prefix.
cmake_path(
    RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
    OUTPUT_VARIABLE GATIO_PC_TO_PREFIX)
set(GATIO_PC_LIBRARIES ${URING_LDFLAGS} ${HWLOC_LDFLAGS} ${NUMA_LDFLAGS})
list(REMOVE_DUPLICATES GATIO_PC_LIBRARIES)
list(JOIN GATIO_PC_LIBRARIES " " GATIO_PC_LIBRARIES)
configure_file(cmake/gatio.pc.in ${PROJECT_BINARY_DIR}/gatio.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gatio.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(GATIO_SIM)
    configure_file(cmake/gatio_sim.pc.in ${PROJECT_BINARY_DIR}/gatio_sim.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/gatio_sim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

if(GATIO_TOOLS)
    install(TARGETS gatio RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# Named by what the library says where io_uring is forbidden: actors/advice.c.
install(FILES tools/seccomp.json DESTINATION ${CMAKE_INSTALL_DATADIR}/gatio)

install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES cmake/examples.cmake DESTINATION ${GATIO_EXAMPLES_DIR} RENAME CMakeLists.txt)
install(
    DIRECTORY samples
    DESTINATION ${GATIO_EXAMPLES_DIR}
    PATTERN CMakeLists.txt EXCLUDE)

# What the last install wrote is removed again.
if(PROJECT_IS_TOP_LEVEL)
    add_custom_target(uninstall COMMAND ${CMAKE_COMMAND} -DMANIFEST=${PROJECT_BINARY_DIR}/install_manifest.txt -P
                                        ${PROJECT_SOURCE_DIR}/cmake/uninstall.cmake)
endif()
