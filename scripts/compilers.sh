#!/bin/bash
# Two compilers, the same simulator: builds the determinism digest a second time with the compiler that the given build
# tree does not use (clang++ or g++) and compares what both print: cycles, program bytes and result bits of every sample.
#   scripts/compilers.sh build/release
# Ends with 77 where there is no second compiler.
set -euo pipefail
build=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)

value() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt" | head -n 1; }
case $("$(value CMAKE_CXX_COMPILER)" --version | head -n 1) in
  *clang*) other=g++ ;;
  *) other=clang++ ;;
esac
if ! command -v "$other" >/dev/null; then
  echo "no $other here: nothing to compare with"
  exit 77
fi

nested=$build/other_compiler
cmake --log-level=WARNING -S "$root" -B "$nested" -G Ninja -DCMAKE_CXX_COMPILER="$other" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER_LAUNCHER="$(value CMAKE_CXX_COMPILER_LAUNCHER)" \
  -DNPU_BUILD_TESTS=ON -DNPU_BUILD_BENCHMARKS=OFF >/dev/null
cmake --build "$nested" --target determinism_digest -- --quiet

"$build/determinism_digest" >"$nested/this.txt"
"$nested/determinism_digest" >"$nested/other.txt"
if ! diff "$nested/this.txt" "$nested/other.txt"; then
  echo "the two builds differ: above, < is the build tree's compiler, > is $other"
  exit 1
fi
echo "$(wc -l <"$nested/this.txt") samples: the same programs, cycles and bits from both compilers"
