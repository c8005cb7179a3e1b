"""The page's files as they are sent: packed, kept for ever under a name of their own, and nothing else."""

import gzip
import re

from kassanet.edge.application import make_app
from kassanet.edge.auth import Grants, TokenBook
from kassanet.edge.dashboard import dashboard_blueprint
from kassanet.edge.settings import EdgeSettings


async def nobody() -> Grants:
    return Grants((), ())


async def test_the_page_names_every_module_and_they_are_kept_for_ever() -> None:
    tokens = TokenBook(nobody)
    app = make_app(tokens=tokens, ready=lambda: None, settings=EdgeSettings(), blueprints=(dashboard_blueprint(),))
    client = app.test_client()
    page = await client.get("/")
    text = await page.get_data(as_text=True)
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-cache"
    assert not re.search(r"https?://", text)
    named = re.findall(r'(?:href|src)="(/assets/[^"]+)"', text)
    assert len({name for name in named if name.endswith(".js")}) > 30
    for name in named:
        plain = await client.get(name)
        packed = await client.get(name, headers={"Accept-Encoding": "gzip, br"})
        assert plain.status_code == 200
        assert "immutable" in plain.headers["Cache-Control"]
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await packed.get_data(as_text=False)) == await plain.get_data(as_text=False)
    for wrong in (named[0].replace("/assets/", "/assets/0"), "/assets/x/../main.js", "/assets/x/types.d.ts"):
        assert (await client.get(wrong)).status_code == 404
    module = next(name for name in named if name.endswith("main.js"))
    imported = re.findall(r'(?m)^import .* from "\./([^"]+)"', await (await client.get(module)).get_data(as_text=True))
    assert {module.replace("main.js", name) for name in imported} <= set(named)
