#!/bin/bash
# clang-tidy over the C++ sources that changed since the branch left main, and the headers they include. Without such a
# base, over what the last commits touched.
#   scripts/lint.sh BUILD_TREE [FILE.cpp ...]      LINT_SECONDS=600: stop starting new files after that long
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
shift || true
limit=${LINT_SECONDS:-600}

changed_sources() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null || true)
  # On main itself, or in a clone that is level with it: what the last commits touched.
  if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then
    base=$(git rev-list --first-parent --max-count=11 HEAD | tail -n 1)
  fi
  git diff --name-only --diff-filter=d "$base" -- '*.cpp'
  # A changed header is seen through the source beside it.
  git diff --name-only --diff-filter=d "$base" -- '*.h' | sed 's/\.h$/.cpp/' | xargs -r ls 2>/dev/null || true
}

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(changed_sources | sort -u)
fi
# Only what this build tree compiles: a source of another preset has no compile command.
compiled=()
for file in "${files[@]}"; do
  grep -qF "\"file\": \"$PWD/$file\"" "$build/compile_commands.json" && compiled+=("$file")
done
[ ${#compiled[@]} -gt 0 ] || { echo "clang-tidy: no compiled source changed"; exit 0; }

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export build results
export limit start
start=$(date +%s)
# NOTE: the compile commands are those of g++, some of whose warnings clang does not know.
lint_one() {
  if [ $(($(date +%s) - start)) -ge "$limit" ]; then
    echo "$1" >>"$results/skipped"
  elif ! clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option "$1" >"$results/$$.log" 2>/dev/null; then
    cat "$results/$$.log"
    echo "$1" >>"$results/failed"
  fi
}
export -f lint_one
printf '%s\0' "${compiled[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'lint_one "$1"' lint

touch "$results/skipped"
skipped=$(wc -l <"$results/skipped")
[ "$skipped" -eq 0 ] || echo "clang-tidy: out of time, not looked at: $(tr '\n' ' ' <"$results/skipped")"
if [ -s "$results/failed" ]; then
  echo "clang-tidy: findings in $(sort "$results/failed" | tr '\n' ' ')"
  exit 1
fi
echo "clang-tidy: $((${#compiled[@]} - skipped)) sources, no findings"
