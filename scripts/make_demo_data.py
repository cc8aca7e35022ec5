"""Write the synthetic demo shop: transactions, customers and planted truth.

Every customer, order and amount is invented by a random generator; no row stems from a
real person or shop. The script rewrites three committed files byte for byte::

    seeds/demo_transactions.csv   order lines, 2024-01-01 .. 2025-12-31
    seeds/demo_customers.csv      customer table with demographics
    tests/data/demo_truth.csv     planted behaviour of each buyer (for tests only)

Each buyer has one of the seven behaviours of demo_behaviours.csv and draws a purchase
rate, a basket size and a liking for discounts around those of the behaviour. Between a
first and a last purchase they buy by a Poisson process, thinned by a weekly and a seasonal
pattern. `COUNTS` lists what is planted besides: facts of life (returns, wholesalers,
customers who never bought) and dirt, which only adds lines. demo_customers.py makes the
customer table and spoils some of its values. Big shops for benchmarks come from
benchmarks/shop.sql.

The bytes depend on the seed only. NumPy keeps the random streams of a `Generator` stable
in practice, but does not promise it for all future versions.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from demo_customers import AS_OF, BEHAVIOURS, Random, format_ids, make_customers, pick

ROOT = Path(__file__).resolve().parent.parent
SEED = 20260101
CUSTOMERS = 1_500  # in the customer table or buying
FIRST_DAY = np.datetime64("2024-01-01", "s")
DAY_SECONDS = 86_400
DAYS = int((AS_OF - FIRST_DAY).astype(int)) // DAY_SECONDS

NEW, LOST = 3, 5
NEVER_BOUGHT, RETURN_ONLY = len(BEHAVIOURS), len(BEHAVIOURS) + 1

LONG_GONE_FIRST = (480.0, 700.0)  # windows of the lost who left the lookback year
LONG_GONE_LAST = (370.0, 475.0)
MAX_RATE = 0.6
ORDER_SPREAD = 0.35  # of the log basket from order to order
DEAL_SPREAD = 0.45  # of the log-odds of a discount between customers
DEPTH_SPREAD = 0.15  # of the log depth of discounts between customers
MAX_LINES = 8  # per order
WHOLESALE_FACTOR = 20
RETURN_SHARE = 0.042  # of the bought lines
WEEKDAY = (0.95, 0.92, 0.94, 1.00, 1.12, 1.25, 0.82)  # Monday first
MONTH = (0.90, 0.88, 0.96, 1.0, 1.0, 0.98, 0.94, 0.94, 1.0, 1.02, 1.14, 1.24)
CATEGORIES = ("food", "home", "beauty", "books", "toys", "garden")
CATEGORY_SHARES = (0.30, 0.22, 0.16, 0.14, 0.10, 0.08)

COUNTS = {
    # Customers
    "never_bought": 90,  # in the customer table only
    "return_only": 6,  # one return, no purchase
    "not_in_table": 70,  # buyers without an entry in the customer table
    "long_gone": 15,  # of the lost: last purchase over 365 days ago
    "wholesalers": 7,  # buyers who spend 20 times as much
    # Dirty lines
    "duplicate": 40,  # exact copies of a line
    "guest": 60,  # without a customer_id
    "bad_date": 24,
    "bad_amount": 18,
    "future": 6,  # dated after the as-of date
    "zero": 15,  # amount 0.00, within an ordinary order
}
# Used in turn, so that their counts are even.
BAD_DATES = ("31/02/2025", "yesterday", "")
BAD_AMOUNTS = ("n/a", "12,5O", "")
FUTURE_DAYS = tuple(f"2026-01-{day:02}" for day in range(3, 9))


def of_behaviour(field: str, behaviour: np.ndarray) -> np.ndarray:
    """Return a column of `BEHAVIOURS` for each buyer."""
    return BEHAVIOURS[field].to_numpy()[behaviour]


def take_in_turn(values: tuple, count: int) -> list:
    """Repeat the values until there are enough."""
    return [values[i % len(values)] for i in range(count)]


def draw_kinds(random: Random) -> np.ndarray:
    """Give each customer a behaviour, or make them one who never bought or one return."""
    others = [COUNTS["never_bought"], COUNTS["return_only"]]
    edges = np.cumsum([0.0, *BEHAVIOURS["share"]]) * (CUSTOMERS - sum(others))
    counts = np.diff(np.floor(edges + 0.5)).astype(int)
    kinds = np.arange(len(BEHAVIOURS) + len(others))
    return random.permutation(np.repeat(kinds, [*counts, *others]))


def draw_spans(random: Random, behaviour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw first and last purchase of each buyer, as days since the first day."""
    bounds = ("first_from", "first_to", "last_from", "last_to")
    first_from, first_to, last_from, last_to = (
        of_behaviour(name, behaviour) for name in bounds
    )
    first = random.uniform(first_from, first_to)
    last = random.uniform(last_from, last_to)
    gone = pick(random, np.flatnonzero(behaviour == LOST), COUNTS["long_gone"])
    first[gone] = random.uniform(*LONG_GONE_FIRST, len(gone))
    last[gone] = random.uniform(*LONG_GONE_LAST, len(gone))
    last = np.minimum(last, first)
    once = random.random(len(behaviour)) < of_behaviour("once", behaviour)
    last = np.where(once & (behaviour == NEW), first, last)
    first = np.where(once, last, first)
    return DAYS - first, DAYS - last


