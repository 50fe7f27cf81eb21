# Shared by ./dev, ./demo and ./check: one calm line a step, the whole output only when it fails.
# Sourced, with the repository's root as working directory.

jobs=${TILLSTREAM_JOBS:-$(nproc)}
step_minutes=()  # "name minutes" of each finished step

note() { printf '%s\n' "$*" >&2; }

minutes_since() { awk -v s="$1" -v e="$EPOCHREALTIME" 'BEGIN { printf "%.1f", (e - s) / 60 }'; }

# step <name> <command…>: shows the output as it comes, remembers the minutes.
step() {
    local name=$1 started=$EPOCHREALTIME
    shift
    note "== $name"
    "$@" || { note "== $name failed after $(minutes_since "$started") min"; return 1; }
    step_minutes+=("$(minutes_since "$started") min  $name")
}

# quiet_step <name> <log> <command…>: output into the log; a terminal sees ninja's counter, a pipe a line a minute.
# The command runs in the foreground, so that Ctrl-C reaches it.
quiet_step() {
    local name=$1 log=$2 started=$EPOCHREALTIME status=0 progress
    shift 2
    mkdir -p "$(dirname "$log")"
    : >"$log"
    show_progress "$name" "$log" &
    progress=$!
    "$@" </dev/null >"$log" 2>&1 || status=$?
    kill "$progress" 2>/dev/null || true
    wait "$progress" 2>/dev/null || true
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
    if ((status)); then
        cat "$log" >&2
        note "$name: failed after $(minutes_since "$started") min, see above"
        return "$status"
    fi
    note "$name: done in $(minutes_since "$started") min"
    step_minutes+=("$(minutes_since "$started") min  $name")
}

show_progress() {  # name log
    local shown=$SECONDS
    while sleep 0.3 && kill -0 $$ 2>/dev/null; do
        if [[ -t 2 ]]; then
            printf '\r\033[K%s … %s' "$1" "$(step_counter "$2")" >&2
        elif ((SECONDS - shown >= 60)); then
            note "$1 … $(step_counter "$2")"
            shown=$SECONDS
        fi
    done
}

step_counter() { tail -c 4096 "$1" 2>/dev/null | grep -ao '^\[[0-9]*/[0-9]*\]' | tail -n 1 || true; }

configure() { cmake --preset "$1"; }

build() {  # preset [target…]
    local preset=$1
    shift
    cmake --build --preset "$preset" --parallel "$jobs" ${1+--target "$@"}
}

configure_and_build() { configure "$1" && build "$@"; }
