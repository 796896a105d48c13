"""The face of the portal: dates as people write them, words in both languages, nothing inline, few bytes."""

import gzip
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template import Context, Template
from django.utils import translation

from returns_portal import ui
from returns_portal.templatetags import ui as tags

ROOT = Path(__file__).resolve().parent.parent
DECEMBER_8 = date(2026, 12, 8)


class Sheet(forms.Form):
    """One field of every kind that matters here."""

    alias = forms.CharField(label="Alias")
    note = forms.CharField(label="Note", required=False, help_text="Short.")
    wish = forms.ChoiceField(label="Is it the person's own wish?", widget=forms.RadioSelect, choices=[("y", "Yes")])
    day = ui.DayField(label="Departure")
    arrival = ui.MomentField(label="Arrival", zone="Europe/Bucharest", required=False)


@pytest.mark.parametrize(
    "written",
    [
        "2026-12-08",
        "2026-12-8",
        "20261208",
        "8.12.2026",
        "08.12.2026",
        "8. 12. 2026",
        "8 dec 2026",
        "8 dec. 2026",
        "8 December 2026",
        " 8 december 2026 ",
    ],
)
def test_a_day_may_be_written_in_many_ways(written: str) -> None:
    assert ui.DayField().clean(written) == DECEMBER_8


@pytest.mark.parametrize(
    ("written", "month"),
    [("3 maj 2027", 5), ("3 May 2027", 5), ("3 okt 2027", 10), ("3 oct 2027", 10), ("3 mars 2027", 3)],
)
def test_months_are_read_in_both_languages(written: str, month: int) -> None:
    assert ui.DayField().clean(written) == date(2027, month, 3)


