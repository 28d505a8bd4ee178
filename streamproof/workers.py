"""Checking with several processes.

A worker gets ids and hands back plain data. Neighbours in the book share lemmas and cite each other, so claims go out
in runs of neighbours.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from .checking import Outcome, Wanted, examined, the_book
from .errors import Refusal

START = "fork" if sys.platform == "linux" else "spawn"  # a forked worker has the book open already
RUNS = 4  # so many runs of claims for each process, so that one with slow claims does not keep the others waiting
MOST = 60  # processes; Windows cannot wait for more

_under_way: Any = None  # in a worker: the place where it says which claim it is at


def examine_in_parallel(ids: Sequence[str], wanted: Wanted, processes: int) -> list[Outcome]:
    """What checking one after the other finds, in the order of the ids. Raises Refusal when a worker dies."""
    processes = min(processes, len(ids), MOST)
    size = -(-len(ids) // (processes * RUNS))
    context = multiprocessing.get_context(START)
    at, ticket = context.Array("i", [-1] * processes), context.Value("i", 0)
    pool = ProcessPoolExecutor(processes, context, _begin, (at, ticket))
    try:
        runs = [(first, ids[first : first + size]) for first in range(0, len(ids), size)]
        done = [pool.submit(_examine_run, first, run, wanted) for first, run in runs]
        outcomes = [o for future in done for o in future.result()]
    except BrokenProcessPool:
        lost = sorted({ids[i] for i in at[:] if i >= 0}, key=list(ids).index)
        where = f"; it was checking {' or '.join(lost)}" if lost else ""
        raise Refusal(f"a worker process ended before it was done{where}; check with -j 1 to see why") from None
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return outcomes


def _begin(at: Any, ticket: Any) -> None:
    global _under_way
    gc.disable()  # as in the command itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command answers for all
    with ticket.get_lock():
        _under_way = at, ticket.value
        ticket.value += 1


def _examine_run(first: int, ids: Sequence[str], wanted: Wanted) -> list[Outcome]:
    at, place = _under_way
    outcomes = []
    for i, claim_id in enumerate(ids, first):
        at[place] = i
        outcomes.append(examined(the_book().claims[claim_id], wanted))
    at[place] = -1
    return outcomes
