#!/usr/bin/env bash
# Schemathesis reads /openapi.json and calls everything it names, with what fits the document and with what does not.
# A 5xx fails, and so does an answer that the document does not describe. Once without a token, once with one.
#
#   openapi_fuzz.sh PROGRAM SCHEMATHESIS [EXAMPLES]
#
# SEED in the environment repeats a run.
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
begin "$1"
schemathesis=$(realpath -m "$2")
examples=${3:-25}
seed=${SEED:-$RANDOM$RANDOM}
config=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
[[ -x $schemathesis ]] || fail "no schemathesis at $schemathesis; ./dev deps --profile full installs it"
printf 'seed %s, %s examples an operation\n' "$seed" "$examples"

sample='{"InvoiceNo":"536365","StockCode":"1","Quantity":2,"InvoiceDate":"2011-05-01",
    "UnitPrice":"1.50","CustomerID":7}'

# A record, so that reads find something.
fill() {  # curl's flags
    curl --silent --fail --output /dev/null "$@" --header 'Content-Type: application/json' --data "$sample" \
        "$url/v1/streams/sales/records" || fail 'the first record was refused'
}

fuzz() {  # name, further flags
    local name=$1
    shift
    # In the scratch folder: it keeps what it found beside where it runs.
    (cd "$scratch" && "$schemathesis" --no-color --config-file "$config/schemathesis.toml" run "$url/openapi.json" \
        --seed "$seed" --max-examples "$examples" --warnings off "$@") >"$scratch/$name.txt" 2>&1 || {
        cat "$scratch/$name.txt"
        fail "$name: the door does not do what it says"
    }
    grep -A1 '^Test cases:' "$scratch/$name.txt"
    kill -0 "$server" 2>/dev/null || fail "$name: the server ended"
}

start_server --query.timeout 2s
fill
# The first token would close the door.
fuzz open --exclude-operation-id createToken --exclude-checks ignored_auth
"$program" verify --server "$url" --wait 60s --output json >/dev/null || fail 'verify, after the open door'
stop_server

# Behind tokens also aliases of both kinds.
cat >"$scratch/aliases.toml" <<'TOML'
[[http.alias]]
path = "/prod/main"
stream = "sales"
response = "seed"

[[http.alias]]
path = "/tills"
stream = "sales"
TOML
token=$(make_token --data "$scratch/data")
start_server --query.timeout 2s --config "$scratch/aliases.toml"
fill --header "Authorization: Bearer $token"
fuzz guarded --header "Authorization: Bearer $token"
"$program" verify --server "$url" --token "$token" --wait 60s --output json >/dev/null ||
    fail 'verify, after the guarded door'
stop_server
