"""What a file is, and why: format, encoding and profile, decided by its bytes and told with the reasons.

A statement says itself what it is. For a registry every profile is tried on the first lines; the one that explains
them by the most rules wins, and two that do equally well are a question for a person. A profile that fits most lines
but not all still wins over a looser one: then the survey says which line is broken, instead of reading it another way.
"""

import codecs
from collections.abc import Sequence
from io import BytesIO
from typing import BinaryIO

from msgspec import Struct

from kassanet.statements.exchange import SIGNATURE
from kassanet.statements.line import FileRefused
from kassanet.statements.profile import Profile
from kassanet.statements.registry import RegistryReader
from kassanet.statements.text import known_encoding, text_lines

HEAD = 65_536
FITS = 0.8
"""Part of the first lines that a profile must explain to be considered."""

_PAGES = ("cp1251", "cp866", "koi8-r")
_BY_FREQUENCY = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_COMMON = {letter: 2 * (len(_BY_FREQUENCY) - place) for place, letter in enumerate(_BY_FREQUENCY)}


class Found(Struct, frozen=True):
    """``profile`` is None for a statement."""

    encoding: str
    profile: Profile | None
    reasons: tuple[str, ...]


def detect(file: BinaryIO, profiles: Sequence[Profile], wanted: str | None = None) -> Found:
    """Look at a file, from its beginning and back to it; raises :class:`FileRefused` with the reasons.

    ``wanted`` names the one profile to be used, whatever others would fit.
    """
    head = file.read(HEAD)
    try:
        if not head.strip():
            raise FileRefused("the file is empty")
        if head.removeprefix(codecs.BOM_UTF8).startswith(SIGNATURE.encode()):
            return _statement(head, file)
        return _registry(head, file, profiles, wanted)
    finally:
        file.seek(0)


def _statement(head: bytes, file: BinaryIO) -> Found:
    """The header's own words tell the encoding; what it claims is believed only where the bytes agree."""
    fitting = [name for name in ("utf-8", *_PAGES) if "Кодировка=".encode(name) in head]
    if not fitting:
        fitting = [name for name in ("utf-8", *_PAGES) if "Документ".encode(name) in head]
    if not fitting:
        encoding = _encoding(head, file)
        return Found(encoding, None, (f"begins with {SIGNATURE}", f"letters are those of {encoding}"))
    encoding = fitting[0]
    claimed = head.partition("Кодировка=".encode(encoding))[2].partition(b"\n")[0].strip().decode("ascii", "replace")
    said = {"windows": "cp1251", "dos": "cp866"}.get(claimed.lower(), claimed.lower())
    reasons = [f"begins with {SIGNATURE}", f"its keys are written in {encoding}"]
    if said and said != encoding:
        reasons.append(f"although it says {claimed[:32]}")
    return Found(encoding, None, tuple(reasons))


def _registry(head: bytes, file: BinaryIO, profiles: Sequence[Profile], wanted: str | None) -> Found:
    encoding = _encoding(head, file)
    if wanted is not None:
        chosen = next((profile for profile in profiles if profile.name == wanted), None)
        if chosen is None:
            raise FileRefused(f"there is no profile {wanted}; known are {', '.join(sorted(p.name for p in profiles))}")
        return Found(_encoding_of(chosen, encoding), chosen, (f"the profile {wanted} was asked for",))
    tried = [_try(profile, head, _encoding_of(profile, encoding)) for profile in profiles]
    fitting = sorted((one for one in tried if one.score > 0), key=lambda one: -one.score)
    reasons = tuple(one.reason for one in tried)
    if not fitting:
        raise FileRefused(f"no profile fits: {'; '.join(reasons)}")
    if len(fitting) > 1 and fitting[0].score == fitting[1].score:
        names = " and ".join(one.profile.name for one in fitting if one.score == fitting[0].score)
        raise FileRefused(f"{names} fit equally well, name one: {'; '.join(reasons)}")
    best = fitting[0].profile
    return Found(_encoding_of(best, encoding), best, (f"letters are those of {encoding}", *reasons))


class _Tried(Struct, frozen=True):
    profile: Profile
    score: int
    reason: str


def _try(profile: Profile, head: bytes, encoding: str) -> _Tried:
    whole = head.rpartition(b"\n")[0] if len(head) == HEAD else head
    reader, good, bad, first = RegistryReader(profile), 0, 0, ""
    try:
        for number, text in text_lines(BytesIO(whole), encoding, lambda line, what: None):
            try:
                good += reader.take(number, text) is not None
            except FileRefused as refusal:
                bad += 1
                first = first or str(refusal)
    except FileRefused as refusal:
        return _Tried(profile, 0, f"{profile.name}: {refusal}")
    if good == 0 or good < FITS * (good + bad):
        return _Tried(profile, 0, f"{profile.name}: {first or 'no payments in it'}")
    if profile.needs_comment and not reader.comments:
        return _Tried(profile, 0, f"{profile.name}: no line begins with {profile.comment}")
    score = _strictness(profile, reader)
    told = f"{profile.name}: explains {good} of {good + bad} lines by {score} rules"
    return _Tried(profile, score, f"{told}, not {first}" if bad else told)


def _strictness(profile: Profile, reader: RegistryReader) -> int:
    """How many things a line had to satisfy: a looser profile explains a file by accident."""
    where = profile.columns
    checked = [where.sum, where.date, where.time, where.id, where.transfer, where.fee, profile.account_prefix,
               profile.exactly, profile.own_account_line, reader.trailer, reader.comments or None]  # fmt: skip
    return sum(rule is not None for rule in checked)


def _encoding_of(profile: Profile, found: str) -> str:
    return found if profile.encoding == "auto" else known_encoding(profile.encoding)


def _encoding(head: bytes, file: BinaryIO) -> str:
    """UTF-8 where the whole file is; else the code page whose letters are those of the language."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    letters = bytearray()
    sample, is_utf8 = b"", True
    while piece := file.read(HEAD):
        if len(letters) < HEAD:
            letters += bytes(byte for byte in piece if byte > 127)
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            is_utf8 = False
            sample = bytes(letters[:HEAD])
            break
    return "utf-8" if is_utf8 else max(_PAGES, key=lambda page: _likeness(sample, page))


def _likeness(sample: bytes, page: str) -> int:
    """How much the letters look like Russian. Small letters count a little more: text is seldom all capitals."""
    text = sample.decode(page, "replace")
    return sum(_COMMON.get(letter.lower(), -60) + (letter.islower() and 4) for letter in text)
