// The merge board (/board): requests are carried to half-days by mouse, finger or keys, each with its
// price; a search for a better plan runs beside it. What is decided, the server decides.

import "../elements/action-toast.js";
import "../elements/board-grid.js";
import "../elements/board-tray.js";
import "../elements/choice-menu.js";
import "../elements/place-sheet.js";
import "../elements/solver-strip.js";

import { byPlace, cellKey, daysShown, isStep, mondayOf, placeWords, sessionOf, shifted, spanWords, spokenPrice, stepFrom, whereIs } from "../lib/board.js";
import { askedOf, planWords } from "../lib/asking.js";
import { letDrag } from "../lib/drag.js";
import { el, icon, say } from "../lib/el.js";
import { t } from "../lib/words.js";
import { change, listen, loadAbove, loadAsk, loadFound, loadPrices, loadState, Refusal } from "./board-line.js";
import { all, part, wire } from "./parts.js";

/** @import { ActionToast } from "../elements/action-toast.js" */
/** @import { Ask } from "../lib/asking.js" */
/** @import { Above } from "./board-line.js" */
/** @import { BoardGrid } from "../elements/board-grid.js" */
/** @import { BoardTray } from "../elements/board-tray.js" */
/** @import { ChoiceMenu } from "../elements/choice-menu.js" */
/** @import { PlaceSheet } from "../elements/place-sheet.js" */
/** @import { SolverStrip } from "../elements/solver-strip.js" */
/** @import { Asked, Half, Price, Prices, Progress, State } from "../lib/board.js" */

const language = document.documentElement.lang;
const QUIET_MS = 10_000;
const TURN_AFTER_MS = 700;
const WARNINGS_SHOWN = 4;

const grid = /** @type {BoardGrid} */ (part("board-grid", HTMLElement));
const tray = /** @type {BoardTray} */ (part("board-tray", HTMLElement));
const strip = /** @type {SolverStrip} */ (part("solver-strip", HTMLElement));
const sheet = /** @type {PlaceSheet} */ (part("place-sheet", HTMLElement));
const menu = /** @type {ChoiceMenu} */ (part("choice-menu", HTMLElement));
const toast = /** @type {ActionToast} */ (part("action-toast", HTMLElement));
const preview = part("[data-look]", HTMLElement);
const offer = part("[data-offer]", HTMLElement);
const said = part("[data-said]", HTMLElement);
const hint = part("[data-hinted]", HTMLElement);
const both = part("[data-above]", HTMLElement);
/** Whether who looks may change anything. */
const plans = "plans" in document.body.dataset;
const digestDrop = part("[data-drop=digest]", HTMLElement);

/** @param {string} what @returns {HTMLButtonElement} */
const key = (what) => part(`[data-do=${what}]`, HTMLButtonElement);

/** @type {State | null} */
let state = null;
const asked = new URLSearchParams(location.search);
const view = { from: /^\d{4}-\d\d-\d\d$/.test(asked.get("from") || "") ? mondayOf(String(asked.get("from"))) : "", weeks: asked.get("weeks") === "5" ? 5 : 1 };
let looking = false;
let busy = false;

// --- what is shown -------------------------------------------------------------------------------

/** Draw the working plan. @param {State} now */
function show(now) {
  if (!state || state.version !== now.version) prices.clear();
  state = now;
  if (!view.from) view.from = now.span.from;
  const focused = focusKey();
  grid.show(now);
  tray.show(now.waiting, now.asked);
  showFrame(now);
  if (now.solver !== undefined) showProgress(now.solver);
  showHint();
  if (carried) repaint();
  giveFocusBack(focused);
}

