#!/bin/bash
# Flags over TLS: a client that verifies the certificate is answered, one that does not speak TLS is not, and files that
# do not belong together are refused before anything is served.
. "$(dirname "$0")/../lib.sh"

cd "$WB_TMP" || exit
trap '' PIPE # a server that hangs up before all was written is what some cases want
make_key() { # make_key NAME: a certificate for 127.0.0.1 that signs itself
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=whimbrel-test \
        -addext subjectAltName=IP:127.0.0.1 -keyout "$1.key" -out "$1.pem" 2> openssl.log
}
make_key one && make_key two || case_fail "certificates are made" "$(tail -n 2 openssl.log)"
server=$WB_BUILD_DIR/tests/flag-server

mkfifo in
"$server" 127.0.0.1:0 one.pem one.key < in > out 2> err &
pid=$!
exec {in}> in
started() { grep -q ^listening out || ! kill -0 "$pid" 2> /dev/null; }
wb_wait 60 started
port=$(sed -n 's/^listening https:.*:\([0-9]*\)$/\1/p' out)

ask() { # ask CA: the status line of /healthz
    printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' |
        timeout 60 openssl s_client -quiet -verify_return_error -verify_ip 127.0.0.1 -CAfile "$1" \
            -connect "127.0.0.1:$port" 2> s_client.log | head -n 1 | tr -d '\r'
}
wb_case "over TLS"
assert_match '^[0-9]+$' "$port" "the port"
assert_eq "HTTP/1.1 200 OK" "$(ask one.pem)" "an answer to a client that trusts the certificate"
assert_eq "" "$(ask two.pem)" "an answer to a client that trusts another"

wb_case "no TLS, no answer"
exec {plain}<> "/dev/tcp/127.0.0.1/$port"
printf 'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n' >&"$plain"
assert_eq "" "$(timeout 60 cat <&"$plain" | tr -dc '[:print:]' | grep -o 'HTTP/1.1')"
exec {plain}>&-
assert_eq "HTTP/1.1 200 OK" "$(ask one.pem)" "the next client"
exec {in}>&-
wait "$pid"
assert_eq 0 $? "the server's exit code"

wb_case "files that do not belong together"
expect_exit 2 "$server" 127.0.0.1:0 one.pem two.key
assert_match "certificate and key cannot be used" "$(cat "$WB_TMP/err")"
expect_exit 2 "$server" 127.0.0.1:0 one.pem "$0"
assert_match "is no PEM file" "$(cat "$WB_TMP/err")"
expect_exit 4 "$server" 127.0.0.1:0 one.pem missing.key
assert_match "TLS key: missing.key: No such file" "$(cat "$WB_TMP/err")"
wb_finish
