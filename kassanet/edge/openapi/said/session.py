"""Signing in with a browser."""

from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.edge.openapi.problems import BODY
from kassanet.edge.session import Session, SignIn

_SESSION = Session("token 7", "operator", None, "0.1.0", 1795446000.5, 812.25, 3.0)

SESSION = (
    Operation(
        method="post",
        path="/api/v1/session",
        name="signIn",
        tag="Session",
        summary="Put a token into a cookie of this origin, for the dashboard.",
        text=(
            "The cookie is `HttpOnly` and `SameSite=Strict`. It stands for the token in the header, but changes are "
            "only taken from pages of this origin. Programs send the token in the header and need none of this. "
            "Tries are limited for each address."
        ),
        role=None,
        body=Body(SignIn, SignIn("kassa_6e0vcz7KYdmi")),
        answers=(Answer(200, "Signed in; the cookie is set.", Body(Session, _SESSION)),),
        problems=("unauthorized", "not-allowed", "cross-origin", "too-many-requests", *BODY),
    ),
    Operation(
        method="get",
        path="/api/v1/session",
        name="showSession",
        tag="Session",
        summary="Who is asking, and the clocks of the service.",
        answers=(Answer(200, "The bearer of the token.", Body(Session, _SESSION)),),
    ),
    Operation(
        method="delete",
        path="/api/v1/session",
        name="signOut",
        tag="Session",
        summary="Take the cookie back.",
        text="The token itself stays good; `kassanet token revoke` ends it.",
        role=None,
        answers=(Answer(204, "Signed out."),),
        problems=("cross-origin",),
    ),
)