/** Everything around the half-days. @param {State} now */
function showFrame(now) {
  say(part("[data-span]", HTMLElement), spanWords(...daysShown(now), language));
  const { apart, now: merged } = now.totals;
  say(part("[data-totals]", HTMLElement), t("若各开各的 {a} 场 {b} 趟，现在 {c} 场 {d} 趟", { a: apart.sessions, b: apart.trips, c: merged.sessions, d: merged.trips }));
  const count = part("[data-waiting]", HTMLElement);
  say(count, String(now.waiting.length));
  count.hidden = now.waiting.length === 0;
  showInMenu(now.waiting.length);
  offer.hidden = looking || !now.offer || !plans;
  say(part("[data-hint-words]", HTMLElement), now.escalated?.words || "");
  say(part("[data-offered]", HTMLElement), now.offer?.words || "");
  key("undo").disabled = !now.undo;
  key("undo").title = now.undo || "";
  const publish = key("publish");
  say(publish, view.weeks === 1 ? t("发布本周") : t("发布全部"));
  publish.disabled = !now.dirty;
  const rest = now.warnings.length - WARNINGS_SHOWN;
  const warnings = now.warnings.slice(0, rest === 1 ? WARNINGS_SHOWN + 1 : WARNINGS_SHOWN).map((one) => {
    const look = one.over ? "bad" : one.used >= one.limit ? "bad" : "warn";
    return el("li", { class: `state state--${look}` }, icon(`st-${look}`), `${String(one.number).padStart(2, "0")} ${one.name} ${one.used}/${one.limit}`);
  });
  if (rest > 1) warnings.push(el("li", {}, el("a", { href: "/quota" }, t("还有 {n} 家", { n: rest }))));
  part("[data-warnings]", HTMLElement).replaceChildren(...(warnings.length ? warnings : [el("li", { class: "muted" }, t("没有快到限额的居委会"))]));
}

/** How many wait, beside the board's word in the menu. @param {number} n */
function showInMenu(n) {
  const entry = document.querySelector(".nav [aria-current]");
  if (!entry) return;
  const count = entry.querySelector(".count") || entry.appendChild(el("span", { class: "count" }));
  say(count, String(n));
  count.classList.toggle("hidden", n === 0);
}

/** Whether the search was ended to look at what it has found. */
let wanted = false;
/** @type {Progress | null} */
let progress = null;
let toldAt = 0;

/** What a leader could let in is told once nothing is searched for and no better plan waits to be taken. */
function showHint() {
  const better = progress && (progress.running || progress.found?.better);
  hint.hidden = looking || !state?.escalated || Boolean(better);
}

/** @param {Progress | null} now */
function showProgress(now) {
  const [before, fresh] = [progress?.best, now?.best];
  progress = now;
  if (!looking) strip.show(now);
  showHint();
  if (wanted && now && !now.running) void showTheFind();
  if (now && fresh !== null && fresh !== before && Date.now() - toldAt > QUIET_MS) {
    toldAt = Date.now();
    say(said, t("找到了更好的方案：{n} 点", { n: Number(fresh) }));
  }
}

/** What the focus is on, in words that outlive a new drawing. @returns {string} */
function focusKey() {
  const at = document.activeElement;
  if (!(at instanceof HTMLElement) || !at.closest("board-grid, board-tray")) return "";
  const { request, session, day } = at.dataset;
  return request ? `[data-request="${CSS.escape(request)}"]` : session ? `[data-session="${CSS.escape(session)}"]` : day ? `[data-day="${day}"]` : "";
}

/** @param {string} focused */
function giveFocusBack(focused) {
  if (!focused || sheet.open) return;
  const drawn = document.querySelector(focused);
  const number = /^\[data-request="(\d+)"\]$/.exec(focused);
  const place = drawn || (number && grid.reveal(Number(number[1])));
  if (place instanceof HTMLElement && place !== document.activeElement) place.focus({ preventScroll: true });
}

// --- what the server is told ---------------------------------------------------------------------

/**
 * Show other weeks.
 * @param {{from?: string, weeks?: number}} wanted
 * @returns {Promise<boolean>} whether they are shown
 */
async function turn(wanted) {
  const before = { ...view };
  Object.assign(view, wanted);
  try {
    if (looking) await lookedAt();
    else show(await loadState(view));
    history.replaceState(null, "", `?from=${view.from}&weeks=${view.weeks}`);
    return true;
  } catch (error) {
    Object.assign(view, before);
    tell(error);
    return false;
  }
}

/** @param {number} way @returns {Promise<boolean>} */
const leaf = (way) => turn({ from: shifted(view.from, 7 * way * view.weeks) });

/** Say in the toast what went wrong; a bug flies on. @param {unknown} error */
function tell(error) {
  if (!(error instanceof Refusal)) throw error;
  toast.show(error.message);
  say(said, error.message);
}

/** What is being done, and the last that was asked for. @type {Promise<void>} */
let doing = Promise.resolve();
let asking = "";

/**
 * Carry deeds out one after the other: what is pressed while one is under way waits for it, unless
 * it is the same again, as with a double click.
 * @param {Parameters<typeof carryOut>} deed
 */