def weigh_days() -> np.ndarray:
    """Return the relative purchase rate of each day, 1 on average."""
    days = pd.date_range(FIRST_DAY, periods=DAYS)
    weights = np.array(WEEKDAY)[days.day_of_week] * np.array(MONTH)[days.month - 1]
    return weights / weights.mean()


def draw_orders(random: Random, behaviour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw buyer and time (seconds since the first day) of each order."""
    buyers = np.arange(len(behaviour))
    first, last = draw_spans(random, behaviour)
    spread = of_behaviour("rate_spread", behaviour)
    rate = of_behaviour("rate", behaviour) * np.exp(
        spread * random.standard_normal(len(buyers))
    )
    weights = weigh_days()
    top = weights.max()
    # A Poisson process at the highest rate, thinned to that of each day.
    more = random.poisson(np.minimum(rate, MAX_RATE) * top * (last - first))
    who = np.repeat(buyers, more)
    at = first[who] + random.random(len(who)) * (last - first)[who]
    keep = random.random(len(who)) * top < weights[at.astype(int)]
    several = last > first
    buyer = np.concatenate([buyers, buyers[several], who[keep]])
    day = np.concatenate([first, last[several], at[keep]]).astype(int)
    # Opening hours 8 to 22, most orders in the afternoon.
    second = (8 + 14 * random.beta(2.2, 1.8, len(day))) * 3600
    return buyer, day * DAY_SECONDS + second.astype(int)


def draw_lines(
    random: Random,
    behaviour: np.ndarray,
    wholesale: np.ndarray,
    buyer: np.ndarray,
    time: np.ndarray,
) -> pd.DataFrame:
    """Fill orders with lines; the customer of a line is the position of its buyer."""
    count = len(behaviour)
    basket = of_behaviour("basket", behaviour) * np.exp(
        of_behaviour("basket_spread", behaviour) * random.standard_normal(count)
    )
    basket = np.where(wholesale, WHOLESALE_FACTOR, 1) * basket
    odds = of_behaviour("deal_probability", behaviour)
    odds = np.log(odds / (1 - odds)) + DEAL_SPREAD * random.standard_normal(count)
    deal_probability = 1 / (1 + np.exp(-odds))
    depth = of_behaviour("deal_depth", behaviour) * np.exp(
        DEPTH_SPREAD * random.standard_normal(count)
    )

    value = basket[buyer] * np.exp(ORDER_SPREAD * random.standard_normal(len(buyer)))
    sizes = 1 + random.poisson(of_behaviour("lines", behaviour)[buyer] - 1)
    order = np.repeat(np.arange(len(buyer)), np.minimum(sizes, MAX_LINES))
    part = random.gamma(3.0, size=len(order))
    part = part / np.bincount(order, part, len(buyer))[order]
    price = np.maximum(np.rint(100 * value[order] * part), 50).astype(int)
    who = buyer[order]
    off = np.clip(depth[who] * random.uniform(0.7, 1.3, len(who)), 0.03, 0.7)
    off = np.where(random.random(len(who)) < deal_probability[who], off, 0.0)
    discount = np.rint(price * off).astype(int)
    quantity = 1 + random.poisson(0.35, len(who))
    return pd.DataFrame(
        {
            "kind": "purchase",
            "customer": who,
            "order": order,
            "time": time[order],
            "category": random.choice(len(CATEGORIES), len(who), p=CATEGORY_SHARES),
            "quantity": quantity * np.where(wholesale[who], WHOLESALE_FACTOR, 1),
            "cents": price - discount,
            "discount": discount,
        }
    )


def draw_returns(random: Random, lines: pd.DataFrame) -> pd.DataFrame:
    """Send a share of the lines back, each 2 to 30 days after its purchase."""
    back = lines[random.random(len(lines)) < RETURN_SHARE]
    days = random.integers(2, 31, len(back))
    delay = days * DAY_SECONDS + random.integers(-7200, 7200, len(back))
    back = back.assign(
        kind="return",
        time=back["time"] + delay,
        quantity=-back["quantity"],
        cents=-back["cents"],
        discount=0,
    )
    return back[back["time"] < DAYS * DAY_SECONDS]


def draw_lone_returns(random: Random, who: np.ndarray, order: int) -> pd.DataFrame:
    """Make one return per customer, of an order from before the data."""
    count = len(who)
    days = random.integers(30, DAYS, count)
    return pd.DataFrame(
        {
            "kind": "return",
            "customer": who,
            "order": order + np.arange(count),
            "time": days * DAY_SECONDS + random.integers(8 * 3600, 22 * 3600, count),
            "category": random.integers(0, len(CATEGORIES), count),
            "quantity": -1,
            "cents": -random.integers(500, 8000, count),
            "discount": 0,
        }
    )


def add_dirt(random: Random, lines: pd.DataFrame) -> pd.DataFrame:
    """Add dirty lines, made from ordinary ones."""
    purchases = np.flatnonzero(lines["kind"] == "purchase")
    order = lines["order"].max() + 1
    parts = [lines.assign(line=np.arange(len(lines)))]
    line = len(lines)
    for kind in ("duplicate", "guest", "bad_date", "bad_amount", "future", "zero"):
        extra = parts[0].iloc[pick(random, purchases, COUNTS[kind])].assign(kind=kind)
        count = len(extra)
        if kind != "duplicate":
            extra["line"] = line + np.arange(count)
            line += count
        if kind == "zero":
            extra[["quantity", "cents", "discount"]] = 1, 0, 0
        elif kind != "duplicate":
            # An order of its own on the same day, with the contents of others.
            extra["order"] = order + np.arange(count)
            order += count
            second = random.integers(8 * 3600, 22 * 3600, count)
            extra["time"] = extra["time"] // DAY_SECONDS * DAY_SECONDS + second
            goods = lines.iloc[pick(random, purchases, count)]
            contents = ["category", "quantity", "cents", "discount"]
            extra[contents] = goods[contents].to_numpy()
        parts.append(extra)
    return pd.concat(parts)


def format_transactions(lines: pd.DataFrame) -> pd.DataFrame:
    """Sort, number and spell the lines; a duplicate follows its original."""
    lines = lines.assign(is_copy=lines["kind"] == "duplicate")
    lines = lines.sort_values(["time", "order", "line", "is_copy"], ignore_index=True)
    kind = lines["kind"]
    moments = pd.Series(FIRST_DAY + lines["time"].to_numpy().astype("timedelta64[s]"))
    transactions = pd.DataFrame(
        {
            "transaction_id": format_ids((~lines["is_copy"]).cumsum(), 6, "T"),
            "order_id": format_ids(pd.factorize(lines["order"])[0] + 1, 5, "O"),
            "customer_id": format_ids(lines["customer"] + 1, 6),
            "ordered_at": moments.dt.strftime("%Y-%m-%d %H:%M:%S"),
            "category": np.array(CATEGORIES)[lines["category"]],
            "quantity": lines["quantity"],
            "amount": [f"{cents / 100:.2f}" for cents in lines["cents"]],
            "discount_amount": [f"{cents / 100:.2f}" for cents in lines["discount"]],
        }
    )
    transactions.loc[kind == "guest", "customer_id"] = ""
    future = transactions["ordered_at"][kind == "future"]
    for column, dirt, values in (
        ("ordered_at", "bad_date", take_in_turn(BAD_DATES, COUNTS["bad_date"])),
        ("ordered_at", "future", np.array(FUTURE_DAYS) + future.str[10:].to_numpy()),
        ("amount", "bad_amount", take_in_turn(BAD_AMOUNTS, COUNTS["bad_amount"])),
    ):
        transactions.loc[kind == dirt, column] = values
    return transactions


def make_demo() -> dict[str, pd.DataFrame]:
    """Make the three tables of the demo; file below the project to table."""
    seeds = np.random.SeedSequence(SEED).spawn(1)[0].spawn(5)
    who, buying, people, dirt, soil = map(np.random.default_rng, seeds)
    kind = draw_kinds(who)
    buyers = np.flatnonzero(kind < NEVER_BOUGHT)
    behaviour = kind[buyers]
    wholesale = np.zeros(len(buyers), dtype=bool)
    wholesale[pick(who, np.arange(len(buyers)), COUNTS["wholesalers"])] = True
    unlisted = pick(who, buyers, COUNTS["not_in_table"])
    listed = np.setdiff1d(np.arange(CUSTOMERS), unlisted)

    buyer, time = draw_orders(buying, behaviour)
    bought = draw_lines(buying, behaviour, wholesale, buyer, time)
    bought["customer"] = buyers[bought["customer"]]
    back = draw_returns(buying, bought)
    alone = draw_lone_returns(buying, np.flatnonzero(kind == RETURN_ONLY), len(buyer))
    lines = add_dirt(dirt, pd.concat([bought, back, alone], ignore_index=True))
    truth = {
        "customer_id": format_ids(buyers + 1, 6),
        "planted_segment": of_behaviour("name", behaviour),
    }
    return {
        "seeds/demo_transactions.csv": format_transactions(lines),
        "seeds/demo_customers.csv": make_customers(people, soil, kind, listed),
        "tests/data/demo_truth.csv": pd.DataFrame(truth),
    }


def write_demo(root: Path = ROOT) -> None:
    """Write the three files below a project folder."""
    for name, table in make_demo().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    write_demo()
