"""Write the synthetic demo shop: transactions, customers and planted truth.

Every customer, order and amount made here is invented by a random generator;
no row stems from a real person or shop.  Called without options, the script
rewrites the three committed demo files byte for byte::

    seeds/demo_transactions.csv   order lines, 2024-01-01 .. 2025-12-31
    seeds/demo_customers.csv      customer table with demographics
    tests/data/demo_truth.csv     planted behaviour per buyer (tests only)

With ``--parquet DIR`` it writes the same kind of shop in any size to
``DIR/transactions``, ``DIR/customers`` and ``DIR/truth``, one part file per
chunk of customers, so that memory does not grow with the number of customers.

How a buyer is made
-------------------
Seven behaviours are planted (table `BEHAVIOURS`).  Each buyer draws a purchase
rate, a basket size and a liking for discounts around those of the behaviour
(log-normal, or normal on the log-odds for the discount probability; the spread
is multiplied by ``--heterogeneity``), a first and a last purchase from the
behaviour's windows, and buys by a Poisson process in between, thinned by a
mild weekly and seasonal pattern.  Demographics lean weakly on the behaviour
(table `LEANINGS`).  One buyer in 200 is a wholesaler who spends 20 times as
much.

What is planted besides
-----------------------
Counts hold for 1,500 customers, the default, and grow in proportion.

Lifelike facts, also in the data made with ``--clean``:

* 90 customers in the table who never bought;
* 6 customers in the table with one return and no purchase;
* 70 buyers who are not in the customer table (the truth holds them);
* 15 buyers (behaviour lost) whose last purchase is over 365 days old;
* 7 wholesalers;
* returns: 4.2 % of the bought lines come back 2 to 30 days later, under the
  same order_id, as a line of their own with negative quantity and amount and
  no discount (those due on or after 2026-01-01 are not in the data);
* 30 % of the customers in the table lack all (10 %) or some (20 %) of the
  demographic values.

Dirt, left out by ``--clean``:

* 40 exact duplicates of a line (same transaction_id, everything equal);
* 60 lines of guests (empty customer_id);
* 24 lines with an unreadable date: 8 '31/02/2025', 8 'yesterday', 8 empty;
* 18 lines with an unreadable amount: 6 'n/a', 6 '12,5O', 6 empty;
* 6 lines dated 2026-01-03 to 2026-01-08, after the as-of date of the demo;
* 15 lines with amount 0.00, each within an ordinary order;
* in gender, income_band and region 30 missing values are spelled out:
  12 'N/A', 12 'unknown', 6 as three spaces;
* in gender and region 28 present values are misspelled: 12 with a space
  before and after (' female '), 10 in upper case ('FEMALE'), 6 with a space
  before and a capital (' Female');
* 6 impossible birth dates: 2 '1843-05-17', 2 '2031-04-12', 2 'not a date';
* 2 repeated ids in the customer table: 1 exact, 1 with another income band,
  household size and region.

Dirty lines are additions: without them the remaining lines, ids included, are
those of the clean data.  Misspelled or impossible customer values are replaced
by the right one (or left missing) in the clean data.

The parquet columns have the types a CSV reader would find: quantity and
household_size are integers, discount_amount is a double, everything else is
text (with or without ``--clean``), and an empty cell is a null.

The bytes depend on the seed and the settings only, never on the clock.  NumPy
keeps the random streams of a `Generator` stable in practice but does not
promise it for all future versions.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
CSV_PATHS = {
    "transactions": Path("seeds/demo_transactions.csv"),
    "customers": Path("seeds/demo_customers.csv"),
    "truth": Path("tests/data/demo_truth.csv"),
}

FIRST_DAY = np.datetime64("2024-01-01", "D")
AS_OF = np.datetime64("2026-01-01", "D")  # exclusive
N_DAYS = int((AS_OF - FIRST_DAY).astype(int))
DAY_SECONDS = 86_400

DEFAULT_CUSTOMERS = 1_500
DEFAULT_SEED = 20260101
CHUNK_CUSTOMERS = 50_000
MIN_CUSTOMERS = 100
MAX_CUSTOMERS = 100_000_000
MAX_HETEROGENEITY = 10.0


class Behaviour(NamedTuple):
    """One planted behaviour; days are counted back from the as-of date."""

    name: str
    share: float  # of the planted buyers
    rate: float  # purchases per day between first and last purchase (median)
    rate_spread: float  # sd of the log rate between customers
    basket: float  # money per order before discount (median)
    basket_spread: float  # sd of the log basket between customers
    lines: float  # mean lines per order
    deal_prob: float  # probability that a line is discounted
    deal_depth: float  # share of the price taken off a discounted line
    first_from: float  # window of the first purchase, days ago
    first_to: float
    last_from: float  # window of the last purchase, days ago
    last_to: float
    once: float  # share who bought a single time (at `first` if new)


# fmt: off
BEHAVIOURS = tuple(Behaviour(*row) for row in (
    # name           share  rate  sprd bask sprd lines deal depth  first     last   once
    ("champions",      .08, .052, .30,  62, .32, 1.3, .16, .15, 260, 725,  .5,  32, .0),
    ("frequent_small", .17, .034, .34,  17, .33, 1.1, .16, .15, 190, 620,  .5,  45, .0),
    ("big_occasional", .15, .008, .40, 100, .37, 1.4, .13, .15, 200, 725,   1,  90, .0),
    ("new",            .12, .030, .45,  34, .40, 1.2, .20, .15,   4,  82,  .5,  60, .2),
    ("at_risk",        .13, .034, .35,  44, .37, 1.2, .16, .15, 290, 580,  85, 155, .0),
    ("lost",           .25, .006, .55,  27, .45, 1.1, .18, .15, 200, 480, 183, 360, .4),
    ("deal_hunters",   .10, .018, .35,  36, .35, 1.2, .69, .28, 180, 640,   1,  70, .0),
))
# fmt: on
BEHAVIOUR_NAMES = tuple(b.name for b in BEHAVIOURS)
NEW = BEHAVIOUR_NAMES.index("new")
LOST = BEHAVIOUR_NAMES.index("lost")
NEVER_BOUGHT = len(BEHAVIOURS)  # kinds of customers without a behaviour
RETURN_ONLY = NEVER_BOUGHT + 1

LONG_GONE_FIRST = (480.0, 700.0)  # the lost who left the lookback year
LONG_GONE_LAST = (370.0, 475.0)
MAX_RATE = 0.6  # purchases per day, whatever the heterogeneity
ORDER_SPREAD = 0.35  # sd of the log basket from order to order
DEAL_SPREAD = 0.45  # sd of the log-odds of a discount between customers
DEPTH_SPREAD = 0.15  # sd of the log depth of discounts between customers
MAX_LINES = 8  # per order
WHOLESALE_FACTOR = 20
RETURN_SHARE = 0.042  # of the bought lines
WEEKDAY = (0.95, 0.92, 0.94, 1.00, 1.12, 1.25, 0.82)  # Monday first
MONTH = (0.90, 0.88, 0.96, 1.0, 1.0, 0.98, 0.94, 0.94, 1.0, 1.02, 1.14, 1.24)

CATEGORIES = ("food", "home", "beauty", "books", "toys", "garden")
CATEGORY_SHARES = (0.30, 0.22, 0.16, 0.14, 0.10, 0.08)


class Leaning(NamedTuple):
    """How the demographics of a behaviour lean away from the average."""

    age: float  # years
    income: float  # standard deviations
    household: float  # added to the binomial probability
    female: float  # added to the probability


LEANINGS = {
    "champions": Leaning(3.0, 0.25, 0.10, 0.02),
    "frequent_small": Leaning(4.0, -0.10, 0.00, 0.03),
    "big_occasional": Leaning(2.0, 0.35, 0.03, -0.04),
    "new": Leaning(-6.0, 0.00, -0.03, 0.00),
    "at_risk": Leaning(0.0, 0.05, 0.02, 0.00),
    "lost": Leaning(-1.0, -0.05, -0.02, -0.02),
    "deal_hunters": Leaning(-2.0, -0.45, 0.04, 0.03),
}
NO_LEANING = Leaning(0.0, 0.0, 0.0, 0.0)
GENDERS = ("female", "male", "diverse")
INCOME_BANDS = ("under 20k", "20k-40k", "40k-60k", "60k-80k", "80k and over")
INCOME_CUTS = (-1.0, -0.1, 0.65, 1.3)  # between the bands, in sd
REGIONS = ("north", "south", "east", "west", "centre")
REGION_SHARES = (0.18, 0.25, 0.15, 0.24, 0.18)
DEMOGRAPHICS = ("birth_date", "gender", "income_band", "household_size", "region")
ALL_MISSING_SHARE = 0.10
SOME_MISSING_SHARE = 0.20

PER_CUSTOMERS = 1_500  # the planted counts below are per this many customers
PLANTED_COUNTS = {
    "never_bought": 90,
    "return_only": 6,
    "not_in_table": 70,
    "long_gone": 15,
    "wholesalers": 7,
    "duplicate_lines": 40,
    "guest_lines": 60,
    "bad_dates": 24,
    "bad_amounts": 18,
    "future_dates": 6,
    "zero_amounts": 15,
    "spelled_missing": 30,
    "misspelled": 28,
    "bad_births": 6,
    "exact_repeated_ids": 1,
    "conflicting_repeated_ids": 1,
}
# Used in turn, so that the counts of the variants stand as listed above.
BAD_DATES = ("31/02/2025", "yesterday", None)
BAD_AMOUNTS = ("n/a", "12,5O", None)
BAD_BIRTHS = ("1843-05-17", "2031-04-12", "not a date")
SPELLED_MISSING = ("N/A", "unknown", "N/A", "unknown", "   ")
FUTURE_DAYS = [f"2026-01-{day:02}" for day in range(3, 11)]

# Kinds of lines
PLAIN, RETURN, DUPLICATE, GUEST, BAD_DATE, BAD_AMOUNT, FUTURE, ZERO = range(8)
DIRTY_KINDS = (DUPLICATE, GUEST, BAD_DATE, BAD_AMOUNT, FUTURE, ZERO)


@dataclass(frozen=True)
class Settings:
    """What the generated shop depends on.

    Attributes
    ----------
    customers : int
        Customers in the customer table or buying.
    seed : int
        Seed of all random numbers.
    heterogeneity : float
        Factor on the spread between customers of one behaviour.
    clean : bool
        Leave the dirt out.
    chunk : int
        Largest number of customers made at a time.
    """

    customers: int = DEFAULT_CUSTOMERS
    seed: int = DEFAULT_SEED
    heterogeneity: float = 1.0
    clean: bool = False
    chunk: int = CHUNK_CUSTOMERS

    def __post_init__(self) -> None:
        """Refuse settings out of range."""
        if not MIN_CUSTOMERS <= self.customers <= MAX_CUSTOMERS:
            raise ValueError(
                "The number of customers must lie between "
                f"{MIN_CUSTOMERS:,} and {MAX_CUSTOMERS:,}."
            )
        if self.seed < 0:
            raise ValueError("The seed must be 0 or a positive whole number.")
        if not 0 <= self.heterogeneity <= MAX_HETEROGENEITY:
            raise ValueError(
                "The heterogeneity must be a number between 0 and "
                f"{MAX_HETEROGENEITY:g}."
            )
        if self.chunk < MIN_CUSTOMERS:
            raise ValueError(f"A chunk must hold at least {MIN_CUSTOMERS:,} customers.")


class Shop(NamedTuple):
    """The three tables of one chunk of customers."""

    transactions: pa.Table
    customers: pa.Table
    truth: pa.Table


@dataclass
class Lines:
    """Order lines as parallel arrays.

    Attributes
    ----------
    customer : numpy.ndarray
        Position of the customer in the chunk, -1 for a guest.
    order : numpy.ndarray
        Provisional number of the order.
    seq : numpy.ndarray
        Provisional number of the line; a duplicate has that of its original.
    time : numpy.ndarray
        Seconds since the first day, the true time also of a misdated line.
    category, quantity, cents, discount : numpy.ndarray
        Contents of the line, money in whole cents.
    kind : numpy.ndarray
        PLAIN, RETURN, DUPLICATE, ...
    """

    customer: np.ndarray
    order: np.ndarray
    seq: np.ndarray
    time: np.ndarray
    category: np.ndarray
    quantity: np.ndarray
    cents: np.ndarray
    discount: np.ndarray
    kind: np.ndarray

    def take(self, which: np.ndarray) -> Lines:
        """Return the lines at the given positions (or under a mask)."""
        return Lines(*(getattr(self, f.name)[which] for f in fields(self)))

    @staticmethod
    def concat(parts: Sequence[Lines]) -> Lines:
        """Return all lines of the given parts."""
        return Lines(
            *(
                np.concatenate([getattr(part, f.name) for part in parts])
                for f in fields(Lines)
            )
        )

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.time)


def quota(name: str, lo: int, hi: int) -> int:
    """Return how many of a planted kind fall to the customers lo .. hi - 1.

    Parameters
    ----------
    name : str
        Key of `PLANTED_COUNTS`.
    lo, hi : int
        Range of customers, counted from 0.

    Returns
    -------
    int
        The count; over adjoining ranges the counts add up to the total.
    """
    per = PLANTED_COUNTS[name]

    def upto(n: int) -> int:
        return (2 * per * n + PER_CUSTOMERS) // (2 * PER_CUSTOMERS)

    return upto(hi) - upto(lo)


def kind_counts(lo: int, hi: int) -> np.ndarray:
    """Return how many customers of lo .. hi - 1 get each behaviour.

    Parameters
    ----------
    lo, hi : int
        Range of customers, counted from 0.

    Returns
    -------
    numpy.ndarray
        Counts per behaviour, then of never-bought and return-only customers.
    """
    never = quota("never_bought", lo, hi)
    returned = quota("return_only", lo, hi)
    edges = np.cumsum([0.0] + [b.share for b in BEHAVIOURS])

    def upto(n: int) -> np.ndarray:
        buyers = n - quota("never_bought", 0, n) - quota("return_only", 0, n)
        return np.diff(np.floor(edges * buyers + 0.5)).astype(np.int64)

    return np.append(upto(hi) - upto(lo), [never, returned])


def chunk_bounds(customers: int, chunk: int) -> list[tuple[int, int]]:
    """Split the customers into nearly equal ranges of at most `chunk`."""
    n = math.ceil(customers / chunk)
    edges = [i * customers // n for i in range(n + 1)]
    return list(pairwise(edges))


def day_weights() -> np.ndarray:
    """Return the relative purchase rate of each day, 1 on average."""
    days = FIRST_DAY + np.arange(N_DAYS)
    weekday = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    weights = np.array(WEEKDAY)[weekday] * np.array(MONTH)[month]
    return weights / weights.mean()


def column(field: str, behaviour: np.ndarray) -> np.ndarray:
    """Return one column of `BEHAVIOURS` for each buyer."""
    return np.array([getattr(b, field) for b in BEHAVIOURS])[behaviour]


def pick(rng: np.random.Generator, pool: np.ndarray, n: int) -> np.ndarray:
    """Draw n different elements of the pool (all of them if it is smaller)."""
    return rng.permutation(pool)[:n]


def draw_spans(
    rng: np.random.Generator, behaviour: np.ndarray, long_gone: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the first and last purchase of each buyer.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of random numbers.
    behaviour : numpy.ndarray
        Behaviour of each buyer.
    long_gone : int
        Number of the lost who last bought over 365 days ago.

    Returns
    -------
    first, last : numpy.ndarray
        Days since the first day of the data (fractions).
    """
    n = len(behaviour)
    first = rng.uniform(column("first_from", behaviour), column("first_to", behaviour))
    last = rng.uniform(column("last_from", behaviour), column("last_to", behaviour))
    gone = pick(rng, np.flatnonzero(behaviour == LOST), long_gone)
    first[gone] = rng.uniform(*LONG_GONE_FIRST, len(gone))
    last[gone] = rng.uniform(*LONG_GONE_LAST, len(gone))
    last = np.minimum(last, first)
    once = rng.random(n) < column("once", behaviour)
    last = np.where(once & (behaviour == NEW), first, last)
    first = np.where(once, last, first)
    return N_DAYS - first, N_DAYS - last


