"""Profiles: what the default one knows, how one is laid over it, and every mistake named with its place."""

from pathlib import Path

import pytest

from transports.smartsale.driver import SmartSaleDriver
from transports.smartsale.profile import KINDS, VARIANTS, OperationProfile
from transports.smartsale.profiles import ProfileError, default_profile, load_profiles, make_profile, parse_profiles
from transports.smartsale.settings import Timers
from transports.smartsale.templates import WORDS

CODES = {
    "payment": 1,
    "void": 4,
    "refund": 29,
    "emergency_void": 53,
    "settlement": 59,
    "connection_check": 26,
    "short_report": 63,
    "full_report": 63,
    "receipt_copy": 63,
}
UNKNOWN = ["preauthorisation", "completion", "top_up", "cash_withdrawal", "balance", "card_data"]


def test_the_default_profile_knows_the_confirmed_codes_and_no_others() -> None:
    profile = default_profile()
    assert {kind: profile.operation(kind).code for kind in KINDS} == CODES | dict.fromkeys(UNKNOWN)
    assert set(profile.operations) == set(VARIANTS)
    assert (profile.partial_void, profile.partial_refund, profile.offline) == (False, False, "manual")


def test_what_is_missing_is_named() -> None:
    missing = SmartSaleDriver().abilities.missing
    assert missing == {kind: f"operations.{kind}.code" for kind in UNKNOWN}


def test_several_profiles_each_over_the_default_one(tmp_path: Path) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(
        """
        [floor]
        partial_void = true
        timers = { idle = 30 }
        operations.preauthorisation.code = 61
        operations.payment.fields = { 00 = "{amount:12}", 26 = "", 89 = "CON:SW:K;1;SA:;2;" }
        currency_codes = { 036 = "36" }

        [hall]
        """
    )
    profiles = load_profiles(file)
    floor, hall = profiles["floor"], profiles["hall"]
    assert hall == profiles["default"] == default_profile()
    assert floor.partial_void
    assert floor.timers == Timers(idle=30)
    assert floor.operation("preauthorisation").code == 61
    assert floor.operation("payment").code == 1
    templates = {template.number: template for template in floor.operation("payment").templates}
    assert set(templates) == {0, 4, 8, 21, 27, 89}, "one was left out, one added, the others are the default's"
    assert templates[0].width == 12
    assert floor.currency_codes == {"036": "36"}
    assert SmartSaleDriver(floor).abilities.partial_void


def test_a_redefined_default() -> None:
    assert parse_profiles("[default]\npartial_refund = true")["default"].partial_refund


def test_limits() -> None:
    profile = make_profile({"timers": {"hard": 200}})
    assert (profile.limit("payment"), profile.limit("settlement")) == (200, 600)


MISTAKES = {
    "partial_void = 3": "p.partial_void",
    "pratial_void = true": "p.pratial_void",
    "timers.idle = 0": "p.timers.idle",
    "timers.ideal = 1": "p.timers",
    "operations = 1": "p.operations",
    "operations.balance.code = 'x'": "p.operations.balance.code",
    "operations.lottery.code = 1": "p.operations.lottery",
    "operations.payment.proof = 'slip'": "p.operations.payment.proof",
    "operations.unreferenced_refund.proof = 'result'": "p.operations.unreferenced_refund.proof",
    "operations.payment.fields = { 25 = '1' }": "p.operations.payment.fields.25",
    "operations.payment.fields = { 300 = '1' }": "p.operations.payment.fields.300",
    "operations.payment.fields = { x = '1' }": "p.operations.payment.fields",
    "operations.payment.fields = { 04 = '{colour}' }": "p.operations.payment.fields.4",
    "operations.payment.fields = { 04 = '{amount' }": "p.operations.payment.fields.4",
    "operations.payment.fields = { 26 = '1234567' }": "p.operations.payment.fields.26",
    "operations.payment.fields = { 26 = 'abc' }": "p.operations.payment.fields.26",
    "operations.payment.fields = { 89 = '漢' }": "p.operations.payment.fields.89",
    "slip.amount = '('": "p.slip.amount",
    "slip.rrn = 'RRN'": "p.slip.rrn",
    "slip.at = '(?P<year>..)'": "p.slip.at",
    "slip.at = '('": "p.slip.at",
    "slip.kinds = { payment = '(' }": "p.slip.kinds.payment",
    "stages = { card = '[' }": "p.stages.card",
    "void_zero_text = '*'": "p.void_zero_text",
    "host.failed = 0": "p.host.failed",
    "currency_codes = { RUB = '643' }": "p.currency_codes",
}


@pytest.mark.parametrize(("text", "path"), MISTAKES.items())
def test_mistakes_are_located(text: str, path: str) -> None:
    with pytest.raises(ProfileError) as wrong:
        parse_profiles(f"[p]\n{text}", "file.toml")
    assert [error.path for error in wrong.value.errors] == [path]
    assert str(wrong.value).startswith(f"file.toml: {path}: ")


def test_mistakes_of_several_sections_are_told_together() -> None:
    with pytest.raises(ProfileError) as wrong:
        parse_profiles("[a]\npartial_void = 1\ntimers.hard = -1\n[b]\noperations.void.code = -4\n")
    assert {error.path for error in wrong.value.errors} == {"a.partial_void", "a.timers.hard", "b.operations.void.code"}


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"none\.toml: cannot be read: No such file"):
        load_profiles(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(ProfileError, match="is not UTF-8"):
        load_profiles(tmp_path / "latin.toml")
    with pytest.raises(ProfileError, match="is not TOML"):
        parse_profiles("[p")
    with pytest.raises(ProfileError, match="p: is no table"):
        parse_profiles("p = 1")


def test_every_word_of_the_default_profile_is_known() -> None:
    used = {
        template.word
        for operation in default_profile().operations.values()
        for template in operation.templates
        if template.word is not None
    }
    assert used <= set(WORDS)
    assert OperationProfile().templates == ()
