#!/usr/bin/env bash
# Sets up .venv: the locked packages, the simulator, cityloop itself (editable), warm kernels.
# Needs Python 3.11 or later and the package registries. What the system lacks beyond that is installed
# with apt-get where we may, and named where we may not.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=.venv/bin
locks=(-r requirements.txt -r requirements-dev.txt)
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PYTHON_DOWNLOADS=never

say() { printf '· %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

apt_install() {
  local as_root=()
  command -v apt-get >/dev/null || fail "the system lacks $*; install it and run make install again"
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "the system lacks $*; run: sudo apt-get install $*"
    as_root=(sudo -n)
  fi
  say "apt-get install $*"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }' apt "$@" ||
    fail "apt-get could not install $*"
}

find_python() {
  local each
  for each in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$each"
      return
    fi
  done
  fail "no Python 3.11 or later found; name one: make install PYTHON=/path/to/python3"
}

make_venv() {
  local python
  if [ -x $bin/python ] && $bin/python -m pip --version >/dev/null 2>&1; then return; fi
  python=$(find_python)
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    apt_install "$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
  fi
  say "making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
}

# uv does not read pip's settings, where a mirror or a certificate may be named.
share_pip_settings() {
  local index cert
  index=${PIP_INDEX_URL:-$($bin/python -m pip config get global.index-url 2>/dev/null || true)}
  cert=${PIP_CERT:-$($bin/python -m pip config get global.cert 2>/dev/null || true)}
  if [ -n "$index" ]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
  if [ -n "$cert" ]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$cert}; fi
}

install_packages() {
  share_pip_settings
  say "fetching the locked packages (a minute or two the first time)"
  if $bin/python -m pip install -q --require-hashes -r requirements-uv.txt &&
    $bin/uv pip install -q --python $bin/python --require-hashes "${locks[@]}"; then
    $bin/uv pip install -q --python $bin/python --no-build-isolation --no-deps --editable .
    return
  fi
  say "uv cannot be used here; pip does the same, more slowly"
  $bin/python -m pip install -q --require-hashes "${locks[@]}"
  $bin/python -m pip install -q --no-build-isolation --no-deps --editable .
}

# The simulator's wheels count on a few libraries of the system, which a slim one lacks.
missing_libraries() {
  local site
  site=$($bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  { ldd "$site/libsumo/_libsumo.so"; ldd "$site/sumo/bin/sumo"; } 2>/dev/null |
    awk '/not found/ { print $1 }' | sort -u
}

complete_simulator() {
  local library packages=()
  for library in $(missing_libraries); do
    case $library in
      libatomic.so.1) packages+=(libatomic1) ;;
      libexpat.so.1) packages+=(libexpat1) ;;
      libGL.so.1) packages+=(libgl1) ;;
      libX11.so.6) packages+=(libx11-6) ;;
      libXext.so.6) packages+=(libxext6) ;;
      libXrender.so.1) packages+=(libxrender1) ;;
      libz.so.1) packages+=(zlib1g) ;;
      *) fail "the simulator needs the shared library $library; install the package that has it" ;;
    esac
  done
  if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
  $bin/python -c 'import libsumo' || fail "libsumo cannot be loaded (see above)"
  $bin/sumo --version >/dev/null || fail "the simulator does not start (see above)"
}

# What the tests start for real. Only what is missing is asked for, all in one go.
complete_system() {
  local packages=()
  command -v chromium >/dev/null || packages+=(chromium)
  PATH=$PATH:/usr/sbin command -v mosquitto >/dev/null || packages+=(mosquitto)
  [ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || packages+=(fonts-noto-cjk)
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages+=(postgresql)
  if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
}

make_venv
install_packages
complete_simulator
complete_system
if [ -f src/cityloop/cli/main.py ]; then
  say "warming the kernels"
  $bin/cityloop warm
fi
