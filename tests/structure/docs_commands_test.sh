#!/bin/bash
# The check of the documentation's commands, tried on planted documents with a stand-in for npu that records its
# arguments and fails when told to.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/repository"
echo "kept" >"$scratch/repository/input.txt"
cat >"$scratch/npu" <<EOF
#!/bin/bash
echo "\$*" >>"$scratch/calls"
[ "\$1" != read ] || cat "\$2"
[ "\$1" != write ] || echo text >"\$2"
[ "\$1" != fail ] || exit 2
EOF
chmod +x "$scratch/npu"

check() { # expected exit code, expected calls; the document on stdin
  cat >"$scratch/page.md"
  : >"$scratch/calls"
  local code=0
  "$here/docs_commands.sh" "$scratch/npu" "$scratch/repository" "$scratch/page.md" >"$scratch/log" || code=$?
  if [ "$code" != "$1" ] || [ "$(paste -sd '|' "$scratch/calls")" != "$2" ]; then
    echo "line ${BASH_LINENO[0]}: exit code $code, calls $(paste -sd '|' "$scratch/calls"); expected $1, $2"
    cat "$scratch/log"
    exit 1
  fi
}

# Runs commands in order, with and without a prompt, over several lines; leaves other lines and other blocks alone.
check 0 "read input.txt|write out.txt|read out.txt|run a b" <<'EOF'
npu outside of a block
```sh
npu read input.txt
ls
$ npu write out.txt
build/release/npu read out.txt
npu run a \
    b
```
```text
npu fail
```
EOF
[ ! -e "$scratch/repository/out.txt" ]

# A failing command fails the check and names its line.
check 1 "fail now|run" <<'EOF'
```sh
npu fail now
npu run
```
EOF
grep -q "page.md:2: exit code 2 from: npu fail now" "$scratch/log"

# A document without any command proves nothing.
check 1 "" <<'EOF'
No command here.
EOF
echo "docs_commands.sh does what it says"
