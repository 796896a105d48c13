"""The inbox: one's own notices, read one by one or all at once."""

from uuid import uuid4

from cases.models import Notification
from tests.statements import statements_of


def give(user, case, number, **changes):
    """Notices for this person."""
    return Notification.objects.bulk_create(
        Notification(
            recipient=user,
            case=case,
            what="approved_referrer",
            page=case.get_absolute_url() if case else "/",
            key=f"test:{uuid4()}",
            **changes,
        )
        for _number in range(number)
    )


def test_an_empty_inbox_says_so(cast, as_):
    page = as_(cast.otto).get("/inbox/", headers={"accept-language": "en"})
    assert "No messages." in page.content.decode()


def test_a_notice_is_read_when_it_is_opened_and_only_by_its_own_reader(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    (notice,) = give(cast.sara, case, 1)
    assert as_(cast.otto).get(f"/inbox/{notice.pk}/").status_code == 404
    assert as_(cast.otto).post(f"/inbox/{notice.pk}/read/").status_code == 404
    assert Notification.objects.get().read_at is None
    assert as_(cast.sara).get(f"/inbox/{notice.pk}/").headers["Location"] == case.get_absolute_url()
    assert Notification.objects.get().read_at is not None


def test_one_and_all_can_be_marked_as_read(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    notices = give(cast.sara, case, 3)
    others = give(cast.maja, case, 1)
    sara = as_(cast.sara)
    sara.post(f"/inbox/{notices[0].pk}/read/")
    assert Notification.objects.filter(recipient=cast.sara, read_at=None).count() == 2
    assert sara.get("/inbox/read/").status_code == 405
    sara.post("/inbox/read/")
    assert list(Notification.objects.filter(read_at=None)) == others


def test_a_notice_of_a_case_that_is_closed_to_the_reader_is_no_link(cast, as_, make_case):
    case = make_case(reached="referred")
    (notice,) = give(cast.otto, case, 1)
    otto = as_(cast.otto)
    assert f"/inbox/{notice.pk}/" not in otto.get("/inbox/").content.decode()
    assert otto.get(f"/inbox/{notice.pk}/").headers["Location"] == "/inbox/"


def test_the_inbox_costs_the_same_with_one_and_with_fifty_notices(cast, as_, make_case):
    case = make_case(reached="referred")
    Notification.objects.all().delete()
    give(cast.sara, case, 1)
    sara = as_(cast.sara)
    _page, few = statements_of(sara, "/inbox/")
    give(cast.sara, case, 50)
    page, many = statements_of(sara, "/inbox/")
    assert len(page.context["notices"]) == 30
    assert len(many) == len(few) <= 10
    assert len(sara.get("/inbox/?page=2").context["notices"]) == 21
