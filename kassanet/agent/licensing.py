"""The licence as the agent uses it: read at the start, held against every taking in and every signature."""

from datetime import date
from pathlib import Path

from actors.signing.rules import Refused
from kassanet.agent.licence import Licence, LicenceProblem, load_public, read
from kassanet.agent.settings import AgentSettings
from schemas.signing import ShownLicence


class Licensing:
    """``licence`` None: there is none. ``trouble`` says why, where there should be one."""

    def __init__(self, licence: Licence | None = None, trouble: str | None = None) -> None:
        self.licence, self.trouble = licence, trouble

    @classmethod
    def of(cls, settings: AgentSettings) -> "Licensing":
        """Raises LicenceProblem only for a ``licence_key`` that cannot be used: that is a mistake of configuration."""
        if settings.licence_key is None:
            return cls()
        key = load_public(Path(settings.licence_key))
        if settings.licence is None:
            return cls(trouble="no licence is configured")
        try:
            return cls(read(Path(settings.licence).read_bytes(), key))
        except LicenceProblem as problem:
            return cls(trouble=str(problem))
        except OSError as error:
            return cls(trouble=f"the licence {settings.licence} cannot be read: {error.strerror}")

    @property
    def shown(self) -> ShownLicence | None:
        held = self.licence
        return None if held is None else ShownLicence(held.number, held.server, held.keys, held.issued, held.until)

    def check(self, today: date) -> None:
        """Raises Refused when nothing may be signed."""
        if self.trouble is not None:
            raise Refused("no-licence", self.trouble)
        if self.licence is not None and self.licence.standing(today) == "over":
            raise Refused("licence-over", f"the licence {self.licence.number} ended on {self.licence.until}")

    def check_room(self, keys: int, today: date) -> None:
        """Raises Refused when no further key may be taken in."""
        self.check(today)
        if self.licence is not None and keys >= self.licence.keys:
            raise Refused("licence-full", f"the licence {self.licence.number} is for {self.licence.keys} keys")

    def warnings(self, today: date) -> tuple[str, ...]:
        """For people."""
        if self.trouble is not None:
            return (self.trouble,)
        if self.licence is None or (standing := self.licence.standing(today)) == "good":
            return ()
        return (
            f"the licence {self.licence.number} {'ends' if standing == 'ending' else 'ended'} on {self.licence.until}",
        )
