"""The sanity gate: a night too unlike the nights before it is looked at before it is believed.

A resolver that fails, a new release of icpcrawl or a spoilt portfolio changes thousands of
verdicts at once; owners must not get mail about that. The report is written all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from icpcrawl.audit.finding import ASSESSED, Verdict


@dataclass(frozen=True, slots=True)
class Band:
    """How far tonight may lie from the median of the recent runs."""

    rows: float = 0.2
    """Share of the sites that may come or go."""
    coverage: float = 10.0
    """Percentage points of coverage that may be lost; more of it is never amiss."""
    verdict: float = 10.0
    """Percentage points of the assessed sites by which one verdict's share may move."""
    sites: int = 5
    """Fewer sites than these are no sign of anything, whatever their share."""
    runs: int = 7
    """Recent runs that are looked at."""


@dataclass(frozen=True, slots=True)
class OutOfBand:
    """One thing that is amiss; ``what`` is a key under ``report.held``."""

    what: str
    """``rows``, ``coverage`` or ``verdict``."""
    tonight: str
    usual: str
    verdict: str = ""


def out_of_band(
    tonight: Mapping[str, int], recent: Sequence[Mapping[str, int]], band: Band = Band()
) -> tuple[OutOfBand, ...]:
    """What is amiss with this run's verdicts (verdict → sites), held against recent runs, oldest first.

    Refused rows do not count. Nothing is amiss where there is nothing to compare with.

    >>> out_of_band({"not-assessed": 40, "compliant": 60}, [{"compliant": 98, "not-assessed": 2}])
    (OutOfBand(what='coverage', tonight='60.0 %', usual='98.0 %', verdict=''),)
    """
    recent = [night for night in recent[-band.runs :] if _sites(night)]
    if not recent:
        return ()
    return (*_rows(tonight, recent, band), *_coverage(tonight, recent, band), *_mix(tonight, recent, band))


def _rows(
    tonight: Mapping[str, int], recent: Sequence[Mapping[str, int]], band: Band
) -> tuple[OutOfBand, ...]:
    usual, now = median(map(_sites, recent)), _sites(tonight)
    if abs(now - usual) <= band.rows * usual or abs(now - usual) < band.sites:
        return ()
    return (OutOfBand("rows", str(now), f"{usual:g}"),)


def _coverage(
    tonight: Mapping[str, int], recent: Sequence[Mapping[str, int]], band: Band
) -> tuple[OutOfBand, ...]:
    usual = median(100 * _assessed(night) / _sites(night) for night in recent)
    now = 100 * _assessed(tonight) / _sites(tonight) if _sites(tonight) else 0.0
    lost = usual - now
    if lost <= band.coverage or lost * _sites(tonight) / 100 < band.sites:
        return ()
    return (OutOfBand("coverage", f"{now:.1f} %", f"{usual:.1f} %"),)


def _mix(
    tonight: Mapping[str, int], recent: Sequence[Mapping[str, int]], band: Band
) -> tuple[OutOfBand, ...]:
    """Shares among the assessed alone: a night in the dark is told once, by its coverage."""
    nights = [night for night in recent if _assessed(night)]
    if not nights or not _assessed(tonight):
        return ()
    told = []
    for verdict in Verdict:
        if verdict in ASSESSED:
            usual = median(100 * night.get(verdict, 0) / _assessed(night) for night in nights)
            now = 100 * tonight.get(verdict, 0) / _assessed(tonight)
            moved = abs(now - usual)
            if moved > band.verdict and moved * _assessed(tonight) / 100 >= band.sites:
                told.append(OutOfBand("verdict", f"{now:.1f} %", f"{usual:.1f} %", verdict.value))
    return tuple(told)


def _sites(night: Mapping[str, int]) -> int:
    return sum(count for verdict, count in night.items() if verdict != Verdict.REJECTED)


def _assessed(night: Mapping[str, int]) -> int:
    return sum(night.get(verdict, 0) for verdict in ASSESSED)
