#!/usr/bin/env bash
# /metrics under promtool's eyes, after requests of every kind: nothing to complain of.
#
#   promtool.sh PROGRAM PROMTOOL
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
begin "$1"
promtool=$2
[[ -x $promtool ]] || fail "no promtool at $promtool; ./dev deps --profile full fetches it"

start_server
token=$(make_token --server "$url")
export TILLSTREAM_TOKEN=$token

ask() { curl --silent --output "$scratch/body" --header "x-api-key: $token" "$@"; }

status=0
"$program" simulate --rows 2000 --repeat 5% --corrupt 5% --out "$scratch/shop" --server "$url" --output json \
    >/dev/null || status=$?
((status == 0 || status == 5)) || fail "simulate ended with $status"
"$program" query 'SELECT count(*) FROM shop.sales' --server "$url" >/dev/null || fail query
"$program" replay --sink warehouse --server "$url" >/dev/null || fail replay
ask --data '{"sql":"SELEC 1"}' "$url/v1/query"
ask --data 'nonsense' "$url/v1/streams/sales/records"
ask --data '[]' --header 'Idempotency-Key: k' "$url/v1/streams/sales/records"
ask --request POST "$url/v1/streams/sales/seal"
ask "$url/v1/invoices/none"
ask "$url/nowhere"
curl --silent --output "$scratch/body" "$url/v1/tokens"
"$program" verify --server "$url" --wait 60s --output json >/dev/null || fail verify

ask "$url/metrics"
grep -q '^tillstream_' "$scratch/body" || fail "no metrics: $(head -c 300 "$scratch/body")"
"$promtool" check metrics <"$scratch/body" >"$scratch/found" 2>&1 || fail "promtool: $(<"$scratch/found")"
[[ ! -s $scratch/found ]] || fail "promtool: $(<"$scratch/found")"
printf 'promtool.sh: nothing to complain of in %d series\n' "$(grep -c '^[a-z]' "$scratch/body")"
stop_server
