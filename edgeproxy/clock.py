"""The proxy's clock: real time plus an offset that tests and the admin side can move."""

import time


class SystemClock:
    """`ports.Clock` on this machine's time."""

    def __init__(self) -> None:
        self.offset = 0.0
        """Seconds added to real time."""

    def now(self) -> float:
        return time.time() + self.offset

    def monotonic(self) -> float:
        return time.perf_counter()
