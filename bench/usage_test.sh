#!/usr/bin/env bash
# Each program given answers an unknown option with exit code 2 and --help with 0, as the product does.
set -uo pipefail
failed=0
expect() {  # code, then the command
    "${@:2}" >/dev/null 2>&1
    local got=$?
    ((got == $1)) || { echo "${*:2}: exit code $got, expected $1"; failed=1; }
}
(($# > 0)) || { echo "usage_test: no program given"; exit 1; }
for program in "$@"; do
    expect 2 "$program" --no-such-option
    expect 0 "$program" --help
done
exit "$failed"
