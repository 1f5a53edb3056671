# Installs NPU_BUILD to a scratch prefix, then configures, builds and tests the project CONSUMER against that prefix.
cmake_minimum_required(VERSION 3.25)
set(scratch ${NPU_BUILD}/consumer)
file(REMOVE_RECURSE ${scratch})

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${CMAKE_COMMAND} -E env DESTDIR= ${CMAKE_COMMAND} --install ${NPU_BUILD} --prefix ${scratch}/first)
# Moved after the install: the package must find its parts wherever it lies.
file(RENAME ${scratch}/first ${scratch}/prefix)
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${scratch}/build -G ${GENERATOR} -D CMAKE_PREFIX_PATH=${scratch}/prefix
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -D CMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${scratch}/build)
run(${CMAKE_CTEST_COMMAND} --test-dir ${scratch}/build --output-on-failure --no-tests=error)
run(${scratch}/prefix/bin/npu run matmul --m 5 --n 6 --k 7 --dtype fp16 --machine tiny)
