#!/bin/bash
# Runs every benchmark program of a build tree, one after the other on one host core.
#   scripts/bench.sh BUILD_TREE
set -euo pipefail
build=${1:-build/release}
list=$build/benchmarks.txt
[ -s "$list" ] || { echo "bench.sh: $list names no benchmark program" >&2; exit 1; }

export OPENBLAS_NUM_THREADS=1
# NOTE: Debian's OpenBLAS picks a slow kernel for AVX-512 hosts it does not know; the comparison is against its best.
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
grep -qm1 avx512f /proc/cpuinfo && export OPENBLAS_CORETYPE=SkylakeX
while read -r program; do
  printf '\n== %s\n' "$(basename "$program")"
  "$program" --benchmark_counters_tabular=true
done <"$list"
