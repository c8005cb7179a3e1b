// Reads /openapi.json and lays it out. Text reaches the page only as text, never as HTML.

const METHODS = ["get", "post", "patch", "delete"];
const DEEPEST = 6;
let description;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function words(text) {
  // `code` and **bold**, as the descriptions use them
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith("`")) return element("code", {}, part.slice(1, -1));
    if (part.startsWith("**")) return element("strong", {}, part.slice(2, -2));
    return part;
  });
}

function prose(text = "") {
  return text.split(/\n\s*\n/).filter(Boolean).map((paragraph) => {
    const lines = paragraph.split("\n");
    if (!lines.every((line) => line.startsWith("* "))) return element("p", {}, ...words(paragraph));
    return element("ul", {}, ...lines.map((line) => element("li", {}, ...words(line.slice(2)))));
  });
}

function resolved(node) {
  if (!node || !node.$ref) return node;
  return node.$ref.slice(2).split("/").reduce((place, key) => place[key], description);
}

function named(schema) {
  return schema.$ref ? schema.$ref.split("/").pop() : null;
}

function kind(schema) {
  if (schema.$ref) return named(schema);
  const choices = schema.anyOf || schema.oneOf;
  if (choices) return choices.map(kind).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${kind(schema.items || {})}`;
  return schema.format || (Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type) || "anything";
}

function bounds(schema) {
  const found = [];
  for (const [low, high, unit] of [["minimum", "maximum", ""], ["minLength", "maxLength", " characters"], ["minItems", "maxItems", " entries"]]) {
    if (low in schema || high in schema) found.push(`${schema[low] ?? "…"} to ${schema[high] ?? "…"}${unit}`);
  }
  if (schema.pattern) found.push(schema.pattern);
  if ("default" in schema && schema.default !== null) found.push(`default ${JSON.stringify(schema.default)}`);
  return found.join(", ");
}

function inner(schema) {
  // the named structs inside a schema, for the tree of fields
  if (schema.$ref) return [schema];
  if (schema.type === "array") return inner(schema.items || {});
  return (schema.anyOf || schema.oneOf || []).flatMap(inner);
}

function fields(schema, above = []) {
  const whole = resolved(schema);
  const list = element("ul", { class: "fields" });
  for (const [name, field] of Object.entries(whole.properties || {})) {
    const must = (whole.required || []).includes(name) ? "" : "?";
    list.append(element("li", {}, element("code", {}, name + must), ` ${kind(field)} `, element("span", { class: "quiet" }, bounds(field)), ...below(field, above)));
  }
  return list;
}

function below(field, above) {
  return inner(field).filter((each) => !above.includes(named(each)) && above.length < DEEPEST && resolved(each).properties).map((each) => {
    const shown = element("details", {}, element("summary", { class: "quiet" }, named(each)));
    shown.addEventListener("toggle", () => {
      if (shown.open && shown.children.length === 1) shown.append(structure(each, above));
    });
    return shown;
  });
}

function structure(schema, above = []) {
  const box = element("div");
  for (const each of inner(schema)) {
    const whole = resolved(each);
    box.append(...prose(whole.description || ""), fields(each, [...above, named(each)]));
  }
  return box;
}

function content(media) {
  const box = element("div");
  for (const [type, said] of Object.entries(media || {})) {
    const schema = said["x-line"] || said.schema;
    box.append(element("p", {}, element("code", {}, type), ` ${said["x-line"] ? "each line: " : ""}${kind(schema)}`));
    if (!type.startsWith("application/problem")) box.append(structure(schema));
    if (said.example !== undefined) {
      box.append(element("pre", {}, typeof said.example === "string" ? said.example : JSON.stringify(said.example, null, 2)));
    }
  }
  return box;
}

function parameters(list) {
  const rows = element("dl");
  for (const each of list) {
    rows.append(element("dt", {}, each.name + (each.required ? "" : "?")));
    const example = each.example === undefined ? [] : [" ", element("code", {}, String(each.example))];
    rows.append(element("dd", {}, ...words(each.description), element("span", { class: "quiet" }, ` ${kind(each.schema)} ${bounds(each.schema)}`), ...example));
  }
  return rows;
}

function talk({ asks, tells, closes }) {
  const messages = (kinds) => kinds.flatMap((each) => [element("p", {}, element("code", {}, named(each))), structure(each)]);
  const codes = element("dl", {}, ...Object.entries(closes).flatMap(([code, text]) => [element("dt", {}, code), element("dd", {}, text)]));
  return [element("h4", {}, "The client says"), ...messages(asks), element("h4", {}, "The service says"), ...messages(tells), element("h4", {}, "Close codes"), codes];
}

function operation(path, method, said, shared) {
  const all = [...shared, ...(said.parameters || [])];
  const inside = element("div", { class: "inside" }, ...prose(said.description));
  if (all.length) inside.append(element("h4", {}, "Parameters"), parameters(all));
  if (said.requestBody) inside.append(element("h4", {}, said.requestBody.required ? "Body" : "Body (may be left out)"), content(said.requestBody.content));
  inside.append(element("h4", {}, "Answers"));
  for (const [status, answer] of Object.entries(said.responses)) {
    inside.append(element("div", {}, element("strong", {}, status), " ", ...prose(answer.description), content(answer.content)));
  }
  if (said["x-websocket"]) inside.append(...talk(said["x-websocket"]));
  const head = element("summary", {}, element("span", { class: "method" }, method), element("span", { class: "path" }, path), " ", element("span", { class: "quiet" }, said.summary));
  return element("details", { id: said.operationId }, head, inside);
}

function layOut() {
  const main = document.getElementById("document");
  const contents = document.getElementById("contents");
  document.getElementById("version").textContent = description.info.version;
  main.replaceChildren(...prose(description.info.description));
  for (const tag of description.tags) {
    const found = operations().filter((each) => each.said.tags.includes(tag.name));
    if (!found.length) continue;
    main.append(element("h2", {}, tag.name), ...prose(tag.description));
    contents.append(element("p", {}, tag.name));
    for (const { path, method, said, shared } of found) {
      main.append(operation(path, method, said, shared));
      contents.append(element("a", { href: `#${said.operationId}`, "data-said": `${method} ${path} ${said.summary}`.toLowerCase() }, said.summary));
    }
  }
}

function operations() {
  return Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, said: item[method], shared: item.parameters || [] })));
}

function open() {
  const wanted = location.hash && document.getElementById(location.hash.slice(1));
  if (wanted) {
    wanted.open = true;
    wanted.scrollIntoView();
  }
}

function find(event) {
  const sought = event.target.value.trim().toLowerCase();
  for (const link of document.querySelectorAll("#contents a")) {
    const hidden = !link.dataset.said.includes(sought);
    link.hidden = hidden;
    document.getElementById(link.hash.slice(1)).hidden = hidden;
  }
}

try {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`${answer.status}`);
  description = await answer.json();
  layOut();
  open();
  addEventListener("hashchange", open);
  document.getElementById("find").addEventListener("input", find);
} catch (error) {
  document.getElementById("state")?.replaceChildren(`The description could not be read: ${error.message}`);
}
