"""Everything works without scripts: a case from draft to approved, and a contact after the return."""

from datetime import datetime, time

import pytest

from returns_portal import clock
from tests.browser.conftest import PHONE
from tests.builders import walk
from tests.story import Story


@pytest.fixture
def story(town, sit_down, wait_until) -> Story:
    """The four with scripts switched off."""
    return Story(town, lambda user: sit_down(user, java_script_enabled=False, viewport=PHONE), wait_until)


def test_from_draft_to_approved(story):
    story.until("approved")
    assert story.case.state == "approved"


def test_a_contact_after_the_return(story, town, wait_until):
    case = walk(town, "follow_up")
    story.code = case.code_shown
    wait_until(datetime.combine(case.arrived_on, time(20), tzinfo=clock.STOCKHOLM))
    contact = story.contacts()[0]
    story.hold(contact, safety="5", own_words="Faleminderit.", own_words_language="sq", own_words_may_go=True)
    contact.refresh_from_db()
    assert (contact.safety, contact.is_held) == (5, True)
