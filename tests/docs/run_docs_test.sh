#!/usr/bin/env bash
# Shows that run_docs.sh fails on each kind of wrong command and passes the right ones.
set -euo pipefail

script=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/run_docs.sh
root=$(mktemp -d "${TMPDIR:-/tmp}/run-docs.XXXXXX")
trap 'rm -rf "$root"' EXIT
printf '#!/bin/sh\necho "  build [PRESET]  builds"\n' >"$root/dev"
printf '#!/bin/sh\necho "  serve   serves"\n' >"$root/tillstream"
chmod +x "$root/dev" "$root/tillstream"

expect() {  # wanted-wrong document-text
    printf '%b' "$2" >"$root/README.md"
    local shown status=0
    shown=$("$script" "$root" "$root/tillstream" 2>&1) || status=$?
    if ! grep -q "wrong: $1\$" <<<"$shown" || (((status != 0) != ($1 != 0))); then
        printf 'expected %s wrong commands in:\n%b\ngot exit code %s and:\n%s\n' "$1" "$2" "$status" "$shown" >&2
        exit 1
    fi
}

expect 0 '```sh\n./dev build\n$ tillstream serve --data x | head\nTILLSTREAM_TOKEN=a tillstream serve\nls\n```\n'
expect 1 '```sh\n./dev polish\n```\n'
expect 1 'text\n```sh\ntillstream fly\n```\n'
expect 1 '```sh\n./absent --now\n```\n'
expect 2 '```sh\n./dev polish\n```\n```sh\n./dev shine\n```\n'
expect 0 '```text\n./dev polish\n```\n'
expect 0 '<!-- not run -->\n```sh\n./dev polish\n```\n'
echo "run_docs.sh: all cases as expected"
