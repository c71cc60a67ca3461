"""Processes as the kernel knows them, and ports."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """What the kernel knows of a process."""

    pid: int

    @property
    def cpu(self) -> float:
        """CPU seconds so far, of the user and the system."""
        fields = self._stat()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def memory(self) -> float:
        """Resident KiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return float(next(line for line in lines if line.startswith("VmRSS")).split()[1])

    @property
    def parent(self) -> int:
        """The process that started it."""
        return int(self._stat()[1])

    def tree_cpu(self) -> float:
        """CPU seconds so far of the process and of all under it, those that have ended too."""
        parents: dict[int, int] = {}
        spent: dict[int, float] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            process = Process(int(folder.name))
            try:
                fields = process._stat()
                parents[process.pid] = int(fields[1])
                # Its own time, and that of its children that have ended, which it takes over.
                spent[process.pid] = sum(map(int, fields[11:15])) / TICKS
            except (FileNotFoundError, ProcessLookupError):
                continue
        found = {self.pid}
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sum(spent[pid] for pid in found if pid in spent)

    def _stat(self) -> list[str]:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0