@pytest.mark.parametrize(
    "written", ["2026-13-01", "2026-02-30", "30.2.2026", "8 foo 2026", "8 de 2026", "08-12-26", "x", "0000-01-01"]
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        ui.DayField().clean(written)


@pytest.mark.parametrize(
    ("written", "question"),
    [
        ("8/12/2026", "Do you mean 8 December 2026 or 12 August 2026?"),
        ("8/12/26", "Do you mean 8 December 2026 or 12 August 2026?"),
        ("25/12/2026", "Do you mean 25 December 2026?"),
        ("12/25/2026", "Do you mean 25 December 2026?"),
        ("8/8/2026", "Do you mean 8 August 2026?"),
    ],
)
def test_slashes_are_asked_about(written: str, question: str) -> None:
    with translation.override("en-gb"), pytest.raises(ValidationError) as refused:
        ui.DayField().clean(written)
    assert refused.value.code == "slashes"
    assert refused.value.messages[0].startswith(question)


def test_a_day_is_shown_as_iso_and_empty_is_none() -> None:
    field = ui.DayField(required=False)
    assert ui.DayInput().format_value(DECEMBER_8) == "2026-12-08"
    assert field.clean(" ") is None
    with pytest.raises(ValidationError):
        ui.DayField().clean("")


@pytest.mark.parametrize("written", ["14.02", "14:02", "1402"])
def test_a_time_may_be_written_with_dot_or_colon(written: str) -> None:
    assert ui.TimeField24().clean(written) == time(14, 2)


@pytest.mark.parametrize("written", ["24.00", "14.60", "2 pm", "140"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        ui.TimeField24().clean(written)


def test_a_moment_is_read_on_the_clocks_of_its_place() -> None:
    assert ui.MomentField().clean(["2026-12-08", "14.02"]) == datetime(2026, 12, 8, 13, 2, tzinfo=UTC)
    abroad = ui.MomentField(zone="Europe/Bucharest")
    assert abroad.clean(["2026-12-08", "14.02"]) == datetime(2026, 12, 8, 12, 2, tzinfo=UTC)
    abroad.zone = ZoneInfo("Asia/Bangkok")
    assert abroad.clean(["8 dec 2026", "14:02"]) == datetime(2026, 12, 8, 7, 2, tzinfo=UTC)


def test_half_a_moment_and_a_skipped_hour_are_refused() -> None:
    field = ui.MomentField(required=False)
    assert field.clean(["", ""]) is None
    with translation.override("en-gb"):
        for written, said in [
            (["2026-12-08", ""], "Enter a time."),
            (["", "14.02"], "Enter a date."),
            (["2027-03-28", "02.30"], "The clocks skip that time on that day. Enter another time."),
        ]:
            with pytest.raises(ValidationError) as refused:
                field.clean(written)
            assert refused.value.messages == [said]


def test_words_for_days_and_times_in_both_languages() -> None:
    day, at = date(2019, 11, 25), datetime(2019, 11, 25, 13, 2, tzinfo=UTC)
    said = {}
    for language in ("en-gb", "en", "sv"):
        with translation.override(language):
            said[language] = [tags.day(day), tags.short_day(day), tags.moment(at), tags.clock_time(at)]
    english = ["Monday 25 November 2019", "25 Nov 2019", "25 Nov 2019 14:02", "14:02"]
    assert said["en-gb"] == said["en"] == english
    assert said["sv"] == ["måndag 25 november 2019", "25 nov 2019", "25 nov 2019 14.02", "14.02"]
    assert tags.day(None) == tags.moment(None) == tags.clock_time(None) == ""


def test_midnight_in_stockholm_decides_the_day() -> None:
    with translation.override("en-gb"):
        assert tags.day(datetime(2019, 11, 25, 23, 30, tzinfo=UTC)) == "Tuesday 26 November 2019"
        assert tags.clock_time(time(0, 0)) == "00:00"


def test_a_form_names_its_errors_and_links_to_the_first_control() -> None:
    with translation.override("en-gb"):
        form = Sheet({"day": "8/12/2026", "arrival_0": "2026-12-08"})
        page = Template("{% load ui %}{% form_errors form %}{{ form }}").render(Context({"form": form}))
    for target in ("id_alias", "id_wish_0", "id_day", "id_arrival_0"):
        assert f'href="#{target}"' in page
        assert f'id="{target}"' in page
    assert '<label for="id_note">Note <span class="optional">(optional)</span></label>' in page
    assert re.search(r"<fieldset[^>]*>\s*<legend>Is it the person&#x27;s own wish\?</legend>", page)
    assert 'aria-describedby="id_note_helptext"' in page
    assert '<label for="id_arrival_1">Time in Bucharest</label>' in page
    assert 'value="8/12/2026"' in page


def test_a_form_without_the_summary_still_shows_its_own_errors() -> None:
    form = Sheet({})
    form.add_error(None, "Two things do not fit together.")
    assert "Two things do not fit together." in str(form)


def test_a_case_code_is_shown_as_it_is_read_out() -> None:
    page = Template('{% load ui %}{% case_code "K7Q29FWM" %}').render(Context())
    assert page == '<span class="ref">K7Q2-9FWM</span>'


def test_at_most_twelve_icons() -> None:
    assert len(tags.ICONS) <= 12


def test_the_frame_looks_nothing_up_for_a_stranger() -> None:
    frame = ui.page_frame(HttpRequest())["frame"]
    assert frame.nav == []
    assert frame.unread == 0
    assert frame.help_line.link == "tel:0102231140"


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_nothing_is_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if {"pdf", "emails"} & set(path.parts):
        return  # no browser and no policy there
    assert not re.search(r"\sstyle\s*=|<style|\son\w+\s*=\s*[\"']|javascript:", text, re.IGNORECASE)
    # A block of JSON is data, not script.
    assert all(
        "src=" in script or "application/json" in script for script in re.findall(r"<script[^>]*>", text, re.IGNORECASE)
    )


def test_style_and_script_stay_small() -> None:
    style, script = (ROOT / "static" / name for name in ("css/portal.css", "js/portal.js"))
    assert len(gzip.compress(style.read_bytes(), 9)) <= 10_000
    assert len(gzip.compress(script.read_bytes(), 9)) <= 6_000
    assert len(style.read_text(encoding="utf-8").splitlines()) <= 600


def test_the_two_dark_palettes_are_one() -> None:
    style = (ROOT / "static" / "css/portal.css").read_text(encoding="utf-8")
    chosen, device = (
        re.findall(r"--[\w-]+: [^;]+", block)
        for block in re.findall(
            r'(?:data-theme="dark"\]|:not\(\[data-theme="light"\]\)) \{\s*color-scheme([^}]+)', style
        )
    )
    assert chosen == device
