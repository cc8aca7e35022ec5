"""The same input gives the same tables, whatever the order, threads and runs."""

import random

from conftest import PROJECT, Build, copy_project


def test_another_process_row_order_and_thread_change_nothing(demo_build, tmp_path):
    project = copy_project(tmp_path)
    for name in ("demo_transactions.csv", "demo_customers.csv"):
        header, *lines = (PROJECT / "seeds" / name).read_text().splitlines()
        random.Random(1).shuffle(lines)
        (project / "seeds" / name).write_text("\n".join([header, *lines]) + "\n")
    profile = project / "profiles.yml"
    changed = profile.read_text().replace(
        "TimeZone: UTC", "TimeZone: UTC\n        threads: 1"
    )
    assert changed != profile.read_text()
    profile.write_text(changed)

    shuffled = Build(tmp_path / "out", project, is_forked=False).run()
    assert shuffled.read_published() == demo_build.read_published()
