# How the rooms of the tree become targets.
#
# Every folder is one static library and, where it has tests, one test program. A room links only to
# the rooms it may include from (lib/README.md and harness/README.md say which), so the link line is
# the architecture. Warnings and sanitizers are for building holdfast, never for those who use it.

add_library(holdfast_build_flags INTERFACE)
target_compile_options(holdfast_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Optimised, g++ 12 warns of overlaps within std::string itself (its bug 105651).
  target_compile_options(holdfast_build_flags INTERFACE -Wno-restrict)
endif()
if(HOLDFAST_SANITIZE)
  target_compile_options(holdfast_build_flags INTERFACE
    -fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(holdfast_build_flags INTERFACE -fsanitize=${HOLDFAST_SANITIZE})
endif()

find_program(HOLDFAST_CCACHE ccache)
if(HOLDFAST_CCACHE)
  # What ccache needs to be told to look at compilations with precompiled headers at all.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros ${HOLDFAST_CCACHE})
endif()

# Building the tests is mostly work on the templates of GoogleTest. What becomes of them is not
# optimised, only what is tested is. In the harness the templates of JSON and Asio take longest: fully
# optimised are the library and what is run a million times. Instrumented, the rest is not optimised
# at all, and headers are read once for all files. (The other builds show that each file includes all
# it needs.)
set(holdfast_test_options -O0)
set(holdfast_cold_options -O1)
set(holdfast_hot_rooms checker history random sim)
if(NOT HOLDFAST_SANITIZE)
  list(APPEND holdfast_hot_rooms contender sharedmount)
endif()

# holdfast_headers(NAME LINK target OPTIONS option... HEADERS header...): read once, for
# `target_precompile_headers(... REUSE_FROM NAME)`.
function(holdfast_headers name)
  cmake_parse_arguments(arg "" "" "LINK;OPTIONS;HEADERS" ${ARGN})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE holdfast_build_flags ${arg_LINK})
  target_compile_options(${name} PRIVATE ${arg_OPTIONS}
    $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>)
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

if(HOLDFAST_SANITIZE)
  set(CMAKE_PCH_INSTANTIATE_TEMPLATES ON)
  set(holdfast_cold_options -O0)
  set(standard_headers <chrono> <filesystem> <functional> <map> <optional> <string> <vector>)
  if(HOLDFAST_TESTS)
    holdfast_headers(holdfast_test_headers LINK GTest::gmock OPTIONS ${holdfast_test_options}
      HEADERS <gmock/gmock.h> <gtest/gtest.h> ${standard_headers})
  endif()
  if(HOLDFAST_HARNESS)
    find_package(Boost 1.81 REQUIRED)
    find_package(nlohmann_json REQUIRED)
    holdfast_headers(holdfast_harness_headers LINK Boost::headers nlohmann_json::nlohmann_json
      OPTIONS ${holdfast_cold_options} HEADERS <nlohmann/json.hpp> <boost/asio/io_context.hpp>
              <boost/asio/posix/stream_descriptor.hpp> <boost/asio/read_until.hpp>
              <boost/asio/signal_set.hpp> <boost/asio/steady_timer.hpp> <boost/asio/write.hpp>
              ${standard_headers})
  endif()
endif()

# Remembers that these test sources are built, for holdfast_check_tests().
function(holdfast_note_tests)
  foreach(source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    set_property(GLOBAL APPEND PROPERTY HOLDFAST_TEST_SOURCES ${source})
  endforeach()
endfunction()

# holdfast_add_tests(NAME SOURCES... [LINK target...] [TIMEOUT s] [PROPERTIES name value...]): one
# test program, its cases found by ctest.
function(holdfast_add_tests name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK;PROPERTIES" ${ARGN})
  holdfast_note_tests(${arg_SOURCES})
  if(NOT HOLDFAST_TESTS)
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} holdfast_build_flags GTest::gmock GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${holdfast_test_options})
  if(TARGET holdfast_test_headers)
    target_precompile_headers(${name} REUSE_FROM holdfast_test_headers)
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${arg_TIMEOUT} ${arg_PROPERTIES})
  set_property(GLOBAL APPEND PROPERTY HOLDFAST_TEST_PROGRAMS ${name})
endfunction()

# holdfast_room(NAME SOURCES... [TESTS...] [USES room-or-library...]): a folder of the harness.
function(holdfast_room name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;TESTS;USES" ${ARGN})
  add_library(harness_${name} STATIC ${arg_SOURCES})
  target_include_directories(harness_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(harness_${name} PUBLIC ${arg_USES} PRIVATE holdfast_build_flags)
  target_link_libraries(holdfast_harness INTERFACE harness_${name})
  if(NOT name IN_LIST holdfast_hot_rooms)
    target_compile_options(harness_${name} PRIVATE ${holdfast_cold_options})
    if(TARGET holdfast_harness_headers)
      target_precompile_headers(harness_${name} REUSE_FROM holdfast_harness_headers)
    endif()
  endif()
  if(arg_TESTS)
    holdfast_add_tests(harness_${name}_tests SOURCES ${arg_TESTS} LINK harness_${name}
                       TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()

# A test file that no target builds is an error at configure time.
function(holdfast_check_tests)
  get_property(built GLOBAL PROPERTY HOLDFAST_TEST_SOURCES)
  set(places lib)
  if(HOLDFAST_HARNESS)
    list(APPEND places harness)
  endif()
  foreach(place IN LISTS places)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${place}/*_test.cc)
    foreach(source IN LISTS found)
      if(NOT source IN_LIST built)
        message(FATAL_ERROR "${source} is in no target: add it to its folder's CMakeLists.txt")
      endif()
    endforeach()
  endforeach()
  if(HOLDFAST_TESTS)
    get_property(programs GLOBAL PROPERTY HOLDFAST_TEST_PROGRAMS)
    add_custom_target(holdfast_tests DEPENDS ${programs})
  endif()
endfunction()
