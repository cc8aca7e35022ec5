"""Made shops of eight kinds, for what must hold whatever the shop: numpy draws, seeded."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

FIRST_DAY = np.datetime64("2024-01-01")


@dataclass(frozen=True)
class Kind:
    """How customers of a kind of shop behave; days and money are medians."""

    days: int = 720  # history of the shop
    once: float = 0.2  # share who buy a single time
    gap: float = 40.0  # days between purchases
    gap_spread: float = 0.7  # sd of the log gap between customers
    life: float = 300.0  # days until a customer leaves
    basket: float = 50.0
    basket_spread: float = 0.6  # sd of the log basket between customers
    regular: bool = False  # purchases at equal gaps and for the same money
    season: float = 0.0  # share of the purchases outside November to January left out
    newcomers: float = 1.0  # customers won at the end for one won at the start
    returned: float = 0.02  # share of the purchases that come back
    returners: float = 0.0  # share of the customers who return nearly everything
    large: float = 0.0  # share of customers who spend forty times as much


KINDS = {
    "one-time shop": Kind(once=0.9, gap=150, basket=120, basket_spread=1.0),
    "marketplace": Kind(once=0.7, gap=90, life=400, basket_spread=1.1),
    "subscription": Kind(once=0.05, gap=30, gap_spread=0.05, regular=True),
    "wholesaler": Kind(once=0.1, gap=20, life=900, basket=200, large=0.08),
    "seasonal": Kind(once=0.3, gap=25, life=900, season=0.9),
    "young": Kind(days=110, once=0.4, gap=15, life=200),
    "shrinking": Kind(once=0.3, life=150, newcomers=0.1),
    "return-heavy": Kind(once=0.35, gap=50, returned=0.25, returners=0.12),
}


def make_transactions(kind: Kind, seed: int, customers: int = 900) -> pd.DataFrame:
    """Draw the lines of a shop.

    Parameters
    ----------
    kind : Kind
    seed : int
        The same seed gives the same lines.
    customers : int
        Customers who buy at least once.

    Returns
    -------
    DataFrame
        One row per line; our column names, dates as text.
    """
    generator = np.random.default_rng(seed)
    place = generator.random(customers)
    if kind.newcomers != 1:
        # Density falls or rises in a straight line from the start to the end.
        slope = kind.newcomers - 1
        place = (np.sqrt(1 + place * (2 + slope) * slope) - 1) / slope
    first = place * (kind.days - 1)
    gaps = kind.gap * np.exp(kind.gap_spread * generator.standard_normal(customers))
    lives = generator.exponential(kind.life / np.log(2), customers)
    lives[generator.random(customers) < kind.once] = 0
    baskets = kind.basket * np.exp(
        kind.basket_spread * generator.standard_normal(customers)
    )
    baskets[generator.random(customers) < kind.large] *= 40
    gives_back = generator.random(customers) < kind.returners
    rows = []
    for customer in range(customers):
        day, number = first[customer], 0
        while day < min(kind.days, first[customer] + lives[customer]) or number == 0:
            date = FIRST_DAY + int(day)
            month = date.astype("datetime64[M]").astype(int) % 12 + 1
            is_wanted = (
                month in (11, 12, 1) or generator.random() >= kind.season or number == 0
            )
            if is_wanted:
                amount = baskets[customer] * (
                    1 if kind.regular else np.exp(0.4 * generator.standard_normal())
                )
                amount = round(max(float(amount), 1.0), 2)
                rows.append((customer, number, date, amount))
                chance = 0.95 if gives_back[customer] else kind.returned
                back = int(day) + 5
                if generator.random() < chance and back < kind.days:
                    rows.append((customer, number, FIRST_DAY + back, -amount))
                number += 1
            step = gaps[customer]
            day += step if kind.regular else generator.exponential(step)
    lines = pd.DataFrame(rows, columns=["customer", "number", "date", "amount"])
    text = lines["customer"].map("C{:05d}".format)
    return pd.DataFrame(
        {
            "transaction_id": [str(number) for number in range(len(lines))],
            "order_id": text + "-" + lines["number"].astype(str),
            "customer_id": text,
            "category": None,
            "quantity": None,
            "amount": lines["amount"].map("{:.2f}".format),
            "discount_amount": None,
            "ordered_at": lines["date"].astype(str),
        }
    ).astype("string")
