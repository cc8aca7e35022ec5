"""The customer table of the demo shop: demographics, gaps and bad values."""

from pathlib import Path

import numpy as np
import pandas as pd

AS_OF = np.datetime64("2026-01-01", "s")  # exclusive
# Rates are purchases per day between first and last purchase, baskets money per order
# before discount, spreads the standard deviations of their logarithms between customers.
# A deal is a discounted line: its probability, and the share taken off. The windows of
# the first and of the last purchase are days before the as-of date. `once` is the share
# who bought a single time. Demographics lean away from the average by years of age,
# standard deviations of income, and probabilities of another household member and of
# being female.
BEHAVIOURS = pd.read_csv(Path(__file__).with_name("demo_behaviours.csv"))
LEANINGS = BEHAVIOURS[["age", "income", "household", "female"]].to_numpy()

GENDERS = ("female", "male", "diverse")
INCOME_BANDS = ("under 20k", "20k-40k", "40k-60k", "60k-80k", "80k and over")
INCOME_CUTS = (-1.0, -0.1, 0.65, 1.3)  # between the bands, in standard deviations
REGIONS = ("north", "south", "east", "west", "centre")
REGION_SHARES = (0.18, 0.25, 0.15, 0.24, 0.18)
DEMOGRAPHICS = ("birth_date", "gender", "income_band", "household_size", "region")
ALL_MISSING_SHARE = 0.10
SOME_MISSING_SHARE = 0.20

SPELLED_MISSING_COUNT = 30
MISSPELLED_COUNT = 28
BAD_BIRTHS_COUNT = 6
# Used in turn, so that their counts are even.
SPELLED_MISSING = ("N/A", "unknown", "N/A", "unknown", "   ")
BAD_BIRTHS = ("1843-05-17", "2031-04-12", "not a date")

Random = np.random.Generator


def pick(random: Random, pool: np.ndarray, count: int) -> np.ndarray:
    """Draw different elements of a pool."""
    return random.permutation(pool)[:count]


def format_ids(numbers: np.ndarray, width: int, prefix: str = "") -> list[str]:
    """Write numbers as ids of equal length."""
    return [f"{prefix}{number:0{width}}" for number in numbers]


def draw_demographics(random: Random, kind: np.ndarray) -> dict[str, np.ndarray]:
    """Draw full demographics for each customer."""
    count = len(kind)
    leanings = np.vstack([LEANINGS, np.zeros((2, LEANINGS.shape[1]))])
    age_lean, income_lean, household_lean, female_lean = leanings[kind].T
    age = np.clip(45 + age_lean + 15 * random.standard_normal(count), 18, 93)
    birth = AS_OF.astype("M8[D]") - np.ceil(age * 365.25).astype("timedelta64[D]")
    draw = random.random(count)
    gender = (draw >= 0.53 + female_lean).astype(int) + (draw >= 0.985)
    income = np.searchsorted(INCOME_CUTS, income_lean + random.standard_normal(count))
    region = random.choice(len(REGIONS), count, p=REGION_SHARES)
    household = 1 + random.binomial(5, 0.28 + household_lean)
    return {
        "birth_date": birth.astype(str).astype(object),
        "gender": np.array(GENDERS, dtype=object)[gender],
        "income_band": np.array(INCOME_BANDS, dtype=object)[income],
        "household_size": household.astype(object),
        "region": np.array(REGIONS, dtype=object)[region],
    }


def draw_missing(random: Random, count: int) -> np.ndarray:
    """Draw which demographic values are missing (customers x columns)."""
    missing = np.zeros((count, len(DEMOGRAPHICS)), dtype=bool)
    who = random.permutation(count)
    all_count = round(count * ALL_MISSING_SHARE)
    some_count = round(count * SOME_MISSING_SHARE)
    missing[who[:all_count]] = True
    some = who[all_count : all_count + some_count]
    missing[some] = random.random((some_count, len(DEMOGRAPHICS))) < 0.25
    missing[some, random.integers(0, len(DEMOGRAPHICS), some_count)] = True
    # Whoever lacks "some" values keeps at least one.
    full = some[missing[some].all(axis=1)]
    missing[full, DEMOGRAPHICS.index("gender")] = False
    return missing


def misspell(text: str, turn: int) -> str:
    """Put spaces around a text, write it in capitals, or a space and a capital before."""
    if turn % 14 < 6:
        return f" {text} "
    return text.upper() if turn % 14 < 11 else f" {text.title()}"


def soil_customers(
    random: Random, customers: pd.DataFrame, missing: np.ndarray
) -> np.ndarray:
    """Spoil customer values in place; tell which customers were left alone."""
    untouched = np.ones(len(missing), dtype=bool)

    def cells(names: list[str], state: np.ndarray, count: int) -> list[tuple[int, str]]:
        """Draw cells of the named columns that are in the given state."""
        rows, columns = np.nonzero(state[:, [DEMOGRAPHICS.index(n) for n in names]])
        chosen = pick(random, np.arange(len(rows)), count)
        untouched[rows[chosen]] = False
        return [(rows[i], names[columns[i]]) for i in chosen]

    names = ["gender", "income_band", "region"]
    for i, cell in enumerate(cells(names, missing, SPELLED_MISSING_COUNT)):
        customers.at[cell] = SPELLED_MISSING[i % len(SPELLED_MISSING)]
    names = ["gender", "region"]
    for i, cell in enumerate(cells(names, ~missing, MISSPELLED_COUNT)):
        customers.at[cell] = misspell(customers.at[cell], i)
    for i, cell in enumerate(cells(["birth_date"], ~missing, BAD_BIRTHS_COUNT)):
        customers.at[cell] = BAD_BIRTHS[i % len(BAD_BIRTHS)]
    return untouched


def make_customers(
    random: Random, dirt_random: Random, kind: np.ndarray, listed: np.ndarray
) -> pd.DataFrame:
    """Make the customer table, with one id repeated exactly and one with other values."""
    values = draw_demographics(random, kind[listed])
    missing = draw_missing(random, len(listed))
    for column, is_missing in zip(DEMOGRAPHICS, missing.T, strict=True):
        values[column][is_missing] = None
    customers = pd.DataFrame({"customer_id": format_ids(listed + 1, 6)} | values)
    untouched = soil_customers(dirt_random, customers, missing)
    whole = np.flatnonzero(untouched & ~missing.any(axis=1))
    again = customers.iloc[pick(dirt_random, whole, 2)]
    other = again.iloc[1].copy()
    for column, levels in (("income_band", INCOME_BANDS), ("region", REGIONS)):
        other[column] = levels[(levels.index(other[column]) + 1) % len(levels)]
    other["household_size"] = other["household_size"] % 6 + 1
    customers = pd.concat([customers, again[:1], other.to_frame().T])
    return customers.sort_values("customer_id", kind="stable")
