#!/usr/bin/env bash
# Installs what building (and, with --profile check, testing; with full, testing with outside programs too) needs and
# this machine lacks. Silent and offline when nothing is missing.
#
#   cmake/install-dependencies.sh [--profile build|check|full]
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(
    g++ cmake ninja-build ccache mold pkg-config git ca-certificates zstd
    libfmt-dev libexpected-dev libboost1.81-dev libssl-dev libsimdjson-dev nlohmann-json3-dev libtoml11-dev
    libhowardhinnant-date-dev libcli11-dev libspdlog-dev prometheus-cpp-dev libisal-dev librocksdb-dev libzstd-dev zlib1g-dev
    libjemalloc-dev
    libgtest-dev libgmock-dev libbenchmark-dev)
check_packages=(clang-19 clang-tidy-19 libclang-rt-19-dev curl openssl)
full_packages=(python3 python3-venv)

# The library is the supported 1.5 line; the C header comes from 1.4.4, the newest that carries its sources, and
# declares all that is called here.
duckdb_dir=$root/.deps/duckdb
duckdb_header_package=duckdb@1.4.4
duckdb_header_path=package/src/duckdb/src/include/duckdb.h
duckdb_library_sha256=3f4962cdd266eab2b479a5b5a4a6d063d279b2954ae814ed00385d553b747633
duckdb_header_sha256=cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281

say() { printf 'install: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

missing_packages() {
    local installed
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    local package
    for package in "$@"; do
        grep -qxF "$package installed" <<<"$installed" || printf '%s\n' "$package"
    done
}

# Fails with what a person with more rights would have to do.
as_root() {  # the way out, command…
    local way_out=$1
    shift
    if ((EUID == 0)); then
        "$@"
        return
    fi
    command -v sudo >/dev/null || fail "needs root or sudo; run as root: $way_out"
    sudo "$@"
}

install_packages() {
    command -v dpkg-query >/dev/null || fail "this is not Debian: install by hand: $*"
    local wanted=("$@") missing=()
    command -v npm >/dev/null || wanted+=(nodejs npm)
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    ((${#missing[@]})) || return 0
    local way_out="apt-get install --no-install-recommends ${missing[*]}"
    say "${#missing[@]} Debian packages are missing: ${missing[*]}"
    as_root "$way_out" apt-get -qq update >&2
    as_root "$way_out" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}" >&2
}

# The stamp holds the checksums of what is in place; it is written last.
duckdb_stamp() { printf '%s\n%s\n' "$duckdb_library_sha256" "$duckdb_header_sha256"; }

duckdb_present() {
    [[ -f $duckdb_dir/libduckdb.so && -f $duckdb_dir/duckdb.h && -f $duckdb_dir/stamp ]] &&
        [[ $(<"$duckdb_dir/stamp") == "$(duckdb_stamp)" ]]
}

duckdb_right() {  # folder
    printf '%s  %s\n' "$duckdb_library_sha256" "$1/libduckdb.so" "$duckdb_header_sha256" "$1/duckdb.h" |
        sha256sum --check --status 2>/dev/null
}

fetch_duckdb() {  # folder
    local into=$1
    cp "$root"/cmake/duckdb/{package.json,package-lock.json,.npmrc} "$into"
    (cd "$into" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 &&
        npm pack --silent --ignore-scripts "$duckdb_header_package" >/dev/null)
    mv "$into/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so" "$into/"
    tar -xzf "$into"/duckdb-*.tgz -C "$into" --strip-components=5 "$duckdb_header_path"
}

install_duckdb() {
    duckdb_present && return 0
    [[ $(uname -m) == x86_64 ]] || fail "DuckDB's prebuilt library is for x86-64; this machine is $(uname -m)"
    mkdir -p "$duckdb_dir"
    if ! duckdb_right "$duckdb_dir"; then
        say "fetching DuckDB's library and header with npm"
        fetch_dir=$(mktemp -d "$duckdb_dir/fetch.XXXXXX")
        trap 'rm -rf "$fetch_dir"' EXIT
        fetch_duckdb "$fetch_dir"
        duckdb_right "$fetch_dir" ||
            fail "DuckDB as fetched has the wrong checksum, nothing was installed; see sha256 in ${BASH_SOURCE[0]}"
        mv "$fetch_dir/libduckdb.so" "$fetch_dir/duckdb.h" "$duckdb_dir/"
    fi
    duckdb_stamp >"$duckdb_dir/stamp.new"
    mv "$duckdb_dir/stamp.new" "$duckdb_dir/stamp"
}

# Out of its package, which is not installed: that would start a Prometheus on this machine.
install_promtool() {
    local into=$root/build/outside unpacked
    [[ -x $into/promtool ]] && return 0
    say "fetching promtool out of Debian's package prometheus"
    mkdir -p "$into"
    unpacked=$(mktemp -d "$into/fetch.XXXXXX")
    trap "rm -rf '$unpacked'" EXIT
    # The list of packages may be too old, or not there at all.
    (cd "$unpacked" && { apt-get -qq download prometheus 2>/dev/null ||
        { as_root "apt-get update" apt-get -qq update && apt-get -qq download prometheus; }; } >&2 &&
        dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool)
    mv "$unpacked/usr/bin/promtool" "$into/promtool"
    rm -rf "$unpacked"
}

# The copy of the list is written last.
install_schemathesis() {
    local venv=$root/build/outside/schemathesis wanted=$root/tests/outside/requirements.txt
    cmp -s "$wanted" "$venv/requirements.txt" && return 0
    say "installing schemathesis with pip"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement "$wanted" >&2
    cp "$wanted" "$venv/requirements.txt"
}

main() {
    local profile=build
    case "${1-}" in
        '') ;;
        --profile) profile=${2-} ;;
        *) fail "unknown argument '$1'; use --profile build, check or full" ;;
    esac
    case "$profile" in
        build) install_packages "${build_packages[@]}" ;;
        check) install_packages "${build_packages[@]}" "${check_packages[@]}" ;;
        full) install_packages "${build_packages[@]}" "${check_packages[@]}" "${full_packages[@]}" ;;
        *) fail "unknown profile '$profile'; use build, check or full" ;;
    esac
    install_duckdb
    [[ $profile == full ]] || return 0
    install_promtool
    install_schemathesis
}

main "$@"