function act(...deed) {
  const same = JSON.stringify(deed.slice(0, 2));
  if (busy && same === asking) return doing;
  asking = same;
  doing = doing.catch(() => {}).then(() => carryOut(...deed));
  return doing;
}

/**
 * Change something, show what became of it and say so; a page that is out of date is brought up to it.
 * @param {Parameters<typeof change>[0]} what
 * @param {object} sent
 * @param {(answer: Awaited<ReturnType<typeof change>>) => string} words
 * @param {boolean | ((answer: Awaited<ReturnType<typeof change>>) => void)} [undoable] or how it is taken back
 */
async function carryOut(what, sent, words, undoable = true) {
  if (!state) return;
  busy = true;
  document.body.classList.add("busy");
  try {
    const answer = await change(what, { version: state.version, ...sent }, view);
    show(await shown(answer));
    const { moved } = answer.state || answer;
    const sentence = [words(answer), moved?.length ? t("另外动了：{moved}", { moved: moved.join(t("；")) }) : ""].filter(Boolean).join(" ");
    if (sentence) {
      const back = typeof undoable === "function" ? () => undoable(answer) : undo;
      toast.show(sentence, undoable ? back : null);
      say(said, sentence);
    }
  } catch (error) {
    if (error instanceof Refusal && error.code === "board_changed") show(await loadState(view));
    else if (state) show(state);
    tell(error);
  } finally {
    busy = false;
    document.body.classList.remove("busy");
  }
}

/**
 * The state that an answer carries, if it is of the weeks shown; else it is asked for.
 * @param {Awaited<ReturnType<typeof change>>} answer
 * @returns {Promise<State>}
 */
async function shown(answer) {
  const told = answer.state || answer;
  const fits = told.weeks?.length === view.weeks && told.span.from === view.from;
  return fits ? told : loadState(view);
}

const undo = () => void act("undo", {}, () => t("已经退回一步。"), false);

/** @param {number} request */
function nameOf(request) {
  return (state && whereIs(state, request)?.topic) || String(request);
}

/** @param {number} request @param {string} date @param {Half} half */
function put(request, date, half) {
  const values = { topic: nameOf(request), place: placeWords(date, half, language) };
  return act("move", { request, date, half }, () => t("已把“{topic}”放到 {place}。", values));
}

/** @param {number} request */
const putOut = (request) => act("out", { request }, () => t("“{topic}”放回待排了。", { topic: nameOf(request) }));

/** @param {number} request */
const putInDigest = (request) => act("digest", { request }, () => t("“{topic}”改登每周工作提示，不用开会。", { topic: nameOf(request) }));

// --- prices --------------------------------------------------------------------------------------

/** @type {Map<number, Promise<Prices>>} of the version shown */
const prices = new Map();

/** Ask for the prices of a request, once for each version of the plan. @param {number} request */
function pricesOf(request) {
  const known = prices.get(request);
  if (known) return known;
  const coming = loadPrices(request);
  prices.set(request, coming);
  coming.catch(() => prices.delete(request));
  return coming;
}

/** Have the prices ready before something is taken up. @param {Event} event */
function foresee(event) {
  const thing = event.target instanceof Element ? event.target.closest("[data-request]") : null;
  if (thing instanceof HTMLElement && !looking) pricesOf(Number(thing.dataset.request)).catch(() => {});
}
for (const sign of ["pointerover", "focusin"]) document.addEventListener(sign, foresee);

// --- carrying ------------------------------------------------------------------------------------

/**
 * What is carried: its prices once they are known, and where it is held; `ghost` follows the pointer.
 * @type {{request: number, prices: Prices | null, at: string, ghost: HTMLElement | null} | null}
 */
let carried = null;
let turning = 0;

/** @param {number} request @param {HTMLElement | null} ghost */
function takeUp(request, ghost) {
  carried = { request, prices: null, at: "", ghost };
  document.body.classList.add("carrying");
  document.body.classList.toggle("by-hand", Boolean(ghost));
  repaint();
  pricesOf(request).then((known) => {
    if (carried?.request !== request) return;
    carried.prices = known;
    repaint();
    if (!carried.ghost) sayPrice();
  }, (error) => {
    putBack();
    tell(error);
  });
}

