"""What the processes of an installation share: how they are told to end."""

import subprocess
import sys

PROCESS = """
import asyncio, os, signal
from infrastructure import processes

async def work():
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(60)

processes.run("test", work())
os.kill(os.getpid(), signal.SIGTERM)  # its supervisor is gone by now: it is told once more
print("ended")
"""


def test_a_process_that_is_told_to_end_twice_ends_in_peace() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROCESS], check=False, capture_output=True, text=True, timeout=30
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ended\n", "")
