/** Signing in: the token is handed over once and then lies in a cookie that no script can read. */

import { ask } from "./core/api.js";
import { h, write } from "./core/dom.js";
import { t } from "./core/language.js";
import { switches } from "./switches.js";

/** @import {Session} from "./types.js" */

/** @param {string} token @returns {Promise<Session>} */
export function signIn(token) {
  return ask("POST", "/api/v1/session", { token });
}

/** @param {string} refusal @param {(session: Session) => void} done @param {() => void} again after another language */
export function signInPage(refusal, done, again) {
  const said = h("p", { class: "refusal", role: "alert" }, refusal);
  const token = h("input", {
    type: "password",
    id: "token",
    name: "token",
    autocomplete: "current-password",
    required: true,
    spellcheck: "false",
  });
  const button = h("button", { class: "primary" }, t("sign_in"));

  async function submit() {
    button.disabled = true;
    try {
      done(await signIn(token.value.trim()));
    } catch (error) {
      write(said, error instanceof Error ? error.message : String(error));
      button.disabled = false;
      token.select();
    }
  }

  const form = h(
    "form",
    {
      class: "sign-in",
      onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void submit();
      },
    },
    h("h1", null, "kassanet"),
    h("p", null, t("sign_in_text")),
    h("label", null, h("span", null, t("token")), token),
    said,
    h("div", { class: "actions" }, button),
    switches(again),
  );
  return h("main", { class: "entrance" }, form);
}
