#!/usr/bin/env bash
# The documents may only tell the reader to type what exists: every `./dev VERB` and `tillstream VERB` in a ```sh
# block of README.md, ARCHITECTURE.md and docs/ must be a verb, and every ./script must be there and executable.
# A block that follows a line with `<!-- not run -->` is left alone.
#
#   run_docs.sh ROOT [TILLSTREAM_BINARY]     without a binary, commands of tillstream are not looked at
set -euo pipefail

root=$1
program=${2-}
wrong=0 seen=0

complain() {  # place message
    printf '%s: %s\n' "$1" "$2" >&2
    wrong=$((wrong + 1))
}

# "file:line: command" for each line of a sh block; `$ ` in front is the prompt.
commands_of() {
    awk -v file="${1#"$root"/}" '
        /<!-- not run -->/ { skip_next = 1; next }
        /^ *```/ {
            if (inside) { inside = 0; next }
            inside = 1
            wanted = ($0 ~ /^ *```sh *$/) && !skip_next
            skip_next = 0
            next
        }
        inside && wanted { sub(/^ *(\$ )?/, ""); if ($0 != "" && $0 !~ /^#/) print file ":" FNR ": " $0 }
    ' "$1"
}

# A verb stands in the help at the start of an indented line.
has_verb() { grep -qE "^ +$1( |$)" <<<"$2"; }

check_command() {  # place words…
    local place=$1
    shift
    # Variables in front: TILLSTREAM_TOKEN=… tillstream …
    while [[ ${1-} =~ ^[A-Z_]+= ]]; do shift; done
    case "${1-}" in
        ./dev) has_verb "${2:-help}" "$dev_help" || complain "$place" "./dev has no verb '${2-}'" ;;
        tillstream | build/release/tillstream | ./build/release/tillstream)
            [[ -n $program ]] || return 0
            [[ ${2-} == -* ]] || has_verb "${2-}" "$program_help" || complain "$place" "tillstream has no verb '${2-}'"
            ;;
        ./build/*) ;;
        ./*) [[ -x $root/$1 ]] || complain "$place" "there is no program $1" ;;
        *) return 0 ;;
    esac
    seen=$((seen + 1))
}

dev_help=$("$root/dev" help)
program_help=''
[[ -z $program ]] || program_help=$("$program" --help)

documents=()
for path in "$root"/{README,ARCHITECTURE,STYLE}.md; do [[ ! -f $path ]] || documents+=("$path"); done
[[ ! -d $root/docs ]] || mapfile -t -O "${#documents[@]}" documents < <(find "$root/docs" -name '*.md' | sort)
((${#documents[@]})) || { echo "no document below $root" >&2; exit 1; }

for document in "${documents[@]}"; do
    while IFS= read -r line; do
        place=${line%%: *}
        command=${line#*: }
        # Only the first command of a pipe or list; quotes do not matter for a verb.
        read -ra words <<<"${command%%[|;&]*}"
        ((${#words[@]} == 0)) || check_command "$place" "${words[@]}"
    done < <(commands_of "$document")
done

echo "documents: ${#documents[@]}, commands: $seen, wrong: $wrong"
((wrong == 0))
