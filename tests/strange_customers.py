"""Strange customer tables, what happens with them, and how that is seen."""

from shops import Shop, make_buyers
from strange_data import Case

GENDER = {"gender": {"kind": "nominal", "levels": ["female", "male"]}}
CUSTOMER_CASES = {
    "no customer table": Case(
        "segmentation_customers: null",
        "It works; there are no demographics.",
        Shop(make_buyers()),
        query="select count(*) from segment_demographics",
        rows=[(0,)],
    ),
    "empty customer table": Case(
        "A customer table without a row",
        "It works; every attribute is unknown.",
        Shop(make_buyers(), [], {"segmentation_demographics": {}}),
        query="select sum(is_in_customer_table::int) from customer_segments",
        rows=[(0,)],
    ),
    "strangers only": Case(
        "A customer table of people who never bought",
        "They are in the rule segment No purchases yet, the buyers in clusters.",
        Shop(
            make_buyers(),
            [{"customer_id": f"stranger {n}", "gender": "male"} for n in range(3)],
            {"segmentation_demographics": GENDER},
        ),
        query="select segment_kind, count(*) from customer_segments group by all"
        " order by all",
        rows=[("cluster", 140), ("rule", 3)],
    ),
    "nothing known": Case(
        "An attribute that is unknown for everybody",
        "It is unknown in customer_segments and not in segment_demographics.",
        Shop(
            make_buyers(),
            [{"customer_id": "buyer 000", "gender": "N/A"}],
            {"segmentation_demographics": GENDER},
        ),
        query="select distinct gender, (select count(*) from segment_demographics)"
        " from customer_segments",
        rows=[("unknown", 0)],
    ),
    "odd attribute values": Case(
        'Attribute values such as <25, O\'Neill and say "hi"',
        "They come out as they went in.",
        Shop(
            make_buyers(),
            [
                {"customer_id": f"buyer {n:03}", "region": value}
                for n, value in enumerate(["<25", "O'Neill", 'say "hi"', "<b>"])
            ],
            {
                "segmentation_demographics": {
                    "region": {
                        "kind": "ordinal",
                        "levels": ["<25", "O'Neill", 'say "hi"'],
                    }
                },
                "segmentation_tests": {"unreadable_column": {"maximum_share": 0.25}},
            },
        ),
        query="select region from customer_segments where customer_id < 'buyer 004'"
        " order by customer_id",
        rows=[("<25",), ("O'Neill",), ('say "hi"',), ("unknown",)],
    ),
    "a customer twice": Case(
        "Two records of one customer, one of them with more known",
        "The record with more known stands; customer_quality counts the other.",
        Shop(
            make_buyers(),
            [
                {"customer_id": "buyer 000", "gender": None},
                {"customer_id": "buyer 000", "gender": "male"},
            ],
            {"segmentation_demographics": GENDER},
        ),
        query="select gender, (select row_count from customer_quality"
        " where fact = 'duplicate_id') from customer_segments"
        " where customer_id = 'buyer 000'",
        rows=[("male", 1)],
    ),
}
