# SPDX-License-Identifier: BSD-3-Clause
# Warnings, sanitizers and small helpers that every folder uses.
set(SUSURRO_SANITIZE "" CACHE STRING "Comma separated sanitizers: address,undefined or thread")
option(SUSURRO_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

add_compile_definitions(_GNU_SOURCE SUSURRO_VERSION="${PROJECT_VERSION}")
add_library(susurro_warnings INTERFACE)
target_compile_options(susurro_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wformat=2 -Wundef -Wswitch-enum -Werror)

if(SUSURRO_SANITIZE)
  add_compile_options(-fsanitize=${SUSURRO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  add_link_options(-fsanitize=${SUSURRO_SANITIZE})
endif()

if(SUSURRO_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# What ./dev test builds of the presets that run a part of the tests: what those need, and no more.
add_custom_target(tests_of_tsan)
add_custom_target(tests_of_release)

# ./dev test runs twice as many tests at a time as there are processors, since most only wait: for sound, for answers.
# One that computes counts for two; one that plays sound to real clients leaves room for one that waits.
set(SUSURRO_COMPUTING_SLOTS 2)
set(SUSURRO_SOUND_SLOTS 3)

# One layer: a static library named susurro_<name> whose public header is <name>.h in its folder.
# Includes are written from the project's top ("proto/proto.h", "base/base.h"). COMPUTES: its tests compute minutes of
# sound or thousands of meetings, so it is optimised a little where sanitizers slow it down.
function(susurro_layer name)
  cmake_parse_arguments(ARG "COMPUTES" "" "SOURCES;DEPS" ${ARGN})
  add_library(susurro_${name} STATIC ${ARG_SOURCES})
  if(ARG_COMPUTES AND SUSURRO_SANITIZE)
    target_compile_options(susurro_${name} PRIVATE $<$<CONFIG:Debug>:-O1>)
  endif()
  target_include_directories(susurro_${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/server)
  target_link_libraries(susurro_${name} PUBLIC ${ARG_DEPS} PRIVATE susurro_warnings)
endfunction()
