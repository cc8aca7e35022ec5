"""A shop with a line for every policy, run in memory under several sets of vars.

tests/test_input_policies.py and tests/test_model_policies.py compare the runs.
"""

import random

from conftest import Build
from in_memory import InMemoryProject, InMemoryShop
from read_vars import SETTINGS, merge_vars
from shops import Shop, make_buyers, make_line
from write_vars import list_vars, read_defaults

DEMOGRAPHICS = {
    "birth_date": {"kind": "date", "as": "age_years"},
    "gender": {"kind": "nominal", "levels": ["female", "male"]},
    "region": {"kind": "nominal"},
}
DEFAULTS = read_defaults()
VARS = list_vars()
# Lines that one var each is there for; the customer says which.
PROBES = [
    make_line("returns", 20, 100),
    make_line("returns", 10, -30),
    make_line("small orders", 20, 5),
    make_line("small orders", 10, 50),
    make_line("gifts", 20, 40, category="gift"),
    make_line("gifts", 10, 60, category="food"),
    make_line("early", 350, 30),
    make_line("early", 10, 70),
    make_line("night", 0, 40, ordered_at="2025-12-20 03:00:00"),
    make_line("half a year ago", 180, 40),
    make_line("long ago", 500, 40),
    make_line("doubles", 20, 10, transaction_id="twice"),
    make_line("doubles", 20, 10, transaction_id="twice"),
    make_line("doubles", 15, 20, transaction_id="corrected"),
    make_line("doubles", 12, 25, transaction_id="corrected"),
]


def make_customers() -> list[dict]:
    generator = random.Random(2)
    customers = [
        {
            "customer_id": f"buyer {number:03}",
            "birth_date": f"{generator.randint(1940, 2005)}-06-15",
            "gender": generator.choice(["female", "male"]),
            "region": generator.choice(["north", "south"]),
            "loyalty_tier": generator.choice(["gold", "silver"]),
        }
        for number in range(0, 140)
        if number % 5
    ]
    tbd = {"gender": "tbd", "region": "tbd", "birth_date": None, "loyalty_tier": "gold"}
    return [*customers, {"customer_id": "never bought"} | tbd]


SHOP = Shop(
    make_buyers() + PROBES,
    make_customers(),
    # In segments of 35 to 41 customers the default of 30 would leave nothing to show.
    {
        "segmentation_demographics": DEMOGRAPHICS,
        "segmentation_duplicates": "by_transaction_id",
        "segmentation_minimum_cell_size": 5,
    },
)
TESTED: dict[str, str] = {}


def changes(*names: str):
    """Note the vars whose effect a test checks."""

    def note(test):
        TESTED.update(dict.fromkeys(names, test.__name__))
        return test

    return note


def compile_shop(tmp_path_factory, *selected: str, **overrides) -> InMemoryProject:
    """Compile the project for the shop and some vars."""
    build = Build(
        tmp_path_factory.mktemp("policy"),
        vars=merge_vars(SHOP.make_vars(), overrides),
    )
    return InMemoryProject(build, *selected, **SHOP.tables())


def run_shop(tmp_path_factory, *selected: str, **overrides) -> InMemoryShop:
    project = compile_shop(tmp_path_factory, *selected, **overrides)
    shop = project.run(**SHOP.tables())
    shop.failures = project.find_failures(shop)
    return shop


def list_varied(name: str, value) -> set[str]:
    """A var, or the entries of a mapping of settings, that are not the default."""
    if name in SETTINGS or name.rpartition(".")[0] in SETTINGS:
        rule = VARS.get(name)
        if rule is None:
            return set().union(
                *(list_varied(f"{name}.{key}", entry) for key, entry in value.items())
            )
        return {name} if value != rule["default"] else set()
    rule = VARS[name]
    default = rule["default"] if "default" in rule else DEFAULTS[name]
    return {name} if value != default else set()
