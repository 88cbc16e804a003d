"""How much later media leaves than it came: a histogram of fixed size for each kind."""

from dataclasses import dataclass, field

_BUCKETS = 2000  # of 1 ms; the last takes whatever is longer


@dataclass(slots=True)
class Histogram:
    """Counts of whole milliseconds."""

    counts: list[int] = field(default_factory=lambda: [0] * _BUCKETS)

    def add(self, milliseconds: float) -> None:
        """Count one."""
        self.counts[min(max(0, int(milliseconds)), _BUCKETS - 1)] += 1

    def quantile(self, share: float) -> int | None:
        """The milliseconds that this share does not exceed; None without any."""
        wanted = share * sum(self.counts)
        so_far = 0
        for milliseconds, count in enumerate(self.counts):
            so_far += count
            if count and so_far >= wanted:
                return milliseconds
        return None


@dataclass(slots=True)
class AddedLatency:
    """Of one direction: from a frame completed by the assembler to its last packet given to the transport."""

    kinds: dict[str, Histogram] = field(default_factory=lambda: {"video": Histogram(), "audio": Histogram()})

    def add(self, kind: str, milliseconds: float) -> None:
        """Count one picture or sound."""
        self.kinds[kind].add(milliseconds)

    def summary(self) -> dict[str, dict[str, int | None]]:
        """p50 and p95 of each kind, and how many there were."""
        return {
            kind: {"p50": h.quantile(0.5), "p95": h.quantile(0.95), "count": sum(h.counts)}
            for kind, h in self.kinds.items()
        }
