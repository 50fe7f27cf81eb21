#!/usr/bin/env bash
# The door as curl sees it: HTTP/1.0 and 1.1, connections that are kept, uploads that wait for 100-continue, chunked and
# compressed bodies, HEAD and OPTIONS; first plain, then with TLS and a token.
#
#   curl.sh PROGRAM
source "$(dirname "${BASH_SOURCE[0]}")/server.sh"
begin "$1"

records=/v1/streams/sales/records
json='Content-Type: application/json'
flags=()      # of every call: the certificate, the token
checked=0

sale() { printf '{"InvoiceNo":"%s","StockCode":"1","Quantity":2,"InvoiceDate":"2011-05-01","UnitPrice":"1.50"}' "$1"; }

# ask ARGS…: headers into $scratch/head, the body into $scratch/body, what -w says into $told.
ask() {
    told=$(curl --silent --show-error --max-time 60 --dump-header "$scratch/head" --output "$scratch/body" \
        --write-out '%{http_code} %{http_version} %{num_connects}' "${flags[@]}" "$@") || fail "curl $*: exit code $?"
}

expect() {  # wanted name: what -w told
    [[ $told == "$1" ]] || fail "$2: expected '$1', found '$told': $(head -c 300 "$scratch/body")"
    checked=$((checked + 1))
}

expect_body() {  # part name
    grep -qF -- "$1" "$scratch/body" || fail "$2: no '$1' in $(head -c 300 "$scratch/body")"
    checked=$((checked + 1))
}

expect_header() {  # line name
    tr -d '\r' <"$scratch/head" | grep -qixF -- "$1" || fail "$2: no '$1' in $(<"$scratch/head")"
    checked=$((checked + 1))
}

expect_answers() {
    local accepted='"accepted":1,"quarantined":0,"duplicates":0'
    ask "$url/v1/streams/sales"
    expect '200 1.1 1' 'GET by 1.1'
    ask --http1.0 "$url/v1/streams/sales"
    expect '200 1.1 1' 'GET by 1.0'
    expect_header 'Connection: close' 'a client of 1.0 that asks for nothing'
    ask --http1.0 --header 'Connection: keep-alive' "$url/v1/streams/sales"
    expect_header 'Connection: keep-alive' 'a client of 1.0 that asks for it'
    ask --http1.0 --data-binary "$(sale a)" --header "$json" "$url$records"
    expect_body "$accepted" 'POST by 1.0'

    # Two requests by one call: the second opens no connection.
    ask "$url/v1/streams/sales" --next --silent --output "$scratch/body" "${flags[@]}" \
        --write-out ' %{http_code} %{num_connects}' "$url/v1/quarantine"
    expect '200 1.1 1 200 0' 'a kept connection'
    ask --header 'Connection: close' "$url/v1/streams/sales"
    expect_header 'Connection: close' 'a client that wants it closed'

    # A body over a megabyte is announced, and sent once the server says so.
    { printf '['; for n in {1..12000}; do sale "big-$n"; printf ','; done; sale big-0; printf ']'; } >"$scratch/big"
    ask --header 'Expect: 100-continue' --header "$json" --data-binary "@$scratch/big" "$url$records"
    expect_header 'HTTP/1.1 100 Continue' 'an upload that asks first'
    expect_body '"accepted":12001' 'an upload that asks first'
    ask --header 'Expect: 100-continue' --header 'Content-Type: text/html' --data-binary "@$scratch/big" "$url$records"
    expect_body '/problems/unsupported-media-type' 'what cannot be taken'
    ask --header 'Expect: something' --header "$json" --data-binary "$(sale b)" "$url$records"
    expect_body '/problems/expectation-failed' 'another expectation'

    ask --header 'Transfer-Encoding: chunked' --header "$json" --data-binary "$(sale c)" "$url$records"
    expect_body "$accepted" 'a chunked body'
    sale d | gzip >"$scratch/d.gz"
    ask --header 'Content-Encoding: gzip' --header "$json" --data-binary "@$scratch/d.gz" "$url$records"
    expect_body "$accepted" 'a compressed body'
    printf 'InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice\ne,1,2,2011-05-01,1.50\n' >"$scratch/e.csv"
    ask --header 'Content-Type: text/csv' --upload-file "$scratch/e.csv" --request POST "$url$records"
    expect_body "$accepted" 'a CSV file'

    ask --header "$json" --header 'Idempotency-Key: till 7' --data-binary "$(sale f)" "$url$records"
    cp "$scratch/body" "$scratch/first"
    ask --header "$json" --header 'Idempotency-Key: till 7' --data-binary "$(sale f)" "$url$records"
    cmp -s "$scratch/body" "$scratch/first" || fail 'a retry got another answer'
    expect_header 'Idempotent-Replayed: true' 'a retry'

    ask --head "$url/v1/streams/sales"
    expect '200 1.1 1' 'HEAD'
    # curl writes the headers of a HEAD where the body goes: nothing may stand behind them.
    [[ $(tail -c 4 "$scratch/body") == $'\r\n\r' ]] || fail 'HEAD has a body'
    grep -qi '^content-length: [1-9]' "$scratch/head" || fail 'HEAD does not tell the length'
    ask --head "$url$records?limit=0"
    expect '400 1.1 1' 'HEAD of what GET refuses'
    ask --request OPTIONS "$url$records"
    expect '405 1.1 1' 'OPTIONS'
    expect_header 'Allow: POST, GET, HEAD' 'OPTIONS'
    ask --request OPTIONS --request-target '*' "$url"
    expect '400 1.1 1' 'OPTIONS *'
    ask --request PATCH "$url$records"
    expect '405 1.1 1' 'another method'
    ask --path-as-is "$url/v1/../v1/streams/sales"
    expect '404 1.1 1' 'a path with dots is no other path'
    ask --header 'Host: elsewhere.example' "$url/livez"
    expect '200 1.1 1' 'another Host'
    ask --compressed "$url/openapi.json"
    expect_body '"openapi":"3.1.0"' 'a client that takes compressed answers'
}

