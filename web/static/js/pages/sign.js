// Who is here: counting heads and signing in by name on the venue's screen, and the code that a
// phone scans. Loaded when a session is on, so that the page itself stays light.

import { HeadCount } from "../elements/head-count.js";
import { el, icon, need } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @typedef {{person: number, name: string, post: string, signed: string, undo_ms: number}} Name */
/** @typedef {{session: number, post_to: string, names: Name[], qr: {path: string, size: number}}} Sheet */

const TRY_AGAIN_MS = 15_000;
const SVG = "http://www.w3.org/2000/svg";
const { token = "", csrf = "" } = document.body.dataset;
const list = el("ul", { class: "names" });
const told = el("p", { role: "alert" });
const close = el("button", { type: "submit", class: "btn btn--primary btn--l" }, t("好了"));
const dialog = el(
  "dialog",
  { class: "dialog signs", "aria-labelledby": "signs-title" },
  el(
    "form",
    { method: "dialog" },
    el("div", { class: "dialog__head" }, el("h2", { id: "signs-title" }, t("点自己的名字签到"))),
    el("div", { class: "dialog__body" }, told, list),
    el("div", { class: "dialog__foot" }, close),
  ),
);
document.body.append(dialog);
let asked = 0;
let busy = false;
/** @type {Sheet | null} */
let sheet = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/**
 * Show the code of a session's sign-in beside its agenda, once for each session.
 * @param {number} session
 */
export async function show(session) {
  if (asked === session) return;
  asked = session;
  document.querySelector(".sign-code")?.remove();
  const side = document.querySelector(".side");
  side?.classList.remove("side--sign");
  if (await load()) {
    side?.classList.add("side--sign");
    side?.append(code());
  } else setTimeout(() => (asked = 0), TRY_AGAIN_MS);
}

const headCount = need(document, "head-count", HeadCount);
headCount.addEventListener("names", open);

/**
 * Ask how many people are here.
 * @param {number} heads what is recorded, -1 for nothing yet
 */
export function count(heads) {
  headCount.open(heads);
}

/** Open the names; what others have signed since is asked for anew. */
export async function open() {
  dialog.showModal();
  if (await load()) draw();
}

async function load() {
  return take(await ask(`/j/${token}/sign`), t("名单没有打开，请过一会儿再试，或打电话找会务。"));
}

/**
 * @param {string} address
 * @param {URLSearchParams} [body]
 */
function ask(address, body) {
  const headers = { Accept: "application/json" };
  return fetch(address, body ? { method: "POST", body, headers } : { headers }).catch(() => null);
}

/**
 * Keep the names of an answer, or show why there are none: in the server's words if it has some.
 * @param {Response | null} answer
 * @param {string} otherwise
 */
async function take(answer, otherwise) {
  const found = await answer?.json().catch(() => null);
  if (answer?.ok && found) sheet = found;
  told.textContent = answer?.ok ? "" : (found?.title ?? otherwise);
  return Boolean(answer?.ok);
}

function code() {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const size = sheet?.qr.size ?? 1;
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", t("签到二维码"));
  path.setAttribute("d", sheet?.qr.path ?? "");
  svg.append(path);
  const words = el("p", {}, el("b", {}, t("手机扫一扫签到")), el("small", {}, t("没有手机？点“改人数”，按名字签到")));
  return el("div", { class: "sign-code" }, svg, words);
}

function draw() {
  clearTimeout(fading);
  const at = [...list.querySelectorAll("button")].indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  list.replaceChildren(...(sheet?.names ?? []).map(line));
  if (at >= 0) list.querySelectorAll("button")[at]?.focus();
  const soon = Math.min(...(sheet?.names ?? []).map((name) => name.undo_ms).filter(Boolean));
  if (Number.isFinite(soon)) fading = setTimeout(() => load().then((ok) => ok && draw()), soon + 100);
}

/** @param {Name} name */
function line(name) {
  const state = el("span", { class: "name__state" }, name.signed ? t("{time} 已签到", { time: name.signed }) : t("点这里签到"));
  const who = el("span", {}, el("b", {}, name.name), el("small", {}, name.post));
  if (!name.signed) {
    const button = el("button", { type: "button", class: "name" }, icon("st-wait"), who, state);
    button.onclick = () => tap(name, "in");
    return el("li", {}, button);
  }
  const item = el("li", {}, el("p", { class: "name name--in" }, icon("st-ok"), who, state));
  if (name.undo_ms) {
    const label = el("span", { class: "sr" }, name.name);
    const undo = el("button", { type: "button", class: "btn name__undo" }, icon("i-undo"), t("点错了，撤回"), label);
    undo.onclick = () => tap(name, "out");
    item.append(undo);
  }
  return item;
}

/**
 * Sign somebody in, or take that back; taps meanwhile are those of a double click.
 * @param {Name} name
 * @param {"in" | "out"} want
 */
async function tap(name, want) {
  if (!sheet || busy) return;
  busy = true;
  const body = new URLSearchParams({ csrf, person: String(name.person), want, way: "screen" });
  const done = await take(await ask(sheet.post_to, body), t("没有签上，请再点一次，或打电话找会务。"));
  busy = false;
  if (done) draw();
}
