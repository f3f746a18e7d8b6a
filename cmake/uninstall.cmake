# SPDX-License-Identifier: Apache-2.0
# cmake -DMANIFEST=install_manifest.txt -P uninstall.cmake: removes the files that it lists, and the folders that are then
# empty. $ENV{DESTDIR} as it was for the install.

if(NOT EXISTS "${MANIFEST}")
    message(FATAL_ERROR "There is no ${MANIFEST}: nothing has been installed from this build. "
                        "Install once more with the same prefix, then uninstall.")
endif()

file(STRINGS "${MANIFEST}" files)
set(folders "")
set(count 0)
foreach(file ${files})
    set(file "$ENV{DESTDIR}${file}")
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
        file(REMOVE "${file}")
        if(EXISTS "${file}" OR IS_SYMLINK "${file}")
            message(FATAL_ERROR "${file} cannot be removed: may you write there?")
        endif()
        math(EXPR count "${count} + 1")
    endif()
    cmake_path(GET file PARENT_PATH folder)
    list(APPEND folders "${folder}")
endforeach()

# Those of gatio, from the innermost outwards: others (lib, bin) are not ours, empty or not.
list(REMOVE_DUPLICATES folders)
list(SORT folders ORDER DESCENDING)
foreach(folder ${folders})
    while(folder MATCHES "/gatio(/|$)")
        file(GLOB rest "${folder}/*")
        if(rest)
            break()
        endif()
        file(REMOVE_RECURSE "${folder}")
        cmake_path(GET folder PARENT_PATH folder)
    endwhile()
endforeach()
file(REMOVE "${MANIFEST}")
message(STATUS "removed ${count} files")
