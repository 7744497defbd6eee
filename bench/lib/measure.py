"""Runs one command and measures it: wall time, CPU time and peak memory of the command and what it waited for."""

import dataclasses
import os
import pathlib
import subprocess

TIMEOUT_SECONDS = 900


@dataclasses.dataclass
class Measure:
    wall_s: float = 0.0
    cpu_s: float = 0.0
    rss_mib: float = 0.0  # the largest single process
    status: str = "ok"    # ok, failed, skipped
    note: str = ""
    parts: dict = dataclasses.field(default_factory=dict)  # wall seconds of named parts

    @staticmethod
    def skipped(note):
        return Measure(status="skipped", note=note)


def run(meter, argv, log, env=None):
    """Runs argv under the compiled meter.c, all its output to log; returns (Measure, exit code)."""
    figures = pathlib.Path(f"{log}.figures")
    with open(log, "wb") as output:
        subprocess.run([str(arg) for arg in (meter, TIMEOUT_SECONDS, figures, *argv)], stdin=subprocess.DEVNULL,
                       stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, check=True)
    wall_s, cpu_s, rss_kib, code, timed_out = figures.read_text().split()
    result = Measure(float(wall_s), float(cpu_s), float(rss_kib) / 1024)
    if int(timed_out):
        result.status, result.note = "failed", f"killed after {TIMEOUT_SECONDS} s"
    elif int(code) != 0:
        result.status, result.note = "failed", f"exit {code}: {_last_words(log)}"
    return result, int(code)


def _last_words(log):
    text = pathlib.Path(log).read_text(errors="replace")
    for line in text.splitlines():
        if "eap exhausted" in line:
            return line.strip()[:120]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "no output"
