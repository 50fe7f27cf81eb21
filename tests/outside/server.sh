# Sourced by the tests with outside clients: one server after the other, each on a folder of its own.
#
#   begin PROGRAM          the program under test; everything is removed at the end
#   start_server ARGS…     waits until every store is open; sets $url, $data
#   stop_server            SIGTERM; fails if the exit code is not 0; its folder goes
#   make_token WHERE…      prints a token that may everything; --data DIR or --server URL
#   fail MESSAGE           shows the server's last words

set -euo pipefail

server='' url='' data=''

begin() {  # program
    program=$1
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/tillstream-outside.XXXXXX")
    trap end EXIT
}

end() {
    [[ -z $server ]] || kill -KILL "$server" 2>/dev/null || true
    rm -rf "$scratch"
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    [[ ! -s $scratch/server.log ]] || tail -n 20 "$scratch/server.log" >&2
    exit 1
}

start_server() {
    data=$scratch/data
    : >"$scratch/ready"
    "$program" serve --data "$data" --http 127.0.0.1:0 "$@" >"$scratch/ready" 2>>"$scratch/server.log" &
    server=$!
    local deadline=$((SECONDS + 120))
    until url=$(sed -n 's/^ready //p' "$scratch/ready") && [[ -n $url ]]; do
        kill -0 "$server" 2>/dev/null || fail "the server ended before it was ready"
        ((SECONDS < deadline)) || fail "the server does not get ready"
        sleep 0.05
    done
    until curl --silent --insecure --fail --output /dev/null "$url/readyz"; do
        kill -0 "$server" 2>/dev/null || fail "the server ended"
        ((SECONDS < deadline)) || fail "the stores do not open"
        sleep 0.05
    done
}

stop_server() {
    local pid=$server status=0
    server=''
    kill -TERM "$pid"
    wait "$pid" || status=$?
    ((status == 0)) || fail "the server ended with $status"
    rm -rf "$data"
}

make_token() {
    "$program" token create --scope admin --output json "$@" 2>"$scratch/token.log" | grep -o 'ts_[0-9a-f_]*' ||
        fail "token create: $(<"$scratch/token.log")"
}
