/** Language and theme: two choices that a browser remembers. */

import { h } from "./core/dom.js";
import { language, LANGUAGES, named, setLanguage, t } from "./core/language.js";
import { setTheme, theme, THEMES } from "./core/theme.js";

/** @import {Language} from "./core/language.js" */
/** @import {Theme} from "./core/theme.js" */

/** @param {() => void} again called when everything is to be said anew */
export function switches(again) {
  const tongue = h(
    "select",
    {
      name: "language",
      "aria-label": t("language"),
      onChange: () => {
        setLanguage(/** @type {Language} */ (tongue.value));
        again();
      },
    },
    Object.entries(LANGUAGES).map(([value, text]) => h("option", { value, lang: value }, text)),
  );
  tongue.value = language();
  const light = h(
    "select",
    { name: "theme", "aria-label": t("theme"), onChange: () => setTheme(/** @type {Theme} */ (light.value)) },
    THEMES.map((value) => h("option", { value }, named("theme", value))),
  );
  light.value = theme();
  return h("div", { class: "switches" }, tongue, light);
}
