#!/usr/bin/env bash
# Installs everything a build of qtool needs. Run it as often as you like: what is there stays.
#
#   third_party/bootstrap.sh            for a build on this machine
#   third_party/bootstrap.sh aarch64    also for the preset `aarch64`, which is compiled here and run by qemu
#   third_party/bootstrap.sh fuzz       also for the preset `fuzz`
#
# Debian packages go to the system (root or sudo, and only if one is missing). What Debian 12 does not
# have goes into a cache outside the build tree, one folder a version:
#   $QTOOL_DEPS, else ${XDG_CACHE_HOME:-$HOME/.cache}/qtool
# Every file fetched for the cache is checked against the SHA-256 pinned below.
set -euo pipefail

catch2_version=3.7.1-0.4~bpo12+1
catch2_sha256=1dbb62ed9f177e1cf51e573903cc553241764bd3b6655f5a98889ad361d008dc
onednn_version=2023.2.0
onednn_lib_sha256=2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb
onednn_devel_sha256=9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284
onnx_version=1.23.2
onnx_sha256=008cb0467b2bbee41448acc7da8b6f4e704624cb0d327a2d5adafc7ce19bc5b8
ort_header_version=1.21.0
ort_header_sha256=14f7d959d5deacbcf1504830d4189f91fc67382b399ed9ae9d3aa9c4050ced08
d3_version=7.9.0
d3_sha256=7e36605710a2ba54846797c8c6d888911341b215ae53257dc32a49a0b824355e
plot_version=0.6.17
plot_sha256=4dcc9f7afd10caee8b2283c0075a5765610cfbbf6d7d93cdb153b3b5d3501afc
catch2_aarch64_sha256=8b1fc3ea6458ebf82a0cf78a33839643d23cd929f1e17deb724feb02c677c052
cmake_version=3.31.6
cmake_sha256=1c8b05df0602365da91ee6a3336fe57525b137706c4ab5675498f662ae1dbcec

packages=(
  g++ cmake ninja-build ccache pkg-config git ca-certificates python3 python3-venv
  protobuf-compiler libprotobuf-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libzip-dev libre2-dev
  libxxhash-dev libyaml-cpp-dev libhwy-dev
  dpkg-dev file # cpack's Debian packages
  chromium man-db zsh # only for the tests of reports, man pages and completions
  qemu-user # only for the tests of portable builds
)

for_aarch64=
case ${1:-} in
  '') ;;
  aarch64) for_aarch64=1 && packages+=(g++-aarch64-linux-gnu) ;;
  fuzz) packages+=(clang libclang-rt-14-dev) ;;
  *) echo "usage: $0 [aarch64|fuzz]" >&2 && exit 2 ;;
esac
aarch64_packages=(
  libstdc++-12-dev libprotobuf-dev libcli11-dev libspdlog-dev libfmt-dev nlohmann-json3-dev libzip-dev libre2-dev
  libxxhash-dev libyaml-cpp-dev libhwy-dev
)

deps=${QTOOL_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/qtool}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$deps"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { printf 'bootstrap: %s\n' "$*"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  say "installing Debian packages: ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$work/apt.log" 2>&1 ||
    { cat "$work/apt.log" >&2; exit 1; }
}

# check FILE SHA256
check() {
  echo "$2  $1" | sha256sum --check --status || { say "$(basename "$1") does not have the pinned SHA-256 $2"; exit 1; }
}

# Runs a function that fills the folder $1, and moves it into the cache only when it is whole.
cached() {
  local name=$1 fill=$2
  [ -d "$deps/$name" ] && return
  say "preparing $name"
  mkdir -p "$work/$name.dir"
  "$fill" "$work/$name.dir"
  mv "$work/$name.dir" "$deps/$name"
}

# private_apt SUITE [ARCHITECTURE]: sets `apt` to the options of an apt that has a state of its own in $state and
# reads one suite from the mirror the user already has, so that the user's sources stay as they are.
private_apt() {
  local mirror architecture=${2:-$(dpkg --print-architecture)}
  state=$work/apt-$1-$architecture
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Codename: bookworm' | head -n 1)
  [ -n "$mirror" ] || { say "no Debian 12 (bookworm) source is configured in apt"; return 1; }
  mkdir -p "$state/lists/partial" "$state/archives/partial"
  : >"$state/status" # nothing is installed
  echo "deb [arch=$architecture signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$state/sources.list"
  apt=(-o "APT::Architecture=$architecture" -o "APT::Architectures::=$architecture" -o APT::Sandbox::User=root
    -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$state/lists" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state")
  apt-get "${apt[@]}" update -qq
}