/** Colours, and what else shows that something is being carried. */
function repaint() {
  if (!carried) return;
  grid.paint(carried.prices ? byPlace(carried.prices) : null);
  grid.at(carried.at.includes("|") ? carried.at : null);
  digestDrop.hidden = !carried.prices?.digest?.legal;
  for (const thing of all("board-grid [data-request], board-tray [data-request]")) thing.classList.toggle("gone", thing.dataset.request === String(carried.request));
}

function putBack() {
  clearTimeout(turning);
  carried?.ghost?.remove();
  carried = null;
  document.body.classList.remove("carrying", "by-hand");
  digestDrop.hidden = true;
  digestDrop.classList.remove("over");
  part(".pend", HTMLElement).classList.remove("pend--at");
  grid.clear();
  for (const thing of all(".gone")) thing.classList.remove("gone");
}

/** Let go of what is carried where it is held. */
function letGo() {
  if (!carried || !state) return putBack();
  const { request, at, prices: known } = carried;
  const placed = Boolean(whereIs(state, request)?.place);
  const here = whereIs(state, request)?.place?.key;
  putBack();
  if (at === "waiting" && placed) void putOut(request);
  else if (at === "digest") void putInDigest(request);
  else if (at.includes("|") && at !== here) {
    const price = known && byPlace(known).get(at);
    const [date, half] = at.split("|");
    if (price?.kind === "over") void askFor(request, price);
    else if (price && !price.legal) refuse(price);
    else void put(request, date, /** @type {Half} */ (half));
  }
}

/** @param {Price} price */
function refuse(price) {
  const words = t("这里不能放：{why}", { why: price.rules.join(t("；")) || t("不能放") });
  toast.show(words);
  say(said, words);
}

letDrag(part(".main", HTMLElement), "[data-request]", ".i", {
  lift(thing, x, y) {
    if (looking || busy || !state || !plans) return false;
    const known = whereIs(state, Number(thing.dataset.request));
    if (!known) return false;
    const ghost = el("div", { class: "pi drag", "aria-hidden": "true" }, icon("i-grip"), el("b", {}, known.topic), el("em", {}, t("{n}分", { n: known.minutes })),
      el("small", {}, [known.department, known.waiting?.audience_words || ""].filter(Boolean).join(" · ")));
    document.body.append(ghost);
    takeUp(Number(thing.dataset.request), ghost);
    this.move(x, y);
    return true;
  },
  move(x, y) {
    if (!carried?.ghost) return;
    const { ghost } = carried;
    ghost.style.setProperty("left", `${Math.min(Math.max(4, x - 110), innerWidth - ghost.offsetWidth - 4)}px`);
    ghost.style.setProperty("top", `${Math.max(4, y - ghost.offsetHeight + 6)}px`);
    const under = document.elementFromPoint(x, y);
    const cell = under?.closest("[data-cell]");
    const drop = under?.closest("[data-drop]");
    const at = cell instanceof HTMLElement ? cell.dataset.cell : drop instanceof HTMLElement ? drop.dataset.drop : "";
    if (at !== carried.at) {
      carried.at = at || "";
      grid.at(at?.includes("|") ? at : null);
      digestDrop.classList.toggle("over", at === "digest");
      part(".pend", HTMLElement).classList.toggle("pend--at", at === "waiting");
    }
    turnAt(under);
    if (y > innerHeight - 30) scrollBy(0, 12);
    else if (y < 30) scrollBy(0, -12);
  },
  drop: letGo,
  cancel: putBack,
});

/** Something held for a moment over one of the two arrows turns to other weeks. @param {Element | null} under */
function turnAt(under) {
  const arrow = under?.closest("[data-do=before], [data-do=after]");
  if (!arrow) {
    clearTimeout(turning);
    turning = 0;
  } else if (!turning) {
    turning = setTimeout(() => {
      turning = 0;
      void leaf(arrow === key("before") ? -1 : 1);
    }, TURN_AFTER_MS);
  }
}

// --- by keys -------------------------------------------------------------------------------------

function sayPrice() {
  const place = carried && grid.place(carried.at);
  if (carried && place) say(said, spokenPrice(place, carried.prices ? byPlace(carried.prices).get(carried.at) : undefined, language));
}

/** @param {string} at */
function holdAt(at) {
  if (!carried) return;
  carried.at = at;
  grid.at(at);
  sayPrice();
}

