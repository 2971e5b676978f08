# Writes the page's script and style as C++: SCRIPTS and STYLE, files of web/, after the plotting
# library of LIBRARY, a node_modules/uplot, if there is one. Run at every build, because npm may have
# come meanwhile; the output is touched only if it changes.
#
# The scripts are modules with names of their own. Put one after the other, the used before the users,
# they need neither `import` nor `export`: so no bundler is needed, and none need be installed.
cmake_minimum_required(VERSION 3.25)

# as_literals(TEXT OUT): C++ literals that are that text together. Compilers limit a literal's length.
function(as_literals text out)
  set(literal "")
  string(LENGTH "${text}" length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 8000 piece)
    string(APPEND literal "\n    R\"~page~(${piece})~page~\",")
    math(EXPR at "${at} + 8000")
  endwhile()
  if(literal STREQUAL "")
    set(literal "\"\"")
  endif()
  set(${out} "${literal}" PARENT_SCOPE)
endfunction()

set(style "")
set(script "\"use strict\";\n")
set(notices "")
if(EXISTS "${LIBRARY}/dist/uPlot.iife.min.js")
  file(READ "${LIBRARY}/dist/uPlot.iife.min.js" library)
  file(READ "${LIBRARY}/dist/uPlot.min.css" library_style)
  file(READ "${LIBRARY}/LICENSE" notices)
  set(notices "This page contains uPlot.\n\n${notices}")
  string(APPEND script "${library}\n")
  string(APPEND style "${library_style}\n")
else()
  string(APPEND script "var uPlot;\n")
endif()

string(APPEND script "(() => {\n")
set(names "")
foreach(file IN LISTS SCRIPTS)
  file(READ "${file}" text)
  # Of two functions of one name the last would count for all modules, without a word.
  string(REGEX MATCHALL "\n(export |async )*(function|class|const|let) [A-Za-z_$][A-Za-z0-9_$]*"
         named "\n${text}")
  foreach(one IN LISTS named)
    string(REGEX REPLACE ".* " "" name "${one}")
    if(name IN_LIST names)
      message(FATAL_ERROR "${file}: another module has a ${name}, too")
    endif()
    list(APPEND names ${name})
  endforeach()
  string(REGEX REPLACE "(^|\n)import [^;]*;" "\\1" text "${text}")
  string(REGEX REPLACE "(^|\n)export " "\\1" text "${text}")
  string(APPEND script "${text}\n")
endforeach()
string(APPEND script "})();\n")
file(READ "${STYLE}" text)
string(APPEND style "${text}")

if("${script}${style}" MATCHES "</script|</style|<!--")
  message(FATAL_ERROR "the page's script or style says ${CMAKE_MATCH_0}, which would end it")
endif()
string(SHA256 script_hash "${script}")
string(SHA256 style_hash "${style}")
string(REPLACE "--" "- -" notices "${notices}")
as_literals("${script}" script)
as_literals("${style}" style)
as_literals("${notices}" notices)
set(source "// Written by harness/page/embed.cmake.
#include \"harness/page/web_parts.h\"

namespace holdfast::harness::web {

namespace {
constexpr std::string_view script[] = {${script}};
constexpr std::string_view style[] = {${style}};
constexpr std::string_view notices[] = {${notices}};
}  // namespace

const Pieces kScript = script;
const Pieces kStyle = style;
const Pieces kNotices = notices;
const std::string_view kScriptSha256 = \"${script_hash}\";
const std::string_view kStyleSha256 = \"${style_hash}\";

}  // namespace holdfast::harness::web
")
set(before "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" before)
endif()
if(NOT before STREQUAL source)
  file(WRITE "${OUTPUT}" "${source}")
endif()
