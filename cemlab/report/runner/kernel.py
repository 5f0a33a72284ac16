"""The kernel of a run: its process tree is ours, and nothing of it outlives the run.

Three things can end it early: the run's limits, a signal to this process, and the sudden death of
this process. The last cannot be handled here, so a guard outside waits for it: a shell that reads
from a pipe which the system closes when we are gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import psutil

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

Limit = Literal["", "time", "memory"]

_LOOK_EVERY_SECONDS = 0.25
# A line on the pipe means that the run is over; its end without one means that the run was killed.
_GUARD = 'read -r over || kill -9 "-$1"'


class Warden:
    """Owner of one kernel's process tree.

    Parameters
    ----------
    time_limit_seconds : float, optional
        The tree is ended this long after the warden was made; None for no limit.
    memory_limit_mb : float, optional
        The tree is ended when its processes together hold more (megabytes of resident memory).
    """

    def __init__(self, *, time_limit_seconds: float | None = None, memory_limit_mb: float | None = None) -> None:
        self.broken: Limit = ""
        self._deadline = None if time_limit_seconds is None else time.monotonic() + time_limit_seconds
        self._memory_bytes = None if memory_limit_mb is None else memory_limit_mb * 2**20
        self._over = threading.Event()
        self._kernel: psutil.Process | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def adopt(self, pid: int) -> None:
        """Take charge of the process `pid`, which leads a process group of its own.

        Parameters
        ----------
        pid : int
            The kernel.
        """
        with contextlib.suppress(psutil.NoSuchProcess):
            self._kernel = psutil.Process(pid)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._deadline is not None or self._memory_bytes is not None:
            threading.Thread(target=self._watch, name="cemlab-warden", daemon=True).start()

    def end(self) -> None:
        """End whatever is left of the tree, and dismiss the guard. Safe to call twice."""
        self._over.set()
        self._kill()
        guard, self._guard = self._guard, None
        if guard is not None:
            with contextlib.suppress(BrokenPipeError):
                guard.communicate(b"over\n")

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY_SECONDS):
            if self._deadline is not None and time.monotonic() > self._deadline:
                self.broken = "time"
            elif self._memory_bytes is not None and self._memory() > self._memory_bytes:
                self.broken = "memory"
            if self.broken:
                self._kill()
                return

    def _tree(self) -> list[psutil.Process]:
        if self._kernel is None:
            return []
        with contextlib.suppress(psutil.NoSuchProcess):
            return [self._kernel, *self._kernel.children(recursive=True)]
        return []

    def _memory(self) -> int:
        held = 0
        for process in self._tree():
            with contextlib.suppress(psutil.Error):
                held += process.memory_info().rss
        return held

    def _kill(self) -> None:
        if self._kernel is None:
            return
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        # Children whose parent was already gone are no longer in the tree, yet still in its group.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._kernel.pid, signal.SIGKILL)


def manager_class(warden: Warden, *, environment: dict[str, str], log: Path) -> type[AsyncKernelManager]:
    """Return a kernel manager that hands its kernel to `warden`.

    The kernel runs in this very interpreter's installation: a kernel specification of the same name
    in a user's home would otherwise win.

    Parameters
    ----------
    warden : Warden
        Who takes charge of the kernel.
    environment : dict of str to str
        The kernel's environment.
    log : pathlib.Path
        File for what the kernel's process prints outside of cells, which may hold customers' values.

    Returns
    -------
    type
        For ``kernel_manager_class`` of nbclient.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    here = KernelSpec(
        argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        display_name="cemlab",
        language="python",
    )

    class _OwnedKernelManager(AsyncKernelManager):
        """Starts this interpreter's kernel and hands it over."""

        @property
        def kernel_spec(self) -> KernelSpec:
            """How the kernel is started."""
            return here

        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]
            """Start the kernel in its environment, with what its process prints sent to the log."""
            with log.open("ab") as file:
                await super().start_kernel(**options, env=environment, stdout=file, stderr=file)
            provisioner: Any = self.provisioner
            warden.adopt(provisioner.pid)

    return _OwnedKernelManager