/** Where a request is held when keys take it up: where it is, or the best half-day in sight. @param {number} request */
async function startOf(request) {
  const here = state && whereIs(state, request)?.place?.key;
  if (here) return here;
  const known = await pricesOf(request).catch(() => null);
  const best = known?.cells.find((price) => price.best && grid.place(cellKey(price.date, price.half))) || known?.cells.find((price) => price.legal && grid.place(cellKey(price.date, price.half)));
  const first = grid.querySelector("[data-cell]:not(.cell--no)") || grid.querySelector("[data-cell]");
  return best ? cellKey(best.date, best.half) : first?.getAttribute("data-cell") || "";
}

/** @param {string} arrow */
async function stepOn(arrow) {
  if (!carried || !state) return;
  const { at, request } = carried;
  const next = stepFrom(state, at, arrow);
  if (typeof next === "string") return holdAt(next);
  const [date, half] = at.split("|");
  if (!(await leaf(next)) || carried?.request !== request) return;
  const column = grid.place(cellKey(shifted(date, 7 * next), /** @type {Half} */ (half)));
  const sideways = arrow === "ArrowLeft" || arrow === "ArrowRight";
  const cells = Array.from(grid.querySelectorAll(`[data-cell$="${half}"]`), (cell) => cell.getAttribute("data-cell") || "");
  holdAt(sideways ? (next < 0 ? cells[cells.length - 1] : cells[0]) : column?.key || cells[0]);
}

let stepping = Promise.resolve();

/**
 * Which request keys speak of: that of the focus, or what is carried when its week is not shown.
 * @param {EventTarget | null} target
 * @returns {number} 0 for none
 */
function takenBy(target) {
  const thing = target instanceof Element ? target.closest("[data-request]") : null;
  if (thing instanceof HTMLElement) return thing.closest("board-grid, board-tray") ? Number(thing.dataset.request) : 0;
  return target === document.body && carried && !carried.ghost ? carried.request : 0;
}

document.addEventListener("keydown", (event) => {
  const request = takenBy(event.target);
  if (!request || looking || !plans || event.altKey || event.ctrlKey || event.metaKey) return;
  const holding = carried?.request === request && !carried.ghost;
  if (isStep(event.key)) {
    event.preventDefault();
    if (busy || carried?.ghost) return;
    stepping = stepping.then(async () => {
      if (carried?.request === request) return stepOn(event.key);
      const start = await startOf(request);
      if (carried) return;
      takeUp(request, null);
      holdAt(start);
    });
  } else if (holding && event.key === "Enter") {
    event.preventDefault();
    stepping = stepping.then(letGo);
  } else if (holding && event.key === "Escape") {
    event.preventDefault();
    putBack();
    say(said, t("放回原处了。"));
  } else if (holding && (event.key === "Delete" || event.key === "Backspace")) {
    event.preventDefault();
    if (carried) carried.at = "waiting";
    letGo();
  }
});
document.addEventListener("focusout", (event) => {
  // a new drawing takes the focus away for a moment and gives it back
  setTimeout(() => {
    if (carried && !carried.ghost && !document.activeElement?.closest("[data-request]") && document.hasFocus() && event.target instanceof Element && event.target.isConnected) putBack();
  }, 0);
});

// --- the sheet at the side -----------------------------------------------------------------------

/** @param {number} request */
function openRequest(request) {
  const known = state && whereIs(state, request);
  if (!known) return;
  const done = (/** @type {() => unknown} */ deed) => () => {
    sheet.close();
    deed();
  };
  const deeds = {
    put: (/** @type {Price} */ price) => done(() => put(request, price.date, price.half))(),
    out: done(() => putOut(request)),
    digest: done(() => putInDigest(request)),
    pin: (/** @type {boolean} */ on) => done(() => act("pin", { request, on }, () => (on ? t("“{topic}”钉住了，别的改动不会挪它。", { topic: known.topic }) : t("“{topic}”不再钉住。", { topic: known.topic }))))(),
    ask: (/** @type {Price} */ price) => void askFor(request, price),
    unask: (/** @type {Asked} */ asked) => done(() => act("unask", { overruns: [asked.overrun] }, () => t("不请领导批了，收回来了。"), false))(),
  };
  const link = el("a", { class: "btn btn--quiet", href: `/requests/${request}` }, icon("i-file"), t("看这份申请"));
  sheet.tellRequest(known, plans ? deeds : null, link, state ? askedOf(state, request) : undefined);
  pricesOf(request).then((now) => sheet.tellPrices(now, (price) => grid.place(cellKey(price.date, price.half))), (error) => sheet.tellTrouble(error.message));
}

