#!/bin/bash
# Runs every npu command that the documentation shows and fails if one of them fails.
#   docs_commands.sh NPU_COMMAND REPOSITORY DOCUMENT...
# A command is a line of a fenced ```sh block that begins with `npu ` or `build/release/npu `, after an optional `$ `; a
# backslash at its end carries it on. Commands of one document run in order in one scratch folder that shows the
# repository's files, so that what one writes the next may read. A block to be looked at only is fenced ```text.
set -euo pipefail
npu=$(realpath "$1")
repository=$(realpath "$2")
shift 2
seconds=${DOCS_COMMAND_SECONDS:-300}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

commands_of() {
  awk '
    /^ *```/ { inside = ($0 ~ /^ *```sh *$/) && !inside; command = ""; next }
    !inside { next }
    { line = $0; sub(/^ *(\$ )?/, "", line); command = command line }
    command ~ /\\$/ { sub(/\\$/, "", command); next }
    { if (command ~ /^(npu|build\/release\/npu) /) print FNR ":" command; command = "" }
  ' "$1"
}

total=0
failed=0
for document in "$@"; do
  folder=$scratch/$(basename "$document" .md)
  mkdir -p "$folder/build/release" "$folder/.path"
  for entry in "$repository"/*; do
    [ "$(basename "$entry")" = build ] || ln -s "$entry" "$folder/"
  done
  ln -s "$npu" "$folder/build/release/npu"
  ln -s "$npu" "$folder/.path/npu"
  while IFS=: read -r line command <&3; do
    total=$((total + 1))
    code=0
    (cd "$folder" && PATH="$folder/.path:$PATH" timeout "$seconds" bash -c "$command") \
      </dev/null >"$scratch/output" 2>&1 || code=$?
    [ "$code" -eq 0 ] && continue
    failed=$((failed + 1))
    echo "$document:$line: exit code $code from: $command"
    tail -n 20 "$scratch/output" | sed 's/^/    /'
  done 3< <(commands_of "$document")
done
echo "$total commands in $# documents, $failed failed"
[ "$total" -gt 0 ] && [ "$failed" -eq 0 ]
