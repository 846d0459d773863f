"""The values in the cells of a table: dates, durations, percents, amounts."""

import pytest

from tests.formats.csv_build import Document, happened, milestones, notes, only, parsed, problems, row


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-07",
        "2024-5-7",
        "2024/05/07",
        "7.5.2024",
        "07.05.24",
        "7 May 2024",
        "07-May-24",
        "07-May-24*",
        "7. May 2024",
        "07/may/2024",
        "7May2024",
        "May 7, 2024",
        "May 7th 2024",
        "Tue May 7, 2024",
        "Tuesday, 7 May 2024",
        "TUE 07.05.2024",
        "05/05/2024",
    ],
)
def test_a_day_stays_a_day(text: str) -> None:
    assert only(row(start=text))["planned_start"] in {"2024-05-07", "2024-05-05"}


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-07T08:00:00Z",
        "2024-05-07T10:00:00+02:00",
        "2024-05-07T10:00:00.000+0200",
        "2024-05-07 10:00",
        "2024-05-07 10:00:00",
        "7.5.2024 10:00",
        "07-May-24 10:00 A",
        "07/May/24 10:00 AM",
        "Tue 7 May 2024, 10:00 a.m.",
    ],
)
def test_a_time_without_offset_is_one_of_the_files_zone(text: str) -> None:
    assert only(row(start=text), "Europe/Berlin")["planned_start"] == "2024-05-07T08:00:00Z"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2024-05-07 12:30 AM", "2024-05-07T00:30:00Z"),
        ("2024-05-07 12:30 pm", "2024-05-07T12:30:00Z"),
        ("2024-05-07T08:00:00.25Z", "2024-05-07T08:00:00.250000Z"),
        ("2024-05-07T08:00:00-05:30", "2024-05-07T13:30:00Z"),
        ("1/1/99", "1999-01-01"),
        ("1/1/69", "2069-01-01"),
        ("1-Jan-'70", "1970-01-01"),
    ],
)
def test_spellings_of_times_and_years(text: str, told: str) -> None:
    assert only(row(start=text))["planned_start"] == told


def test_a_time_in_a_gap_moves_forward_and_of_two_it_is_the_first() -> None:
    assert only(row(start="2024-03-31 02:30"), "Europe/Berlin")["planned_start"] == "2024-03-31T01:30:00Z"
    assert only(row(start="2024-10-27 02:30"), "Europe/Berlin")["planned_start"] == "2024-10-27T00:30:00Z"


@pytest.mark.parametrize(("other", "told"), [("31/12/2024", "2024-07-05"), ("12/31/24", "2024-05-07")])
def test_one_date_of_the_file_tells_the_order_of_day_and_month_for_all(other: str, told: str) -> None:
    assert only(row(start="05/07/2024", deadline=other))["planned_start"] == told


def test_an_order_that_nothing_tells_is_never_guessed() -> None:
    assert problems(row(start="05/07/2024", finish="Mon 06-07-24")) == [
        "row 2, start: ambiguous_date",
        "row 2, finish: ambiguous_date",
    ]


def test_dates_that_begin_with_the_day_and_with_the_month_are_refused() -> None:
    assert problems(row(start="05/07/2024", finish="31/12/2024", deadline="12/31/2024")) == [
        "row 2, start: mixed_dates",
        "row 2, finish: mixed_dates",
        "row 2, deadline: mixed_dates",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "45419",
        "2024-05",
        "2024-02-30",
        "2024-13-01",
        "1969-12-31",
        "2200-01-01",
        "1970-01-01T00:00:00+01:00",
        "2024-05-07 25:00",
        "2024-05-07 13:00 PM",
        "2024-05-07 0:00 AM",
        "2024-05-07T10:00:00+99:99",
        "7 Mai 2024",
        "2024-05-07 " + " " * 100 + "x",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert problems(row(start=text)) == ["row 2, start: not_a_date"]


@pytest.mark.parametrize("text", ["", "NA", "n/a", "-", "--", "None"])
def test_words_for_no_date(text: str) -> None:
    assert "planned_start" not in only(row(start=text))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5d", 2400),
        ("5 days", 2400),
        ("5 days?", 2400),
        ("2.5 d", 1200),
        ("2,5d", 1200),
        ("5", 2400),
        ("3h", 180),
        ("90m", 90),
        ("90 mins", 90),
        ("2w", 4800),
        ("1 mon", 9600),
        ("1w 2d 3h", 3540),
        ("PT8H", 480),
        ("P1W2DT3H4M59S", 3544),
        ("0.001d", 0),
        ("0.5m", 0),
        ("1.5m", 2),
    ],
)
def test_durations(text: str, minutes: int) -> None:
    assert only(row(kind="task", duration=text))["planned_duration_minutes"] == minutes


@pytest.mark.parametrize(("unit", "minutes"), [("h", 600), ("days", 4800), ("%", 4800)])
def test_the_name_of_the_column_may_tell_the_unit(unit: str, minutes: int) -> None:
    assert only(f"name,Original Duration({unit})\nDig,10\n")["planned_duration_minutes"] == minutes


@pytest.mark.parametrize(("text", "minutes"), [("2d", 2880), ("1w", 7200), ("1mo", 28800)])
def test_a_day_of_the_calendar_always_is_24_hours(text: str, minutes: int) -> None:
    assert only(row(duration=text, calendar="always"))["planned_duration_minutes"] == minutes
    assert only(row(duration=text, plan_calendar="24 hours"))["planned_duration_minutes"] == minutes