/** @param {string} name */
function openSession(name) {
  const found = state && sessionOf(state, name);
  if (!found) return;
  const freeze = (/** @type {boolean} */ on) => {
    sheet.close();
    void act("freeze", { session: name, on }, () => (on ? t("这一场冻结了，谁也不会动它。") : t("这一场解冻了。")));
  };
  sheet.tellSession(found.session, found.place, plans ? freeze : null, openRequest);
}

part(".main", HTMLElement).addEventListener("click", (event) => {
  const thing = event.target instanceof Element ? event.target.closest("[data-request], [data-session], [data-day]") : null;
  const spread = event.target instanceof Element && event.target.closest(".fan") ? null : grid.fold();
  if (!(thing instanceof HTMLElement)) return;
  if (carried) putBack();
  if (thing.dataset.fan) {
    if (spread !== thing) grid.fan(thing.dataset.fan)?.focus();
    return;
  }
  if (thing.dataset.day) void turn({ from: mondayOf(thing.dataset.day), weeks: 1 });
  else if (looking) return;
  else if (thing.dataset.session) openSession(thing.dataset.session);
  else openRequest(Number(thing.dataset.request));
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !carried && !event.defaultPrevented) grid.fold()?.focus();
});

// --- above quotas --------------------------------------------------------------------------------

/** Ask a leader for one half-day, once it has been seen for whom it is too much. @param {number} request @param {Price} price */
async function askFor(request, { date, half }) {
  try {
    const { asks } = await loadAsk(request, date, half);
    const open = (await pricesOf(request)).cells.some((price) => price.legal && !price.here);
    sheet.tellAsk(asks, open ? "" : t("期限内限额都用完了"), (why) => void askAll(asks, why));
  } catch (error) {
    tell(error);
  }
}

/** @param {Ask[]} asks @param {string} why */
async function askAll(asks, why) {
  sheet.close();
  if (looking) look(false, false);
  const wanted = asks.map(({ request, date, half }) => ({ request, date, half }));
  await act("ask", { asks: wanted, why }, () => t("已报领导签 {n} 项，签了就排进去。", { n: asks.length }),
    (answer) => void act("unask", { overruns: answer.overruns || [] }, () => t("不请领导批了，收回来了。"), false));
}

/** The plan above quotas that is looked at, and whether it or the one within is drawn. @type {{plan: Above, above: boolean} | null} */
let beyond = null;

async function showAbove() {
  const above = beyond ? beyond.above : true;
  beyond = { plan: await loadAbove(view), above };
  const { plan } = beyond;
  for (const which of /** @type {const} */ (["within", "above"])) {
    say(part(`[data-plan-${which}]`, HTMLElement), planWords(plan.compare[which]));
    key(which).setAttribute("aria-pressed", String((which === "above") === above));
  }
  if (above) grid.show(plan, { still: true, marked: new Set(plan.asks.map((ask) => ask.request)) });
  else if (state) grid.show(await loadState(view), { still: true });
  tray.offer(plan.asks, language);
  say(part("[data-span]", HTMLElement), spanWords(...daysShown(plan), language));
}

async function lookAbove() {
  try {
    beyond = null;
    const first = (await loadAbove(view)).asks[0];
    if (first && state && (first.date < state.span.from || first.date > state.span.to)) Object.assign(view, { from: mondayOf(first.date) });
    await showAbove();
    look(true);
  } catch (error) {
    tell(error);
  }
}

/** @param {boolean} above */
async function drawPlan(above) {
  if (!beyond) return;
  beyond.above = above;
  await showAbove().catch(tell);
}

/** Draw anew whatever is looked at. */
const lookedAt = () => (beyond ? showAbove() : showFound());

// --- the found plan ------------------------------------------------------------------------------

/** Show the plan that was found as if it were taken, and what it would change. */
async function showFound() {
  const found = await loadFound(view);
  const { changes } = found;
  grid.show(found, { still: true, marked: new Set(changes.map((one) => one.request)) });
  tray.tell(changes, language);
  const { now } = found.totals;
  say(part("[data-preview]", HTMLElement), t("{a} 场 {b} 趟，{c} 处和现在不同", { a: now.sessions, b: now.trips, c: changes.length }));
  say(part("[data-span]", HTMLElement), spanWords(...daysShown(found), language));
  return found;
}

