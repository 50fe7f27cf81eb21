# One folder is one module is one target. A module names the modules it uses; each must lie in a strictly lower
# layer (DESIGN: modules and layers). Configure fails on a wrong layer; the `tidy` test fails on an include that
# DEPS does not name.
#
#   tillstream_module(NAME log LAYER 4 DEPS core ports
#                     SOURCES journal.cc HEADERS journal.h PRIVATE_HEADERS internal/segment.h
#                     LIBS PkgConfig::ISAL TESTS journal_test.cc [TEST_DEPS adapters/memory] [CONCURRENT])
#
# NAME is the folder below src/. TEST_DEPS may name any module: tests may compose what the product may not.

set_property(GLOBAL PROPERTY TILLSTREAM_MODULES "")

function(tillstream_target_name module out)
  string(REPLACE "/" "_" flat "${module}")
  set(${out} "tillstream_${flat}" PARENT_SCOPE)
endfunction()

function(tillstream_module)
  cmake_parse_arguments(M "CONCURRENT" "NAME;LAYER"
                        "DEPS;SOURCES;HEADERS;PRIVATE_HEADERS;LIBS;TESTS;TEST_DEPS;TEST_LIBS" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "module ${M_NAME}: unknown arguments ${M_UNPARSED_ARGUMENTS}")
  endif()
  if(TILLSTREAM_ONLY_CONCURRENT AND NOT M_CONCURRENT)
    return()
  endif()
  tillstream_target_name(${M_NAME} target)
  set(kind STATIC)
  set(scope PUBLIC)
  if(NOT M_SOURCES)
    set(kind INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(${target} ${kind})
  if(M_SOURCES)
    target_sources(${target} PRIVATE ${M_SOURCES} ${M_PRIVATE_HEADERS})
    tillstream_use_prelude(${target})
  endif()
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${M_HEADERS})
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}/src)
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  foreach(dep IN LISTS M_DEPS)
    tillstream_link_lower_layer(${M_NAME} ${M_LAYER} ${dep} ${target} ${scope})
  endforeach()
  target_link_libraries(${target} ${scope} ${M_LIBS})
  set_property(GLOBAL PROPERTY TILLSTREAM_LAYER_${M_NAME} ${M_LAYER})
  string(REPLACE ";" "," deps "${M_DEPS}")
  set_property(GLOBAL APPEND PROPERTY TILLSTREAM_MODULES "${M_NAME} ${M_LAYER} ${deps}")
  if(M_TESTS)
    tillstream_module_test(${target} "${M_TESTS}" "${M_TEST_DEPS}" "${M_TEST_LIBS}")
  endif()
endfunction()

function(tillstream_link_lower_layer name layer dep target scope)
  get_property(dep_layer GLOBAL PROPERTY TILLSTREAM_LAYER_${dep})
  if("${dep_layer}" STREQUAL "")
    message(FATAL_ERROR "module ${name}: DEPS names '${dep}', which is no module added before it")
  endif()
  if(NOT dep_layer LESS layer)
    message(FATAL_ERROR "module ${name} (layer ${layer}) may not use ${dep} (layer ${dep_layer}): "
                        "a module uses strictly lower layers only")
  endif()
  tillstream_target_name(${dep} dep_target)
  target_link_libraries(${target} ${scope} ${dep_target})
endfunction()

function(tillstream_module_test target tests deps libs)
  add_executable(${target}_test ${tests})
  # Tests share fakes and contract suites: "tests/fakes/fake_sink.h".
  target_link_libraries(${target}_test PRIVATE ${target} GTest::gmock_main ${libs})
  target_include_directories(${target}_test PRIVATE ${PROJECT_SOURCE_DIR})
  foreach(dep IN LISTS deps)
    tillstream_target_name(${dep} dep_target)
    target_link_libraries(${target}_test PRIVATE ${dep_target})
  endforeach()
  gtest_discover_tests(${target}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60)
endfunction()

# The table the tidy test checks the includes against: one line a module, "name layer dep,dep".
function(tillstream_write_module_table)
  get_property(modules GLOBAL PROPERTY TILLSTREAM_MODULES)
  string(REPLACE ";" "\n" text "${modules}")
  file(WRITE ${PROJECT_BINARY_DIR}/modules.txt "${text}\n")
endfunction()