expect_stored() {  # 12,001 of the big one, five others
    local verified
    verified=$("$program" verify --server "$url" --wait 60s --output json "$@") || fail "verify: $verified"
    grep -qF '"received":12006,' <<<"$verified" || fail "verify: $verified"
}

start_server
expect_answers
expect_stored
stop_server

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>"$scratch/openssl.log" ||
    fail "openssl: $(<"$scratch/openssl.log")"
token=$(make_token --data "$scratch/data")
start_server --tls-cert "$scratch/cert.pem" --tls-key "$scratch/key.pem"
[[ $url == https://* ]] || fail "with a certificate, but $url"
flags=(--cacert "$scratch/cert.pem" --header "Authorization: Bearer $token")
expect_answers
for version in 1.2 1.3; do
    ask "--tlsv$version" --tls-max "$version" "$url/v1/streams/sales"
    expect '200 1.1 1' "TLS $version"
done
expect_stored --token "$token" --ca-file "$scratch/cert.pem"

flags=(--cacert "$scratch/cert.pem")
ask "$url/v1/streams/sales"
expect '401 1.1 1' 'no token'
expect_header 'WWW-Authenticate: Bearer' 'no token'
ask --user till:secret "$url/v1/streams/sales"
expect '401 1.1 1' 'another scheme'
if curl --silent --max-time 60 --output /dev/null "$url/livez"; then fail 'curl trusts a certificate nobody signed'; fi
if curl --silent --max-time 60 --output /dev/null "http://${url#https://}/livez"; then fail 'plain text is served'; fi
if curl --silent --max-time 60 --insecure --tls-max 1.1 --output /dev/null "$url/livez"; then
    fail 'TLS 1.1 is spoken'
fi
stop_server
printf 'curl.sh: %d answers as they must be\n' "$checked"
