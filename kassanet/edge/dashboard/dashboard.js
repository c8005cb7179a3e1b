// The plain first page: it asks the API every two seconds and writes what it hears into two tables.
// Texts from outside go through textContent only; they are never markup.

const INTERVAL = 2000;
const TONES = {
  ready: "good", busy: "good", fiscalized: "good",
  queued: "", assigned: "", inactive: "", connecting: "warn", settling: "warn", unknown: "warn",
  unreachable: "bad", out_of_rotation: "bad", manual: "bad", refused: "bad", cancelled: "warn",
};

const element = (id) => document.getElementById(id);
const words = (text) => text.replaceAll("_", " ");
const roubles = (kopecks) => (kopecks / 100).toLocaleString(undefined, { minimumFractionDigits: 2 });
let token = new URLSearchParams(location.hash.slice(1)).get("token") ?? sessionStorage.getItem("token");
let timer = 0;

if (location.hash) history.replaceState(null, "", location.pathname);

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token}` } });
  if (answer.status === 401 || answer.status === 403) throw new Refused((await answer.json()).detail);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

class Refused extends Error {}

function cell(text, { tone = "", number = false } = {}) {
  const made = document.createElement("td");
  made.textContent = text ?? "";
  if (tone) made.dataset.tone = tone;
  if (number) made.className = "number";
  return made;
}

function row(...cells) {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

function register(state) {
  const concerns = state.concerns.map((each) => each.text);
  const known = state.reason ? [state.reason, ...concerns] : concerns;
  const shift = state.fn ? (state.fn.shift_is_open ? `open ${state.shift?.number ?? ""}` : "closed") : "";
  return row(
    cell(state.eip), cell(words(state.condition), { tone: TONES[state.condition] }), cell(shift),
    cell(state.fn?.last_fd, { number: true }), cell(state.ofd?.unsent, { number: true }),
    cell(state.receipt_id, { number: true }),
    cell(known.join("; "), { tone: state.level === "critical" ? "bad" : state.level === "warning" ? "warn" : "" }),
  );
}

function receipt(each) {
  return row(
    cell(each.id, { number: true }), cell(each.external_id), cell(words(each.kind)),
    cell(roubles(each.total), { number: true }),
    cell(each.reason ? `${each.status}: ${each.reason}` : each.status, { tone: TONES[each.status] }),
    cell(each.kkt), cell(each.fiscal?.fd, { number: true }), cell(new Date(each.accepted_at).toLocaleTimeString()),
  );
}

function show(registers, receipts) {
  element("sign-in").hidden = true;
  element("content").hidden = element("forget").hidden = false;
  element("registers").replaceChildren(...registers.map(register));
  element("receipts").replaceChildren(...receipts.map(receipt));
  const working = registers.filter((each) => ["ready", "busy"].includes(each.condition)).length;
  element("summary").textContent = `${working} of ${registers.length} registers in rotation`;
}

function signIn(refusal = "") {
  token = null;
  sessionStorage.removeItem("token");
  element("sign-in").hidden = false;
  element("content").hidden = element("forget").hidden = true;
  element("summary").textContent = "";
  element("refusal").textContent = refusal;
  element("token").focus();
}

async function refresh() {
  clearTimeout(timer);
  if (!token) return signIn();
  try {
    const [registers, page] = await Promise.all([ask("/api/v1/kkt"), ask("/api/v1/receipts?limit=25")]);
    sessionStorage.setItem("token", token);
    show(registers, page.receipts);
  } catch (error) {
    if (error instanceof Refused) return signIn(error.message);
    element("summary").textContent = "No answer from the service; trying again.";
  }
  timer = setTimeout(refresh, INTERVAL);
}

element("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  token = element("token").value.trim();
  element("token").value = "";
  refresh();
});
element("forget").addEventListener("click", () => signIn());
refresh();
