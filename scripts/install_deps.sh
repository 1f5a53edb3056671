#!/bin/bash
# Installs the Debian packages that npukit is built, tested and checked with. Says nothing and takes a moment if they are
# all there already.
#   scripts/install_deps.sh [build|all]     build: the `npu` command only; all (default): tests, benchmarks and tools too
set -euo pipefail

build_packages=(
  build-essential cmake ninja-build pkg-config ccache
  libsystemc-dev libfmt-dev libyaml-cpp-dev libcli11-dev nlohmann-json3-dev zlib1g-dev
)
test_packages=(
  git catch2 libbenchmark-dev libopenblas-dev
  clang clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14
)

case "${1:-all}" in
  build) packages=("${build_packages[@]}") ;;
  all) packages=("${build_packages[@]}" "${test_packages[@]}") ;;
  *) echo "install_deps.sh: unknown argument '$1': allowed are build, all" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  cat >&2 <<EOF
install_deps.sh: this is not a Debian system, so nothing was installed. npukit needs, by their Debian 12 names:
  ${packages[*]}
and g++ 12 or newer, CMake 3.25 or newer.
EOF
  # A system that has the tools is left to prove it in the configure step.
  command -v cmake >/dev/null && command -v ninja >/dev/null && exit 0
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ "$state" == installed* ]] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_deps.sh: missing packages, and neither root nor sudo to install them with. As root, run:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run_apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@" \
    </dev/null >"$log" 2>&1
}
# A machine with a recent package list needs no update; one without fails the first time.
run_apt install -y --no-install-recommends "${missing[@]}" && exit 0
if ! run_apt update || ! run_apt install -y --no-install-recommends "${missing[@]}"; then
  cat "$log" >&2
  echo "install_deps.sh: apt-get failed, see above" >&2
  exit 1
fi
