# Shared by ./dev, ./demo and ./check: one calm line a step, the whole output only when it fails.
# Sourced, with the repository's root as working directory.

jobs=${TILL_JOBS:-$(nproc)}
step_minutes=()  # "1.5 min  name" of each finished step

note() { printf '%s\n' "$*" >&2; }

minutes_since() { awk -v s="$1" -v e="$EPOCHREALTIME" 'BEGIN { printf "%.1f min", (e - s) / 60 }'; }

# step <name> <command…>: shows the output as it comes, remembers the minutes.
step() {
    local name=$1 started=$EPOCHREALTIME
    shift
    note "== $name"
    "$@" || { note "== $name failed after $(minutes_since "$started")"; return 1; }
    step_minutes+=("$(minutes_since "$started")  $name")
}

# quiet_step <name> <log> <command…>: output into the log; a terminal sees ninja's counter, a pipe a line a minute.
# The command runs in the foreground, so that Ctrl-C reaches it; the printer ends when its pipe is closed.
quiet_step() {
    local name=$1 log=$2 started=$EPOCHREALTIME status=0 printer printer_pid
    shift 2
    mkdir -p "$(dirname "$log")"
    : >"$log"
    exec {printer}> >(show_progress "$name" "$log")
    printer_pid=$!
    "$@" </dev/null >"$log" 2>&1 {printer}>&- || status=$?
    exec {printer}>&-
    wait "$printer_pid" || true
    if ((status)); then
        cat "$log" >&2
        note "$name: failed after $(minutes_since "$started"), see above"
        return "$status"
    fi
    note "$name: done in $(minutes_since "$started")"
    step_minutes+=("$(minutes_since "$started")  $name")
}

show_progress() {  # name log
    local shown=$SECONDS status=0 ignored
    while true; do
        read -r -t 0.3 ignored || status=$?
        ((status > 128)) || break  # no time-out but the end of the pipe
        status=0
        if [[ -t 2 ]]; then
            printf '\r\033[K%s … %s' "$1" "$(step_counter "$2")" >&2
        elif ((SECONDS - shown >= 60)); then
            note "$1 … $(step_counter "$2")"
            shown=$SECONDS
        fi
    done
    [[ ! -t 2 ]] || printf '\r\033[K' >&2
}

step_counter() { tail -c 4096 "$1" 2>/dev/null | grep -ao '^\[[0-9]*/[0-9]*\]' | tail -n 1 || true; }

configure() { cmake --preset "$1"; }

build() {  # preset [target…]
    local preset=$1
    shift
    cmake --build --preset "$preset" --parallel "$jobs" ${1+--target "$@"}
}

configure_and_build() { configure "$1" && build "$@"; }