/** Look at what was found; a search that is still running is ended for that. */
async function showTheFind() {
  try {
    if (progress?.running) {
      wanted = true;
      await change("stop", {}, view);
      return;
    }
    wanted = false;
    await showFound();
    look(true);
    part("#preview-title", HTMLElement).focus();
  } catch (error) {
    wanted = false;
    tell(error);
  }
}

/** @param {boolean} on @param {boolean} [redraw] false: what follows draws the board anew */
function look(on, redraw = true) {
  looking = on;
  if (!on) beyond = null;
  preview.hidden = !on || Boolean(beyond);
  both.hidden = !on || !beyond;
  hint.hidden = on || hint.hidden;
  strip.hidden = on || strip.hidden;
  offer.hidden = on || offer.hidden;
  say(part("#pend-title", HTMLElement), !on ? t("还没有落处") : beyond ? t("签了能再排") : t("会改什么"));
  part("[data-hint]", HTMLElement).hidden = on;
  part("[data-waiting]", HTMLElement).hidden = on || !state?.waiting.length;
  for (const what of ["undo", "publish", "merge"]) key(what).hidden = on || !plans;
  if (on || !redraw || !state) return;
  if (state.span.from === view.from && state.weeks.length === view.weeks) show(state);
  else void loadState(view).then(show).catch(tell);
}

// --- the keys of the page ------------------------------------------------------------------------

function chooseView() {
  menu.open(key("view"), t("看多少"), [
    { words: t("看一周"), run: () => void turn({ weeks: 1 }) },
    { words: t("看五周"), run: () => void turn({ weeks: 5 }) },
    { words: t("回到本周"), run: () => void turn({ from: state ? mondayOf(state.today) : view.from }) },
    { words: t("历次发布"), run: () => location.assign("/board/versions") },
  ]);
}

async function startSearch() {
  if (!state) return;
  try {
    const told = await change("merge", { version: state.version }, view);
    showProgress(told.solver || null);
  } catch (error) {
    tell(error);
  }
}

wire({
  before: () => void leaf(-1),
  after: () => void leaf(1),
  view: chooseView,
  undo,
  merge: () => void startSearch(),
  stop: () => void change("stop", {}, view).catch(tell),
  look: () => void showTheFind(),
  back: () => look(false),
  "look-above": () => void lookAbove(),
  within: () => void drawPlan(false),
  above: () => void drawPlan(true),
  "back-above": () => look(false),
  "ask-all": () => {
    const asks = beyond?.plan.asks || [];
    sheet.tellAsk(asks, t("期限内限额都用完了"), (why) => void askAll(asks, why));
  },
  drop: () => {
    look(false, false);
    void change("drop", { version: state?.version }, view).then(() => loadState(view)).then(show).catch(tell);
  },
  take: () => {
    look(false, false);
    void act("take", {}, () => t("用上找到的方案了，还没有发布。"));
  },
  "offer-take": () => void act("offer/take", {}, () => t("用上夜里的方案了，还没有发布。")),
  "offer-drop": () => void act("offer/drop", {}, () => "", false),
  publish: () => void act("publish", { weeks: view.weeks === 1 && state ? state.weeks.map((week) => week.iso) : null },
    (answer) => t("发布了第 {number} 版，会通知 {n} 处。", { number: answer.number || 0, n: answer.told || 0 }), false),
});

strip.reads = !plans;

/** Begin with the weeks asked for, else with this week, or the next one when nothing of it is left. */
async function begin() {
  let first = await loadState(view);
  if (!view.from && first.weeks[0]?.days.every((day) => day.date < first.today)) first = await loadState({ ...view, from: shifted(first.span.from, 7) });
  show(first);
  document.body.dataset.ready = "";
  if (location.hash === "#merge" && plans) {
    history.replaceState(null, "", location.pathname + location.search);
    await startSearch();
  }
  listen(showProgress);
  document.addEventListener("visibilitychange", () => {
    // somebody else may have worked on the plan meanwhile
    if (document.visibilityState === "visible" && !busy && !carried && !looking) void loadState(view).then(show).catch(tell);
  });
}
begin().catch(tell);
