#!/bin/bash
# What `make demo` shows: a checked kernel, a checked model, and the cost of a real one.
#   scripts/demo.sh NPU_COMMAND
set -euo pipefail
cd "$(dirname "$0")/.."
npu=${1:-build/release/npu}

show() {
  local title=$1
  shift
  printf '\n== %s\n$ %s' "$title" "npu"
  printf ' %q' "$@"
  printf '\n'
  "$npu" "$@"
}

show "A matrix multiply on the simulated machine, checked against a double-precision reference" \
  run matmul --m 512 --n 512 --k 512 --dtype fp16 --machine base
show "A small transformer with generated weights: every operator a kernel, every token id checked" \
  generate --generated --tokens 16 --check
show "What a token of Llama 3 8B costs on that machine (decode)" \
  estimate configs/models/llama-3-8b.json --phase decode --batch 1 --context 2048
show "What a prompt of 2048 tokens costs (prefill)" \
  estimate configs/models/llama-3-8b.json --phase prefill --tokens 2048
printf '\nEverything above was checked or simulated just now.\n'
