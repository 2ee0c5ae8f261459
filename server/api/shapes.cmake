# gen_shapes turns AWS's service models into the constant tables behind server/api/shape.h.
add_executable(gen_shapes server/api/gen/gen_shapes.cc)
target_include_directories(gen_shapes SYSTEM PRIVATE ${RAPIDJSON_INCLUDE_DIR})

set(shapes_models
  ${CMAKE_SOURCE_DIR}/server/api/model/dynamodb-2012-08-10.json
  ${CMAKE_SOURCE_DIR}/server/api/model/dynamodbstreams-2012-08-10.json
  ${CMAKE_SOURCE_DIR}/server/api/model/lambda-2015-03-31.json
  ${CMAKE_SOURCE_DIR}/server/api/model/request-validation-order.json
  ${CMAKE_SOURCE_DIR}/server/api/model/corrections.json)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/generated/shapes.cc
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
  COMMAND gen_shapes ${CMAKE_SOURCE_DIR}/server/api/model ${CMAKE_BINARY_DIR}/generated/shapes.cc
  DEPENDS gen_shapes ${shapes_models}
  COMMENT "Writing shapes.cc from AWS's service models")
add_library(server_api_shapes STATIC ${CMAKE_BINARY_DIR}/generated/shapes.cc)
target_link_libraries(server_api_shapes PUBLIC tailrace_flags)
