#!/usr/bin/env bash
# Writes the lock files from pyproject.toml: exact versions with hashes, no address of any registry.
# What is locked stays as it is where it can; UPGRADE=1 chooses every version anew.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never

lock() {
  .venv/bin/uv pip compile --quiet ${UPGRADE:+--upgrade} --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}

lock pyproject.toml --extra sim --extra postgres --output-file requirements.txt
lock --group pyproject.toml:dev --constraints requirements.txt --output-file requirements-dev.txt
echo uv | lock - --output-file requirements-uv.txt
