"""Write the sample files anew: ``python data/make_samples.py``. The same bytes every time.

All phone numbers are from ranges that are reserved for fiction: +1 AAA 555 0100 to 0199 in the
United States, and Ofcom's numbers for drama in the United Kingdom. The faults are those that people
really have in their files.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from pathlib import Path

HERE = Path(__file__).parent
ROWS, REPEATS, SECOND_ORDERS = 2600, 40, 12
AREAS = [
    *(201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224),
    *(225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270),
]
NAMES = [
    *("Ann", "Bob", "Carla", "Dmitri", "Eve", "Frank", "Grace", "Hugo", "Iris", "Jack", "Kate"),
    *("Liam", "Mary", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tina", "Uma", "Vera", "Will"),
    *("Zoë", "José", "Łukasz", "Chloé", "Søren", "Ñuria", "Jürgen", "Anaïs"),
]
LAST = ["Adams", "Baker", "Costa", "Diaz", "Evans", "Fischer", "Garcia", "Hall", "Ito", "Jones"]
CITIES = ["Springfield", "Riverside", "Franklin", "Greenville", "Bristol", "Clinton", "Salem"]
WRITTEN = ("+1 {a} 555 {n}", "({a}) 555-{n}", "+1{a}555{n}", "1-{a}-555-{n}", "{a}.555.{n}")
FAULTS = {  # what stands in the phone column, by how many rows
    "": 60,
    "n/a": 12,
    "call me": 5,
    "+44 7700 900{n:03d}": 20,
    "+44 20 7946 0{n:03d}": 12,
    "1.20156E+10": 6,
    "201555": 8,
    "+1 304 555 0{n:03d} ext 12": 4,
    "+1 800 555 0{n:03d}": 3,
    "+1 305 555 0{n:03d} / +1 305 555 0199": 2,
    "+1 201 KL5 0199": 4,
}
GUARDS = (
    "'+1{a}555{n}",
    '="1{a}555{n}"',
    "1{a}555{n}.0",
    "001{a}555{n}",
    "+1\u00a0{a}\u00a0555\u00a0{n}",
)
ODD_NAMES = {77: "Mia 🌻", 1203: "Tom & Co <b>", 1999: "D'Arcy"}


def phone(rng: random.Random, row: int) -> str:
    """Return the number of a row, written in one of the ways people write."""
    area, number = AREAS[row // 100 % len(AREAS)], f"0{100 + row % 100}"
    ways = GUARDS if rng.random() < 0.06 else WRITTEN  # noqa: PLR2004 - some come from spreadsheets
    return rng.choice(ways).format(a=area, n=number)


def orders(rng: random.Random) -> list[dict[str, object]]:
    """Return the orders, faults included."""
    rows = [order(rng, number) for number in range(ROWS - REPEATS - SECOND_ORDERS)]
    spoilt = rng.sample(range(len(rows)), sum(FAULTS.values()))
    customers = [place for place in range(len(rows)) if place not in set(spoilt)]
    for text, count in FAULTS.items():
        for number in range(count):
            rows[spoilt.pop()]["mobile"] = text.format(n=100 + number)
    rows[611]["items"] = ""
    more = [dict(row) for row in rng.sample(rows, REPEATS)]
    more += [second_order(rng, rows[place]) for place in rng.sample(customers, SECOND_ORDERS)]
    for row in more:
        rows.insert(rng.randrange(len(rows)), row)
    return rows


def second_order(rng: random.Random, row: dict[str, object]) -> dict[str, object]:
    """Return another order of the same customer: the same phone, another text."""
    total = f"{rng.uniform(5, 1400):.2f}"
    return {**row, "order_no": f"{5000000 + rng.randrange(100000)}", "total": total}


def order(rng: random.Random, number: int) -> dict[str, object]:
    """Return one order."""
    day = dt.date(2026, 11, 2) + dt.timedelta(days=number % 14)
    return {
        "accountNumber": f"A{100000 + number}",
        "FirstName": ODD_NAMES.get(number) or ("" if rng.random() < 0.05 else rng.choice(NAMES)),  # noqa: PLR2004
        "LastName": rng.choice(LAST),
        "mobile": phone(rng, number),
        "order_no": f"{4000000 + 37 * number}",
        "items": rng.randint(1, 5),
        "total": f"{rng.uniform(5, 1400):.2f}",
        "shipped_on": day.isoformat(),
        "city": rng.choice(CITIES),
        "consent": rng.choices(["OPTED-IN", "OPTED-OUT", ""], [92, 6, 2])[0],
    }


def appointments(rng: random.Random) -> list[dict[str, object]]:
    """Return a short, clean list of appointments."""
    start = dt.datetime(2026, 12, 1, 8, 0)  # noqa: DTZ001 - local time of the clinic
    return [
        {
            "phone": f"+1{AREAS[number % len(AREAS)]}5550{100 + number % 100}",
            "first_name": rng.choice(NAMES),
            "doctor": rng.choice(["Dr. Hall", "Dr. Ito", "Dr. Diaz"]),
            "when": (start + dt.timedelta(minutes=20 * number)).isoformat(sep=" "),
            "clinic": rng.choice(["North", "South"]),
        }
        for number in range(60)
    ]


def write(name: str, rows: list[dict[str, object]]) -> None:
    """Write rows as CSV."""
    with (HERE / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    write("orders.csv", orders(random.Random(1)))  # noqa: S311 - sample data
    write("appointments.csv", appointments(random.Random(2)))  # noqa: S311 - sample data