def draw_orders(
    rng: np.random.Generator,
    behaviour: np.ndarray,
    long_gone: int,
    heterogeneity: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the orders of the buyers: a thinned Poisson process each.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of random numbers.
    behaviour : numpy.ndarray
        Behaviour of each buyer.
    long_gone : int
        Number of the lost who last bought over 365 days ago.
    heterogeneity : float
        Factor on the spread between customers.

    Returns
    -------
    buyer : numpy.ndarray
        Buyer of each order.
    time : numpy.ndarray
        Seconds since the first day of the data.
    """
    n = len(behaviour)
    first, last = draw_spans(rng, behaviour, long_gone)
    spread = column("rate_spread", behaviour) * heterogeneity
    rate = column("rate", behaviour) * np.exp(spread * rng.standard_normal(n))
    rate = np.minimum(rate, MAX_RATE)
    weights = day_weights()
    top = weights.max()
    more = rng.poisson(rate * top * (last - first))
    who = np.repeat(np.arange(n), more)
    at = first[who] + rng.random(len(who)) * (last - first)[who]
    keep = rng.random(len(who)) * top < weights[at.astype(np.int64)]
    several = last > first
    buyer = np.concatenate([np.arange(n), np.flatnonzero(several), who[keep]])
    day = np.concatenate([first, last[several], at[keep]]).astype(np.int64)
    # Opening hours 8 to 22, most orders in the afternoon.
    second = (8 + 14 * rng.beta(2.2, 1.8, len(day))) * 3600
    return buyer, day * DAY_SECONDS + second.astype(np.int64)


def draw_lines(
    rng: np.random.Generator,
    behaviour: np.ndarray,
    wholesale: np.ndarray,
    buyer: np.ndarray,
    time: np.ndarray,
    heterogeneity: float,
) -> Lines:
    """Fill the orders with lines.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of random numbers.
    behaviour, wholesale : numpy.ndarray
        Behaviour of each buyer, and whether they are a wholesaler.
    buyer, time : numpy.ndarray
        Buyer and time of each order.
    heterogeneity : float
        Factor on the spread between customers.

    Returns
    -------
    Lines
        The bought lines; `customer` counts the buyers.
    """
    n = len(behaviour)
    spread = column("basket_spread", behaviour) * heterogeneity
    basket = column("basket", behaviour) * np.exp(spread * rng.standard_normal(n))
    basket = np.where(wholesale, WHOLESALE_FACTOR, 1) * basket
    odds = column("deal_prob", behaviour)
    odds = np.log(odds / (1 - odds))
    odds = odds + DEAL_SPREAD * heterogeneity * rng.standard_normal(n)
    deal_prob = 1 / (1 + np.exp(-odds))
    depth = column("deal_depth", behaviour) * np.exp(
        DEPTH_SPREAD * heterogeneity * rng.standard_normal(n)
    )

    value = basket[buyer] * np.exp(ORDER_SPREAD * rng.standard_normal(len(buyer)))
    count = 1 + rng.poisson(column("lines", behaviour)[buyer] - 1)
    count = np.minimum(count, MAX_LINES)
    order = np.repeat(np.arange(len(buyer)), count)
    part = rng.gamma(3.0, size=len(order))
    part = part / np.bincount(order, part, len(buyer))[order]
    price = np.maximum(np.rint(100 * value[order] * part), 50).astype(np.int64)
    who = buyer[order]
    off = np.clip(depth[who] * rng.uniform(0.7, 1.3, len(who)), 0.03, 0.7)
    off = np.where(rng.random(len(who)) < deal_prob[who], off, 0.0)
    discount = np.rint(price * off).astype(np.int64)
    quantity = 1 + rng.poisson(0.35, len(who))
    return Lines(
        customer=who,
        order=order,
        seq=np.arange(len(who)),
        time=time[order],
        category=rng.choice(len(CATEGORIES), len(who), p=CATEGORY_SHARES),
        quantity=quantity * np.where(wholesale[who], WHOLESALE_FACTOR, 1),
        cents=price - discount,
        discount=discount,
        kind=np.full(len(who), PLAIN),
    )


def draw_returns(rng: np.random.Generator, lines: Lines) -> Lines:
    """Return a share of the lines, each 2 to 30 days after its purchase."""
    back = lines.take(rng.random(len(lines)) < RETURN_SHARE)
    days = rng.integers(2, 31, len(back))
    back.time = back.time + days * DAY_SECONDS + rng.integers(-7200, 7200, len(back))
    back.quantity = -back.quantity
    back.cents = -back.cents
    back.discount = np.zeros(len(back), dtype=np.int64)
    back.kind = np.full(len(back), RETURN)
    return back.take(back.time < N_DAYS * DAY_SECONDS)


def returns_only(rng: np.random.Generator, customers: np.ndarray) -> Lines:
    """Make one return per customer, of an order from before the data."""
    n = len(customers)
    time = rng.integers(30, N_DAYS, n) * DAY_SECONDS
    return Lines(
        customer=customers,
        order=np.arange(n),
        seq=np.arange(n),
        time=time + rng.integers(8 * 3600, 22 * 3600, n),
        category=rng.integers(0, len(CATEGORIES), n),
        quantity=np.full(n, -1),
        cents=-rng.integers(500, 8000, n),
        discount=np.zeros(n, dtype=np.int64),
        kind=np.full(n, RETURN),
    )


def add_dirt(rng: np.random.Generator, lines: Lines, lo: int, hi: int) -> Lines:
    """Add the dirty lines to those of the customers lo .. hi - 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of random numbers.
    lines : Lines
        The clean lines.
    lo, hi : int
        Range of customers, for the counts.

    Returns
    -------
    Lines
        Clean and dirty lines.
    """
    plain = np.flatnonzero(lines.kind == PLAIN)
    order = int(lines.order.max()) + 1
    seq = int(lines.seq.max()) + 1
    parts = [lines]
    for kind, name in (
        (DUPLICATE, "duplicate_lines"),
        (GUEST, "guest_lines"),
        (BAD_DATE, "bad_dates"),
        (BAD_AMOUNT, "bad_amounts"),
        (FUTURE, "future_dates"),
        (ZERO, "zero_amounts"),
    ):
        extra = lines.take(pick(rng, plain, quota(name, lo, hi)))
        n = len(extra)
        extra.kind = np.full(n, kind)
        if kind != DUPLICATE:
            extra.seq = seq + np.arange(n)
            seq += n
        if kind == ZERO:
            extra.quantity = np.ones(n, dtype=np.int64)
            extra.cents = np.zeros(n, dtype=np.int64)
            extra.discount = np.zeros(n, dtype=np.int64)
        elif kind != DUPLICATE:
            # An order of its own on the same day, with the contents of others.
            extra.order = order + np.arange(n)
            order += n
            second = rng.integers(8 * 3600, 22 * 3600, n)
            extra.time = extra.time // DAY_SECONDS * DAY_SECONDS + second
            goods = lines.take(pick(rng, plain, n))
            extra.category, extra.quantity = goods.category, goods.quantity
            extra.cents, extra.discount = goods.cents, goods.discount
        if kind == GUEST:
            extra.customer = np.full(n, -1)
        parts.append(extra)
    return Lines.concat(parts)


def padded(prefix: str, numbers: np.ndarray, width: int) -> pa.Array:
    """Format numbers as zero-padded text behind a prefix."""
    text = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, text, "") if prefix else text


def money(cents: np.ndarray) -> pa.Array:
    """Format whole cents as money text with two decimals."""
    size = np.abs(cents)
    whole = pa.array(size // 100).cast(pa.string())
    rest = pc.utf8_lpad(pa.array(size % 100).cast(pa.string()), 2, "0")
    sign = pa.array(np.array(["", "-"])[(cents < 0).astype(int)])
    number = pc.binary_join_element_wise(whole, rest, ".")
    return pc.binary_join_element_wise(sign, number, "")


def replaced(text: pa.Array, mask: np.ndarray, values: Sequence[object]) -> pa.Array:
    """Put the values, in turn, in place of the masked elements."""
    n = int(mask.sum())
    new = pa.array([values[i % len(values)] for i in range(n)], pa.string())
    return pc.replace_with_mask(text, pa.array(mask), new)


def transaction_table(
    lines: Lines, lo: int, widths: dict[str, int], done: dict[str, int], clean: bool
) -> pa.Table:
    """Sort, number and format the lines.

    Parameters
    ----------
    lines : Lines
        All lines of the chunk.
    lo : int
        Number of the chunk's first customer, counted from 0.
    widths : dict of str to int
        Digits of the transaction, order and customer ids.
    done : dict of str to int
        Transaction and order numbers used so far; brought up to date.
    clean : bool
        Leave the dirty lines out.

    Returns
    -------
    pyarrow.Table
        The transactions in the order of their true time.
    """
    is_copy = lines.kind == DUPLICATE
    lines = lines.take(np.lexsort((is_copy, lines.seq, lines.order, lines.time)))
    # A duplicate stands right behind its original and shares its number.
    number = done["transaction"] + np.cumsum(lines.kind != DUPLICATE)
    _, seen, inverse = np.unique(lines.order, return_index=True, return_inverse=True)
    rank = np.empty(len(seen), dtype=np.int64)
    rank[np.argsort(seen)] = np.arange(1, len(seen) + 1)
    order = done["order"] + rank[inverse]
    done["transaction"] = int(number[-1])
    done["order"] += len(seen)
    if clean:
        keep = ~np.isin(lines.kind, DIRTY_KINDS)
        lines, number, order = lines.take(keep), number[keep], order[keep]

    kind = lines.kind
    customer = padded("", lines.customer + lo + 1, widths["customer"])
    customer = replaced(customer, kind == GUEST, [None])
    moment = FIRST_DAY.astype("datetime64[s]") + lines.time
    date = pa.array(moment, pa.timestamp("s")).cast(pa.string())
    misdated = date.filter(pa.array(kind == FUTURE)).to_pylist()
    misdated = [
        FUTURE_DAYS[i % len(FUTURE_DAYS)] + d[10:] for i, d in enumerate(misdated)
    ]
    date = replaced(date, kind == FUTURE, misdated)
    date = replaced(date, kind == BAD_DATE, BAD_DATES)
    return pa.table(
        {
            "transaction_id": padded("T", number, widths["transaction"]),
            "order_id": padded("O", order, widths["order"]),
            "customer_id": customer,
            "ordered_at": date,
            "category": pa.array(CATEGORIES).take(pa.array(lines.category)),
            "quantity": pa.array(lines.quantity, pa.int64()),
            "amount": replaced(money(lines.cents), kind == BAD_AMOUNT, BAD_AMOUNTS),
            "discount_amount": pa.array(lines.discount / 100, pa.float64()),
        }
    )


def draw_demographics(
    rng: np.random.Generator, kind: np.ndarray
) -> dict[str, np.ndarray]:
    """Draw full demographics for each customer.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of random numbers.
    kind : numpy.ndarray
        Behaviour of each customer, or never bought, or return only.

    Returns
    -------
    dict of str to numpy.ndarray
        Text columns as objects; household_size as numbers.
    """
    n = len(kind)
    table = [LEANINGS[name] for name in BEHAVIOUR_NAMES] + [NO_LEANING] * 2
    age_lean, income_lean, household_lean, female_lean = np.array(table)[kind].T
    age = np.clip(45 + age_lean + 15 * rng.standard_normal(n), 18, 93)
    birth = AS_OF - np.ceil(age * 365.25).astype("timedelta64[D]")
    female = 0.53 + female_lean
    draw = rng.random(n)
    gender = (draw >= female).astype(int) + (draw >= 0.985)
    income = np.searchsorted(INCOME_CUTS, income_lean + rng.standard_normal(n))
    region = rng.choice(len(REGIONS), n, p=REGION_SHARES)
    return {
        "birth_date": np.datetime_as_string(birth).astype(object),
        "gender": np.array(GENDERS, dtype=object)[gender],
        "income_band": np.array(INCOME_BANDS, dtype=object)[income],
        "household_size": 1 + rng.binomial(5, 0.28 + household_lean),
        "region": np.array(REGIONS, dtype=object)[region],
    }


def draw_missing(rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw which demographic values are missing (customers x columns)."""
    missing = np.zeros((n, len(DEMOGRAPHICS)), dtype=bool)
    who = rng.permutation(n)
    n_all = round(n * ALL_MISSING_SHARE)
    n_some = round(n * SOME_MISSING_SHARE)
    missing[who[:n_all]] = True
    some = who[n_all : n_all + n_some]
    missing[some] = rng.random((n_some, len(DEMOGRAPHICS))) < 0.25
    missing[some, rng.integers(0, len(DEMOGRAPHICS), n_some)] = True
    # Whoever lacks "some" values keeps at least one.
    full = some[missing[some].all(axis=1)]
    missing[full, DEMOGRAPHICS.index("gender")] = False
    return missing


def soil_customers(
    rng: np.random.Generator,
    values: dict[str, np.ndarray],
    missing: np.ndarray,
    lo: int,
    hi: int,
) -> np.ndarray:
    """Plant the dirty spellings in place.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of random numbers.
    values : dict of str to numpy.ndarray
        Demographic columns, with None where missing; changed in place.
    missing : numpy.ndarray
        Which values are missing (customers x columns).
    lo, hi : int
        Range of customers, for the counts.

    Returns
    -------
    numpy.ndarray
        Mask of the customers touched.
    """
    touched = np.zeros(len(missing), dtype=bool)

    def cells(names: Sequence[str], state: np.ndarray, count: int) -> np.ndarray:
        """Draw cells (row, column) of the named columns in the given state."""
        columns = np.array([DEMOGRAPHICS.index(name) for name in names])
        rows, which = np.nonzero(state[:, columns])
        chosen = pick(rng, np.arange(len(rows)), count)
        touched[rows[chosen]] = True
        return np.column_stack([rows[chosen], columns[which[chosen]]])

    texts = ("gender", "income_band", "region")
    count = quota("spelled_missing", lo, hi)
    for i, (row, col) in enumerate(cells(texts, missing, count)):
        values[DEMOGRAPHICS[col]][row] = SPELLED_MISSING[i % len(SPELLED_MISSING)]
    count = quota("misspelled", lo, hi)
    for i, (row, col) in enumerate(cells(("gender", "region"), ~missing, count)):
        text = values[DEMOGRAPHICS[col]][row]
        turn = i % 14  # 6 spaces, 5 upper case, 3 space and capital
        if turn < 6:
            text = f" {text} "
        elif turn < 11:
            text = text.upper()
        else:
            text = f" {text.title()}"
        values[DEMOGRAPHICS[col]][row] = text
    count = quota("bad_births", lo, hi)
    for i, (row, _) in enumerate(cells(("birth_date",), ~missing, count)):
        values["birth_date"][row] = BAD_BIRTHS[i % len(BAD_BIRTHS)]
    return touched


def customer_table(
    rng: np.random.Generator,
    dirt_rng: np.random.Generator,
    kind: np.ndarray,
    listed: np.ndarray,
    lo: int,
    hi: int,
    width: int,
    clean: bool,
) -> pa.Table:
    """Make the customer table of the customers lo .. hi - 1.

    Parameters
    ----------
    rng, dirt_rng : numpy.random.Generator
        Sources of random numbers, for the facts and for the dirt.
    kind : numpy.ndarray
        Behaviour of each customer, or never bought, or return only.
    listed : numpy.ndarray
        Positions of the customers who are in the table, ascending.
    lo, hi : int
        Range of customers.
    width : int
        Digits of the customer id.
    clean : bool
        Leave the dirt out.

    Returns
    -------
    pyarrow.Table
        The customers in the order of their ids.
    """
    values = draw_demographics(rng, kind[listed])
    missing = draw_missing(rng, len(listed))
    household = values["household_size"].astype(object)
    values["household_size"] = household
    for i, name in enumerate(DEMOGRAPHICS):
        values[name][missing[:, i]] = None
    rows = np.arange(len(listed))
    if not clean:
        touched = soil_customers(dirt_rng, values, missing, lo, hi)
        exact = quota("exact_repeated_ids", lo, hi)
        conflict = quota("conflicting_repeated_ids", lo, hi)
        whole = np.flatnonzero(~touched & ~missing.any(axis=1))
        again = pick(dirt_rng, whole, exact + conflict)
        values = {name: np.append(v, v[again]) for name, v in values.items()}
        for i in range(len(rows) + exact, len(rows) + len(again)):
            band = INCOME_BANDS.index(values["income_band"][i])
            region = REGIONS.index(values["region"][i])
            values["income_band"][i] = INCOME_BANDS[(band + 1) % len(INCOME_BANDS)]
            values["region"][i] = REGIONS[(region + 1) % len(REGIONS)]
            values["household_size"][i] = values["household_size"][i] % 6 + 1
        rows = np.append(rows, again)
    place = np.argsort(rows, kind="stable")
    columns = {"customer_id": padded("", listed[rows[place]] + lo + 1, width)}
    for name in DEMOGRAPHICS:
        type_ = pa.int64() if name == "household_size" else pa.string()
        columns[name] = pa.array(values[name][place], type_)
    return pa.table(columns)


def make_chunk(
    settings: Settings,
    lo: int,
    hi: int,
    seed: np.random.SeedSequence,
    done: dict[str, int],
) -> Shop:
    """Make the three tables for the customers lo .. hi - 1.

    Parameters
    ----------
    settings : Settings
        Settings of the shop.
    lo, hi : int
        Range of customers, counted from 0.
    seed : numpy.random.SeedSequence
        Seed of this chunk.
    done : dict of str to int
        Transaction and order numbers used so far; brought up to date.

    Returns
    -------
    Shop
        Transactions, customers and truth of the chunk.
    """
    who_rng, buy_rng, people_rng, dirt_rng, soil_rng = (
        np.random.default_rng(s) for s in seed.spawn(5)
    )
    total = settings.customers
    widths = {
        "customer": max(6, len(str(total))),
        "order": max(5, len(str(total * 50))),
        "transaction": max(6, len(str(total * 100))),
    }
    counts = kind_counts(lo, hi)
    kind = who_rng.permutation(np.repeat(np.arange(len(counts)), counts))
    buyers = np.flatnonzero(kind < NEVER_BOUGHT)
    behaviour = kind[buyers]
    positions = np.arange(len(buyers))
    wholesale = np.zeros(len(buyers), dtype=bool)
    wholesale[pick(who_rng, positions, quota("wholesalers", lo, hi))] = True
    unlisted = pick(who_rng, buyers, quota("not_in_table", lo, hi))
    listed = np.setdiff1d(np.arange(hi - lo), unlisted)

    spread = settings.heterogeneity
    gone = quota("long_gone", lo, hi)
    buyer, time = draw_orders(buy_rng, behaviour, gone, spread)
    bought = draw_lines(buy_rng, behaviour, wholesale, buyer, time, spread)
    bought.customer = buyers[bought.customer]
    back = draw_returns(buy_rng, bought)
    alone = returns_only(buy_rng, np.flatnonzero(kind == RETURN_ONLY))
    alone.order = alone.order + len(buyer)
    back.seq = len(bought) + np.arange(len(back))
    alone.seq = len(bought) + len(back) + np.arange(len(alone))
    lines = add_dirt(dirt_rng, Lines.concat([bought, back, alone]), lo, hi)

    names = pa.array(BEHAVIOUR_NAMES)
    return Shop(
        transactions=transaction_table(lines, lo, widths, done, settings.clean),
        customers=customer_table(
            people_rng,
            soil_rng,
            kind,
            listed,
            lo,
            hi,
            widths["customer"],
            settings.clean,
        ),
        truth=pa.table(
            {
                "customer_id": padded("", buyers + lo + 1, widths["customer"]),
                "planted_segment": names.take(pa.array(behaviour)),
            }
        ),
    )


def make_shop(settings: Settings) -> Iterator[Shop]:
    """Yield the shop chunk by chunk.

    Parameters
    ----------
    settings : Settings
        Settings of the shop.

    Yields
    ------
    Shop
        Transactions, customers and truth of a chunk of customers.
    """
    bounds = chunk_bounds(settings.customers, settings.chunk)
    seeds = np.random.SeedSequence(settings.seed).spawn(len(bounds))
    done = {"transaction": 0, "order": 0}
    for (lo, hi), seed in zip(bounds, seeds, strict=True):
        yield make_chunk(settings, lo, hi, seed, done)


def csv_bytes(table: pa.Table) -> bytes:
    """Format a table as CSV with plain line feeds, nulls as empty cells."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.column_names)
    columns = [
        [f"{x:.2f}" for x in table[name].to_pylist()]
        if pa.types.is_floating(table[name].type)
        else table[name].to_pylist()
        for name in table.column_names
    ]
    writer.writerows(zip(*columns, strict=True))
    return buffer.getvalue().encode("utf-8")


def write_csv(root: Path, settings: Settings | None = None) -> list[Path]:
    """Write the three CSV files below a project folder.

    Parameters
    ----------
    root : pathlib.Path
        Folder that holds (or shall hold) ``seeds`` and ``tests/data``.
    settings : Settings, optional
        Settings of the shop; those of the committed demo by default.

    Returns
    -------
    list of pathlib.Path
        The files written.
    """
    parts = list(make_shop(settings or Settings()))
    paths = []
    for name, relative in CSV_PATHS.items():
        path = root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.concat_tables([getattr(part, name) for part in parts])
        path.write_bytes(csv_bytes(table))
        paths.append(path)
    return paths


def write_parquet(target: Path, settings: Settings) -> dict[str, int]:
    """Write the shop as parquet part files, one per chunk of customers.

    Parameters
    ----------
    target : pathlib.Path
        Folder for ``transactions``, ``customers`` and ``truth``.
    settings : Settings
        Settings of the shop.

    Returns
    -------
    dict of str to int
        Rows written per table.
    """
    for name in CSV_PATHS:
        if any((target / name).glob("part-*.parquet")):
            raise ValueError(
                f"The folder {target / name} already holds part files, "
                "so give another one or empty it first."
            )
    for name in CSV_PATHS:
        (target / name).mkdir(parents=True, exist_ok=True)
    rows = dict.fromkeys(CSV_PATHS, 0)
    for i, shop in enumerate(make_shop(settings)):
        for name in CSV_PATHS:
            table = getattr(shop, name)
            pq.write_table(table, target / name / f"part-{i:05d}.parquet")
            rows[name] += table.num_rows
    return rows


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def error(self, message: str) -> NoReturn:
        sentence = message[:1].upper() + message[1:].rstrip(".") + "."
        self.exit(2, f"{sentence}\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = _Parser(
        prog="make_demo_data.py",
        description=(
            "Write the synthetic demo shop (no real people or sales). Without "
            "options, rewrite the committed CSV files byte for byte."
        ),
        allow_abbrev=False,
    )
    parser.add_argument(
        "--root",
        type=Path,
        metavar="DIR",
        help="project folder to write the CSV files in (default: this project)",
    )
    parser.add_argument(
        "--parquet",
        type=Path,
        metavar="DIR",
        help="write parquet part files to this folder instead of the CSV files; "
        "the options below need it",
    )
    parser.add_argument(
        "--customers",
        type=int,
        metavar="N",
        help=f"customers in the table or buying (default: {DEFAULT_CUSTOMERS})",
    )
    parser.add_argument(
        "--seed",
        type=int,
        metavar="N",
        help=f"seed of the random numbers (default: {DEFAULT_SEED})",
    )
    parser.add_argument(
        "--heterogeneity",
        type=float,
        metavar="X",
        help="factor on the spread between customers of one behaviour (default: 1)",
    )
    parser.add_argument(
        "--clean", action="store_true", default=None, help="leave the dirty rows out"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        Exit status; a bad argument exits with status 2 and a sentence.
    """
    parser = build_parser()
    args = parser.parse_args(argv)
    names = ("customers", "seed", "heterogeneity", "clean")
    given = {n: getattr(args, n) for n in names if getattr(args, n) is not None}
    if args.parquet is None and given:
        parser.error(
            f"--{next(iter(given))} needs --parquet DIR, because the CSV files are "
            "always the committed demo"
        )
    if args.parquet is not None and args.root is not None:
        parser.error("--root is for the CSV files and cannot go with --parquet")
    try:
        if args.parquet is None:
            for path in write_csv(args.root or ROOT):
                print(f"{path.name}: {path.stat().st_size:,} bytes")
        else:
            rows = write_parquet(args.parquet, Settings(**given))
            for name, count in rows.items():
                print(f"{name}: {count:,} rows")
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"cannot write to {error.filename}: {error.strerror}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