# fill_deb FOLDER SUITE PACKAGE SHA256 [ARCHITECTURE]: the files of a package that Debian 12's main suite does not have.
fill_deb() {
  private_apt "$2" "${5:-}" || return 1
  (cd "$state" && apt-get "${apt[@]}" download -qq "$3") || return 1
  check "$state"/*.deb "$4"
  dpkg -x "$state"/*.deb "$1"
}
fill_catch2() { fill_deb "$1" bookworm-backports "libcatch2-dev=$catch2_version" "$catch2_sha256"; }

# The header of onnxruntime's C API, of Debian 13. Without it qtool is built without `--backend onnxruntime`.
fill_ort_header() {
  fill_deb "$1" trixie "libonnxruntime-dev=$ort_header_version+dfsg-1" "$ort_header_sha256" ||
    say "onnxruntime's header could not be had: qtool will be built without that backend"
}

# Wheels are zip files; python's own zipfile unpacks them, so nothing is installed into any Python.
fill_onednn() {
  python3 -m venv "$work/fetch"
  "$work/fetch/bin/pip" download -q --no-deps -d "$work/onednn" \
    "onednn-cpu-gomp==$onednn_version" "onednn-devel-cpu-gomp==$onednn_version"
  check "$work"/onednn/onednn_cpu_gomp-*.whl "$onednn_lib_sha256"
  check "$work"/onednn/onednn_devel_cpu_gomp-*.whl "$onednn_devel_sha256"
  local wheel
  for wheel in "$work"/onednn/*.whl; do python3 -m zipfile -e "$wheel" "$work/onednn/x"; done
  cp -r "$work"/onednn/x/*.data/data/. "$1"
  # A wheel holds no symbolic links; three copies of the library become one.
  ln -sf libdnnl.so.3.2 "$1/lib/libdnnl.so.3"
  ln -sf libdnnl.so.3 "$1/lib/libdnnl.so"
}

# fill_onnx FOLDER [OPTION...]: with these options of CMake
fill_onnx() {
  local folder=$1
  shift
  rm -rf "$work/cmake" "$work/onnx"
  python3 -m venv "$work/cmake"
  echo "cmake==$cmake_version --hash=sha256:$cmake_sha256" >"$work/requirements.txt"
  "$work/cmake/bin/pip" install -q --only-binary :all: --require-hashes -r "$work/requirements.txt"
  "$work/cmake/bin/pip" download -q --no-deps --no-binary onnx -d "$work/onnx" "onnx==$onnx_version"
  check "$work/onnx/onnx-$onnx_version.tar.gz" "$onnx_sha256"
  tar -xzf "$work/onnx/onnx-$onnx_version.tar.gz" -C "$work/onnx"
  say "building the ONNX C++ library $onnx_version (2 to 3 minutes on 2 cores)"
  {
    "$work/cmake/bin/cmake" -G Ninja -S "$work/onnx/onnx-$onnx_version" -B "$work/onnx/build" \
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
      -DONNX_ML=ON -DONNX_BUILD_PYTHON=OFF -DONNX_USE_PROTOBUF_SHARED_LIBS=ON -DONNX_BUILD_TESTS=OFF "$@" &&
      "$work/cmake/bin/cmake" --build "$work/onnx/build" --target install
  } >"$work/onnx.log" 2>&1 || { tail -n 40 "$work/onnx.log" >&2; exit 1; }
}

# fill_npm PACKAGE SHA256 SCRIPT FOLDER: the package's built script and its licence; what stands in the
# package to be run is not run.
fill_npm() {
  command -v npm >/dev/null || { say "npm is missing: Debian's package npm has it, or nodejs.org's Node.js"; exit 1; }
  mkdir "$work/npm"
  (cd "$work/npm" && npm pack --silent --ignore-scripts "$1" >"$work/npm.log" 2>&1) ||
    { say "npm could not fetch $1"; cat "$work/npm.log" >&2; exit 1; }
  check "$work"/npm/*.tgz "$2"
  tar -xzf "$work"/npm/*.tgz -C "$work/npm"
  cp "$work/npm/package/dist/$3" "$work/npm/package/LICENSE" "$4"
  rm -r "$work/npm"
}
fill_d3() { fill_npm "d3@$d3_version" "$d3_sha256" d3.min.js "$1"; }
fill_plot() { fill_npm "@observablehq/plot@$plot_version" "$plot_sha256" plot.umd.min.js "$1"; }

# What programs for aarch64 are linked with, and run with by qemu: Debian's packages with all that they
# depend on, unpacked into one root folder. apt checks them by Debian's signatures.
fill_aarch64_root() {
  local package
  private_apt bookworm arm64
  apt-get "${apt[@]}" install -y -qq --download-only --no-install-recommends \
    "${aarch64_packages[@]}" >"$work/apt.log" || { cat "$work/apt.log" >&2; exit 1; }
  for package in "$state"/archives/*.deb; do dpkg -x "$package" "$1"; done
  rm -rf "$1/usr/share/doc"
  fill_deb "$1" bookworm-backports "libcatch2-dev=$catch2_version" "$catch2_aarch64_sha256" arm64
}

fill_aarch64_onnx() {
  fill_onnx "$1" -DCMAKE_TOOLCHAIN_FILE="$here/../cmake/aarch64.cmake" -DONNX_CUSTOM_PROTOC_EXECUTABLE=/usr/bin/protoc
}

# npm comes with Node.js from nodejs.org too, which Debian's package would be in the way of.
[ -d "$deps/d3-$d3_version" ] && [ -d "$deps/plot-$plot_version" ] || command -v npm >/dev/null || packages+=(npm)
install_packages
cached "d3-$d3_version" fill_d3
cached "plot-$plot_version" fill_plot
cached "catch2-$catch2_version" fill_catch2
rmdir "$deps/onnxruntime-header-$ort_header_version" 2>/dev/null || true # empty: it could not be had the last time
[ -e /usr/include/onnxruntime/onnxruntime_c_api.h ] || cached "onnxruntime-header-$ort_header_version" fill_ort_header
cached "onednn-$onednn_version" fill_onednn
cached "onnx-$onnx_version" fill_onnx
if [ -n "$for_aarch64" ]; then
  cached aarch64-root fill_aarch64_root
  cached "aarch64-onnx-$onnx_version" fill_aarch64_onnx
fi
say "ready (cache: $deps)"
