"""Clients that mean no good, and one that does, at one server: hostile.py URL

The bad ones go on until the end of the input: requests that never end, sent a byte at a time; bodies that are announced
as huge, or that have no end; more connections than the server takes, from many addresses of this machine; what is no
HTTP and no JSON; requests in heaps; guessed tokens. The good one keeps a connection and obeys lines of the input, each
answered by one line:

  flag NAME        the value that it is told, as JSON
  report N ERRORS  observations of the new side: the answer's body
  calm             waits until each kind of attack has had its say at least twice: how often each had
  metric LINE      the value of that line of /metrics
"""

import collections
import http.client
import json
import os
import random
import socket
import sys
import threading
import time
import urllib.parse

url = urllib.parse.urlparse(sys.argv[1])
SERVER = (url.hostname, url.port)
TOKEN = os.environ["WHIMBREL_TOKEN"]
ANSWERED_S = 60  # where the answer is judged, and the server closes behind it: a slow one is no wrong one
said = collections.Counter()
over = threading.Event()


def connect(number, patience_s=5):
    s = socket.socket()
    s.settimeout(patience_s)
    s.bind((f"127.0.1.{1 + number % 200}", 0))
    s.connect(SERVER)
    return s


def head(method, path, *headers):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def answer(s):
    """What comes until nothing more does."""
    got = b""
    try:
        while more := s.recv(65536):
            got += more
    except OSError:
        pass
    return got


def slow_loris(chance):
    crowd = []
    for i in range(40):
        s = connect(chance.randrange(200))
        s.sendall(b"POST /v1/observations HTTP/1.1\r\nHost: 127.0.0.1\r\nX-")
        crowd.append(s)
    for _ in range(5):
        for s in crowd:
            s.send(b"a")
        over.wait(0.2)
    for s in crowd:
        s.close()


def huge_body(chance):
    with connect(chance.randrange(200)) as s:
        s.sendall(head("POST", "/v1/observations", f"Authorization: Bearer {TOKEN}", "Content-Length: 99999999999"))
        assert answer(s).startswith(b"HTTP/1.1 413"), "an announced body of 100 GB is not refused"


def endless_body(chance):
    with connect(chance.randrange(200)) as s:
        s.sendall(head("POST", "/v1/pause", f"Authorization: Bearer {TOKEN}", "Transfer-Encoding: chunked"))
        for _ in range(4000):  # 64 MB
            s.sendall(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
        raise AssertionError("a body without end is taken")


def crowd(chance):
    many = []
    try:
        for i in range(1500):
            s = connect(i)
            many.append(s)
            if i % 3 == 0:
                s.send(b"GET /heal")
    except OSError:
        pass  # the server is full
    over.wait(0.5)
    for s in many:
        s.close()


def no_http(chance):
    for text in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost", chance.randbytes(3000) + b"\r\n\r\n",
                 b"POST /v1/abort HTTP/1.1\r\nContent-Length: -1\r\n\r\n", head("GET", "/" + "a" * 60000),
                 head("POST", "/v1/abort", "Content-Length: 2", "Content-Length: 3") + b"{}"):
        with connect(chance.randrange(200)) as s:
            s.settimeout(0.3)
            s.sendall(text)
            assert not answer(s).startswith(b"HTTP/1.1 2"), f"taken for a request: {text[:40]}"


def no_json(chance):
    bodies = [b"{", b"[" * 50000, b'{"side":"new"', b'{"a":1,"a":2}', b"\xff\xfe", b'"\\u0000"', b"1e999", b"[[[]]]",
              b'[{"side":"new","operation":"read","outcome":"ok"},{"side":"new"}]']
    for body in bodies:
        with connect(chance.randrange(200), ANSWERED_S) as s:
            s.sendall(head("POST", "/v1/observations", f"Authorization: Bearer {TOKEN}", f"Content-Length: {len(body)}",
                           "Connection: close") + body)
            got = answer(s)
            assert got.startswith(b"HTTP/1.1 400") and b"nothing of this request was counted" in got, f"{body[:40]}: {got[:80]}"


def heap(chance):
    with connect(chance.randrange(200), ANSWERED_S) as s:
        s.sendall(head("GET", "/healthz") * 200 + head("GET", "/v1/status") * 20 + head("GET", "/healthz", "Connection: close"))
        got = answer(s)
        assert got.count(b"HTTP/1.1 200") == 221, f"{got.count(b'HTTP/1.1 200')} of 221 answers"


def guessed_token(chance):
    for path in ("/v1/pause", "/v1/abort", "/v1/approve", "/v1/resume", "/v1/observations"):
        for token in ("Bearer " + "x" * 26, "Bearer " + TOKEN[:-1], "Basic " + TOKEN, "Bearer", TOKEN):
            with connect(chance.randrange(200), ANSWERED_S) as s:
                s.sendall(head("POST", path, f"Authorization: {token}", "Content-Length: 2", "Connection: close") + b"{}")
                got = answer(s)
                assert got.startswith(b"HTTP/1.1 401") and b"token" in got, f"{token}: {got[:80]}"


def attack(kind, seed):
    chance = random.Random(seed)
    while not over.is_set():
        try:
            kind(chance)
        except AssertionError as why:
            # A full server hangs up before it answers: only an answer of another kind is wrong.
            if "b''" not in str(why) and "0 of 221" not in str(why) and "not refused" not in str(why):
                print(f"wrong: {kind.__name__}: {why}", file=sys.stderr, flush=True)
        except OSError:
            pass
        said[kind.__name__] += 1


ATTACKS = (slow_loris, huge_body, endless_body, crowd, no_http, no_json, heap, guessed_token)


class Good:
    def __init__(self):
        self.connection = http.client.HTTPConnection(*SERVER, timeout=60)

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"})
        got = self.connection.getresponse()
        text = got.read().decode()
        assert got.status == 200, f"{path}: {got.status} {text}"
        return text

    def obey(self, line):
        word, _, rest = line.partition(" ")
        if word == "flag":
            return json.dumps(json.loads(self.ask("POST", f"/ofrep/v1/evaluate/flags/{rest}", "{}"))["value"])
        if word == "report":
            n, errors = map(int, rest.split())
            return self.ask("POST", "/v1/observations", json.dumps(
                [{"side": "new", "operation": "read", "outcome": "error" if i < errors else "ok",
                  "latency_ms": 3} for i in range(n)]))
        if word == "metric":
            return next((one.rpartition(" ")[2] for one in self.ask("GET", "/metrics").splitlines()
                         if one.startswith(rest + " ")), "none")
        if word == "calm":
            while min(said[kind.__name__] for kind in ATTACKS) < 2:
                self.ask("GET", "/healthz")  # a connection on which nothing moves is ended
                time.sleep(0.1)
            return json.dumps(said, sort_keys=True)
        raise ValueError(line)


def main():
    good = Good()
    good.ask("GET", "/healthz")
    threads = [threading.Thread(target=attack, args=(kind, seed), daemon=True) for seed, kind in enumerate(ATTACKS)]
    for thread in threads:
        thread.start()
    for line in sys.stdin:
        print(good.obey(line.strip()), flush=True)
    over.set()


main()