@pytest.mark.parametrize(
    ("text", "minutes"), [("5ed", 7200), ("2 ewks", 20160), ("1 elapsed hour", 60), ("1emo", 43200)]
)
def test_elapsed_work_goes_on_around_the_clock(text: str, minutes: int) -> None:
    told = only(row(duration=text, calendar="night"))
    assert (told["planned_duration_minutes"], told["calendar"]) == (minutes, "always")
    assert "calendar" not in only(row(duration=text, calendar="night", plan_calendar="always"))


@pytest.mark.parametrize("text", ["x", "5 parsecs", "-5d", "5d 3ed", "P", "PT", "1000000d", "9" * 70 + "d", "1,234d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    assert problems(row(kind="task", duration=text)) == ["row 2, duration: not_a_duration"]


@pytest.mark.parametrize(("text", "percent"), [("45", 45.0), ("45%", 45.0), ("12,5 %", 12.5), ("0.5", 0.5)])
def test_percents_run_to_a_hundred(text: str, percent: float) -> None:
    (told,) = happened(row(percent_complete=text, status_date="2024-05-07"))
    assert told[3] == {"percent_complete": percent}


def test_percents_that_look_like_fractions_are_noted() -> None:
    assert "small_percents" in notes("name,progress\nA,0.25\nB,1\nC,\n")
    assert "small_percents" not in notes("name,progress\nA,0.25\nB,50\n")
    assert "small_percents" not in notes("name,progress\nA,0\n")


@pytest.mark.parametrize("text", ["101", "-1", "half", "1" * 99])
def test_what_is_no_percent_is_refused(text: str) -> None:
    assert problems(row(percent_complete=text)) == ["row 2, percent_complete: not_a_number"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"budget": "1250.5", "currency": "eur"}, {"amount": "1250.5", "currency": "EUR"}),
        ({"budget": "1,250,000.00", "currency": "USD"}, {"amount": "1250000.00", "currency": "USD"}),
        ({"budget": "0 CHF"}, {"amount": "0", "currency": "CHF"}),
    ],
)
def test_budgets(cells: dict[str, str], told: Document) -> None:
    assert only(row(**cells))["budget"] == told


def test_a_budget_without_currency_is_left_out_with_a_note() -> None:
    assert "budget" not in only(row(budget="100"))
    assert notes(row(budget="100"))["no_currency"] == "row 2, budget"


@pytest.mark.parametrize("text", ["$100", "1.250,00", "-5 EUR", "1.23456"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    assert problems(row(budget=text, currency="EUR")) == ["row 2, budget: not_an_amount"]


def test_weights_are_numbers() -> None:
    assert only(row(weight="2.5"))["weight"] == 2.5
    assert problems(row(weight="heavy")) == ["row 2, weight: not_a_number"]


def test_texts_that_are_too_long_are_cut_off_with_a_note() -> None:
    told = only(row(name="x" * 300, owner="y" * 300))
    assert (len(told["name"]), len(told["owner"])) == (200, 200)
    places = [note.place for note in parsed(row(name="x" * 300, owner="y" * 300)).notes if note.code == "shortened"]
    assert places == ["row 2, name"]


def test_notes_of_the_same_kind_are_told_once() -> None:
    (note,) = [n for n in parsed("name,budget\nA,1\nB,2\nC,3\n").notes if n.code == "no_currency"]
    assert note.place == "row 2, budget"
    assert note.detail.endswith("(in 3 places)")


def test_an_apostrophe_that_keeps_a_formula_from_running_is_no_part_of_a_text() -> None:
    names = [m["name"] for m in milestones("id,name\n1,'=1+1\n2,''tis\n3,'tis\n4,'\n5,'@x\n").values()]
    assert names == ["=1+1", "'tis", "'tis", "'", "@x"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["12/May/26 12:00 AM", "13/May/26 12:00 AM"], ["2026-05-12", "2026-05-13"]),
        (["2026-05-12T00:00:00", "2026-05-13"], ["2026-05-12", "2026-05-13"]),
        (["2026-05-12 0:00", "2026-05-13 00:00:00.000"], ["2026-05-12", "2026-05-13"]),
        (["2026-05-12 00:00", "2026-05-13 17:00"], ["2026-05-11T22:00:00Z", "2026-05-13T15:00:00Z"]),
        (["2026-05-12T00:00:00Z", "2026-05-13T00:00:00+02:00"], ["2026-05-12T00:00:00Z", "2026-05-12T22:00:00Z"]),
        (["2026-05-12 12:00 PM", ""], ["2026-05-12T10:00:00Z", None]),
    ],
)
def test_a_column_of_midnights_is_one_of_days(cells: list[str], told: list[str | None]) -> None:
    text = "id,name,finish\n" + "".join(f"{n},Dig,{cell}\n" for n, cell in enumerate(cells))
    found = milestones(text, "Europe/Berlin")
    assert [each.get("planned_finish") for each in found.values()] == told


def test_the_midnight_of_a_data_date_is_the_instant_at_which_the_day_begins() -> None:
    assert parsed(row(status_date="2026-05-12 00:00")).document["status_date"] == "2026-05-12T00:00:00Z"
