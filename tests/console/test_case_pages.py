"""Citizens' and desks' pages: what they do, and whom they refuse while the other case exists."""

import io
import re

import pytest
from django.test import Client
from django.urls import get_resolver
from PIL import Image

from cityloop.store.records.accounts.models import Account
from cityloop.store.records.cases.models import Case, Photo, Reading, Seat
from cityloop.store.records.cases.photo_files import photo_path
from tests.console.trespass import PHONE, TEXT, trespass

pytestmark = pytest.mark.usefixtures("sqlite_records")
FORM = {
    "service": "water-leak", "text": TEXT, "lat": "30.27", "lon": "120.10",
    "name": "张三", "phone": PHONE, "key": "k1",
}  # fmt: skip


def browser_of() -> Client:
    return Client(SERVER_NAME="localhost")


def signed_in(name: str, role: str, *desks: str) -> Client:
    account = Account.objects.create(username=name, role=role)
    for desk in desks:
        Seat.objects.create(user=account, department=desk)
    client = browser_of()
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


def jpeg_with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "CANARY-MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (30.0, 16.0, 12.0)
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG", exif=exif, comment=b"CANARY-COMMENT")
    assert b"CANARY-MAKER" in out.getvalue()
    return out.getvalue()


def submitted(client: Client, **more: object) -> str:
    answer = client.post("/cases/new/", {**FORM, **more})
    assert answer.status_code == 302, answer.content.decode()
    return str(re.search(r"/cases/([^/]+)/", answer["Location"])[1])  # type: ignore[index]


def test_a_citizen_without_an_account_submits_and_comes_back_with_the_receipt():
    browser = browser_of()
    number = submitted(browser)
    assert submitted(browser) == number, "a form that is sent twice is one case"
    page = browser.get(f"/cases/{number}/").content.decode()
    secret = re.search(r"<code>(\w+)</code>", page)[1]  # type: ignore[index]
    assert "供水排水" in page
    other = browser_of()
    assert other.get(f"/cases/{number}/").status_code == 404
    assert other.post("/cases/find/", {"number": number, "secret": "0" * 24}).status_code == 404
    assert other.post("/cases/find/", {"number": number, "secret": secret}).status_code == 302
    assert other.get(f"/en/cases/{number}/").status_code == 200


def test_a_form_that_cannot_be_taken_keeps_what_was_written():
    page = browser_of().post("/cases/new/", {**FORM, "lat": "north"})
    assert page.status_code == 422
    assert "文三路水管爆裂" in page.content.decode()
    assert Case.objects.count() == 0


def test_a_photo_is_encoded_anew_and_loses_its_place():
    browser = browser_of()
    file = io.BytesIO(jpeg_with_place())
    file.name = "holiday.exe"
    number = submitted(browser, photo=file)
    photo = Photo.objects.get()
    kept = photo_path(photo.name).read_bytes()
    assert b"CANARY" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()
    shown = browser.get(f"/cases/{number}/photos/{photo.name}")
    assert b"".join(shown.streaming_content) == kept  # type: ignore[attr-defined]
    assert browser_of().get(f"/cases/{number}/photos/{photo.name}").status_code == 404


@pytest.mark.parametrize("data", [b"<svg onload=1>", b"", b"\xff\xd8\xff\xe0broken", b"GIF89a"])
def test_what_is_no_photo_is_no_case(data):
    file = io.BytesIO(data)
    file.name = "photo.jpg"
    status = browser_of().post("/cases/new/", {**FORM, "photo": file}).status_code
    assert (status, Case.objects.count()) == ((302, 1) if not data else (422, 0))


def test_every_address_of_one_case_is_walked_below():
    """An address that is new has to be refused below, or to be public and named here."""
    names = {
        pattern.name
        for group in get_resolver().url_patterns
        for pattern in getattr(group, "url_patterns", [group])
        if "<str:number>" in str(pattern.pattern) and "open311" not in str(pattern.pattern)
    }
    # Open311 shows everybody that a case is there, without a word of it: test_open311_endpoint.
    assert names == {
        "case", "case-act", "photo", "desk-case", "desk-act", "desk-contact", "api-case",
    }  # fmt: skip


WHO = ["stranger", "citizen", "other desk", "viewer", "administrator", "officer without a desk"]


@pytest.mark.parametrize("who", WHO)
def test_every_page_refuses_another_persons_case(who):
    owner = signed_in("owner", "citizen")
    number = submitted(owner, photo=io.BytesIO(jpeg_with_place()))
    name = Photo.objects.get().name
    make = {
        "stranger": browser_of,
        "citizen": lambda: signed_in("x", "citizen"),
        "other desk": lambda: signed_in("x", "officer", "roads"),
        "viewer": lambda: signed_in("x", "viewer"),
        "administrator": lambda: signed_in("x", "administrator"),
        "officer without a desk": lambda: signed_in("x", "officer"),
    }
    desk = "desk" in who or who == "administrator"
    assert trespass(make[who](), number, name, desk=desk) == []


def test_the_desk_works_from_inbox_to_answer_and_the_citizen_rates():
    browser, desk = browser_of(), signed_in("o", "officer", "water")
    number = submitted(browser)
    assert number in desk.get("/desk/").content.decode()
    assert number not in desk.get("/desk/?words=公交").content.decode()
    page = desk.get(f"/en/desk/{number}/").content.decode()
    assert "13800000000" not in page
    shown = desk.post(f"/desk/{number}/contact/", {"why": "回访"}).content.decode()
    assert "13800000000" in shown
    assert Reading.objects.get().why == "回访"
    for act in ("begin", "note", "extend"):
        answer = desk.post(f"/desk/{number}/act/", {"act": act, "text": "内部备注"})
        assert answer.status_code == (409 if act == "extend" else 302)
    desk.post(f"/desk/{number}/act/", {"act": "answer", "text": "已经修好"})
    page = browser.get(f"/cases/{number}/").content.decode()
    assert "已经修好" in page
    assert "内部备注" not in page, "notes stay inside"
    browser.post(f"/cases/{number}/act/", {"act": "rate", "rating": "satisfied"})
    assert Case.objects.get().state == "closed"
    assert "closed" in browser.get(f"/en/cases/{number}/").content.decode()
