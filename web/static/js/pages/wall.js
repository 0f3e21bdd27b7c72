// The main venue's wall: all branch venues in sight, and every control one press away.

import { ActionToast } from "../elements/action-toast.js";
import { AgendaClock } from "../elements/agenda-clock.js";
import { BallotCard } from "../elements/ballot-card.js";
import { ChoiceMenu } from "../elements/choice-menu.js";
import { DeclineWord } from "../elements/decline-word.js";
import { FloorQueue } from "../elements/floor-queue.js";
import { PicturePanes } from "../elements/picture-panes.js";
import { RollCall } from "../elements/roll-call.js";
import { TalkDesk } from "../elements/talk-desk.js";
import { VenueTile } from "../elements/venue-tile.js";
import { chairDeeds, chairSign, mayControl } from "../lib/chair.js";
import { countDown, dayName, ServerClock, timeOfDay } from "../lib/clock.js";
import { DeviceKeeper } from "../lib/devices.js";
import { need, say, setIcon } from "../lib/el.js";
import { wallFlag } from "../lib/hall-show.js";
import { figures, lasting, likelyEnd, tileState, timeWithSeconds } from "../lib/hall.js";
import { chairNews } from "../lib/news.js";
import { Materials } from "../lib/materials.js";
import { freshClientId } from "../lib/retry.js";
import { MAIN, NOBODY, numeral, placeInQueue, titleOf, venueOf } from "../lib/room.js";
import { MediaLink } from "../lib/rtc.js";
import { largePane } from "../lib/show.js";
import { Signal } from "../lib/signal.js";
import { t } from "../lib/words.js";
import * as parts from "./parts.js";
import { WallShow } from "./wall-show.js";

/** @import { State, View, Mark, Waiting, Message, CommandName, QuestionNow } from "../lib/protocol.js" */

const SURE_WITHIN_MS = 5000;
const ASK_WHAT_IS_NEXT_MS = 60_000;
const LEFT_FOR_GOOD_MS = 20_000;
const { session: sessionId = "", state: was = "", csrf = "" } = document.body.dataset;
const session = Number(sessionId);
const clock = new ServerClock();

const hall = parts.part("[data-view=hall]", HTMLElement);
const calm = parts.part("[data-view=calm]", HTMLElement);
const big = need(hall, ".big", HTMLElement);
const bigVideo = need(hall, "video[data-big]", HTMLVideoElement);
const panes = need(hall, "picture-panes", PicturePanes);
const queue = need(hall, "floor-queue", FloorQueue);
const agenda = need(hall, "agenda-clock", AgendaClock);
const toast = need(hall, "action-toast", ActionToast);
const menu = parts.part("choice-menu", ChoiceMenu);
const card = need(hall, "ballot-card", BallotCard);
const desk = parts.part("talk-desk", TalkDesk);
const roll = need(hall, "roll-call", RollCall);
const wording = parts.part("decline-word", DeclineWord);
const tiles = /** @type {VenueTile[]} */ (parts.all("venue-tile"));

const materials = new Materials((number) => `/sessions/${number}/materials`, () => draw());
const material = new parts.MaterialPlace(big, materials, () => (known.operator ? showing : null));
const showing = {
  /** @param {number} item @param {{file: string, page: number}} leaf */
  show: (item, leaf) => command("material.show", { item, ...leaf }),
  hide: () => command("material.hide"),
};

/** What is known now; the page is drawn from it. */
const known = {
  /** @type {State | null} */
  state: null,
  /** @type {Waiting | null} */
  waiting: null,
  /** @type {View | null} */
  view: null,
  /** @type {Map<number, Mark>} */
  marks: new Map(),
  /** @type {Set<number>} */
  voices: new Set(),
  operator: false,
  /** @type {QuestionNow[]} */
  questions: [],
  /** @type {import("../lib/chair.js").Own} */
  own: { seat: "", rank: "VENUE" },
  /** Since when the result on show has been put away, by the moment the roll call ended. */
  putAway: 0,
  attempts: 0,
  mediaAttempts: 0,
  replaced: false,
  ended: was === "CLOSED" || was === "ARCHIVED",
};

/** @type {ReturnType<typeof setTimeout> | undefined} */
let comingBack;
/** The pictures by their slots: the big one, the tiles in order, a small one. @type {MediaStream[]} */
const pictures = [];
/** @type {MediaStream | null} */
let own = null;
const client = freshClientId();
const signal = new Signal(parts.socketAddress(), { client, session }, { message: hear, link, unknown });
const offers = `/rtc?client=${client}&session=${session}`;
const headers = { "X-CSRF-Token": csrf };
const media = new MediaLink(
  offers,
  headers,
  1 + tiles.length + 1,
  {
    slot(kind, slot, stream) {
      if (kind === "audio") return parts.show(parts.voices()[slot], stream);
      pictures[slot] = stream;
      const place = slot === 0 ? bigVideo : tiles[slot - 1]?.video;
      if (place) parts.show(place, stream);
    },
    state(_state, attempts) {
      known.mediaAttempts = attempts;
      if (attempts === 1) signal.renew();
      draw();
    },
    refused(code) {
      if (code === "place_taken") giveWay();
      return code !== "place_taken";
    },
  },
);
const devices = new DeviceKeeper((found) => {
  own = found.stream;
  media.publish(found.stream);
  parts.showOwn(found, true);
});

/** @param {Message} message */
function hear(message) {
  if ("now_ms" in message) clock.heard(message.now_ms);
  switch (message.type) {
    case "welcome":
      known.own = { seat: message.seat, rank: message.rank };
      materials.load(message.session);
      break;
    case "state":
      tellNews(known.state, message);
      known.state = message;
      known.ended = false;
      if (!known.replaced) media.start();
      if (venueOf(message, MAIN)?.state === "lost") media.doubt();
      break;
    case "view":
      known.view = message;
      break;
    case "quality":
      known.marks.set(message.venue, message.mark);
      break;
    case "called":
      show.told(message);
      break;
    case "waiting":
      known.waiting = message;
      leave();
      break;
    case "ended":
      known.ended = true;
      leave();
      break;
    case "materials":
      materials.load();
      break;
    case "questions":
      known.questions = message.questions;
      break;
    case "voices":
      known.voices = new Set(message.venues);
      break;
    case "replaced":
      giveWay();
      break;
    case "place":
      clearTimeout(comingBack);
      if (message.held === "free" && known.replaced) comingBack = setTimeout(comeBack, LEFT_FOR_GOOD_MS);
      break;
    default:
  }
  draw();
}

/**
 * @param {boolean} up
 * @param {number} attempts
 */
function link(up, attempts) {
  known.attempts = up ? 0 : attempts;
  draw();
}

function unknown() {
  media.stop();
  parts.showCalm("i-key", t("请重新登录"), t("离开得久了，登录已经过期。会照常开着。"), {
    words: t("登录"),
    run: () => location.reload(),
  });
}

function leave() {
  known.state = null;
  material.update(null);
  media.stop();
}

function giveWay() {
  known.replaced = true;
  media.stop();
}

/** The other PC has been gone for longer than any mending takes: this one takes the place again. */
function comeBack() {
  known.replaced = false;
  if (known.state) media.start();
}

// ---------- drawing ----------

function draw() {
  if (signal.stopped) return;
  if (known.state) drawHall(known.state);
  else if (known.replaced) drawReplaced();
  else if (known.ended) drawEnded();
  else if (known.waiting) drawWaiting(known.waiting);
}

function drawReplaced() {
  parts.showCalm("i-out", t("主会场已在另一台电脑入会"), t("这台电脑不再出声、出画面。会照常开着。"), {
    words: t("换回这台电脑"),
    run: () => location.reload(),
  });
}

function drawEnded() {
  need(calm, ".calm__clock", HTMLElement).hidden = true;
  parts.showCalm("i-check", t("会开完了，谢谢大家"), t("各会场都已离会，考勤已经记好。"));
}

/** @param {Waiting} waiting */
function drawWaiting(waiting) {
  const now = clock.now();
  const left = (waiting.starts_ms - now) / 1000;
  const place = need(calm, ".calm__clock", HTMLElement);
  place.hidden = !waiting.session || left < 0;
  say(place, countDown(left));
  if (!waiting.session) {
    parts.showCalm("i-calendar", t("没有排定的会"), t("可以安心走访。"));
    return;
  }
  const when = `${dayName(waiting.starts_ms, now)} ${timeOfDay(waiting.starts_ms)} – ${timeOfDay(waiting.ends_ms)}`;
  parts.showCalm("i-calendar", waiting.title, t("{when}，开会以后这里会自己打开。", { when }));
}

/**
 * @param {State | null} before
 * @param {State} after
 */
function tellNews(before, after) {
  if (!before) known.putAway = after.roll.named > MAIN ? 0 : after.roll.since_ms;
  const news = before && chairNews(before.chair, after.chair);
  if (news) toast.show(news);
}

/** @param {State} state */
function drawHall(state) {
  const now = clock.now();
  known.operator = mayControl(state.chair, known.own);
  document.body.classList.toggle("watching", !known.operator);
  parts.showView("hall");
  drawBar(state, now);
  drawBig(state, now);
  drawAgenda(state, now);
  queue.show(state, now, known.operator);
  drawRoll(state, now);
  for (const tile of tiles) drawTile(state, tile);
  drawControls(state);
  drawTalk(state, now);
  // the leader and the operator may sit at two computers; one of them has picture and sound
  need(hall, "[data-elsewhere]", HTMLElement).hidden = !known.replaced;
  show.draw(state);
  drawMaterial(state);
  parts.showMending(known.mediaAttempts);
}

/**
 * @param {State} state
 * @param {number} now
 */
function drawBar(state, now) {
  const count = figures(state);
  for (const figure of /** @type {const} */ (["expected", "present", "lost", "absent", "heads"])) {
    const place = need(hall, `[data-figure=${figure}]`, HTMLElement);
    say(place, String(count[figure]));
    if (figure === "lost" && place.parentElement) place.parentElement.hidden = count.lost === 0;
  }
  tell("[data-now]", timeWithSeconds(now));
  const line = need(hall, "[data-line]", HTMLElement);
  line.hidden = known.attempts === 0;
  if (known.attempts) say(need(line, "span", HTMLElement), t("正在重连服务器（第 {attempt} 次）", { attempt: known.attempts }));
  const observers = need(hall, "[data-observers]", HTMLElement);
  observers.hidden = state.observers === 0;
  if (state.observers) say(observers, t("旁听 {n}", { n: state.observers }));
  const asking = need(hall, "[data-asking]", HTMLElement);
  asking.hidden = state.queue.length === 0;
  if (state.queue.length) say(need(asking, "span", HTMLElement), t("{n} 家在等", { n: state.queue.length }));
}

/**
 * @param {State} state
 * @param {number} now
 */
function drawBig(state, now) {
  const { view } = known;
  const large = largePane(view);
  const shown = large ? large.venue : MAIN;
  const venue = shown > MAIN ? venueOf(state, shown) : undefined;
  const one = !view || view.layout === "1";
  const isOwn = !large || large.slot < 0;
  big.dataset.shows = !one ? "panes" : isOwn ? "main" : "branch";
  big.dataset.venue = String(shown);
  big.classList.toggle("venue--speaking", one && venue !== undefined && state.floor === shown);
  panes.show(view, { slot: (slot) => pictures[slot] || null, own, name: (number) => nameOf(state, number) });
  tell("[data-speaker]", wallFlag(state, view));
  tell("[data-number]", one && venue ? numeral(venue.number) : "");
  const place = venue ? venue.name : [t("主会场"), state.hall].filter(Boolean).join(" · ");
  tell("[data-place]", one ? place : "");
  const spoken = lasting((now - state.floor_since_ms) / 1000);
  tell("[data-said]", one && venue && state.floor === shown ? t("已说 {length}", { length: spoken }) : "");
  tell(".big [data-heads]", one && venue && venue.heads >= 0 ? t("{n} 人", { n: venue.heads }) : "");
}

/**
 * @param {State} state
 * @param {number} number
 */
function nameOf(state, number) {
  return number === MAIN ? t("主会场") : venueOf(state, number)?.name || "";
}

/**
 * @param {State} state
 * @param {number} now
 */
function drawAgenda(state, now) {
  agenda.show(state, now);
  const total = state.items.length;
  tell("[data-place-in-agenda]", total ? `${state.item + 1} / ${total}` : "");
  const next = state.items[state.item + 1];
  const note = need(hall, ".ready", HTMLElement);
  note.hidden = total === 0;
  const last = t("这是最后一项");
  const coming = next ? t("下一项：{department} {topic}", { department: next.department, topic: next.topic }) : last;
  tell("[data-next-item]", coming);
  const end = likelyEnd(state, now);
  const late = Math.ceil((end - state.ends_ms) / 60_000);
  const time = timeOfDay(end);
  note.classList.toggle("late", late > 0);
  setIcon(note, late > 0 ? "st-warn" : "st-ok");
  const words = late > 0 ? t("预计 {time} 散会，晚 {n} 分", { time, n: late }) : t("预计 {time} 散会，不拖延", { time });
  tell("[data-likely-end]", words);
  const over = clockIsOver(state, now) && Boolean(next);
  if (over && !state.goes_on) {
    const { department, topic } = next;
    tell("[data-next-item]", t("时间到了，请接下一项：{department} {topic}", { department, topic }));
  }
  tell("[data-do=pace] span", state.goes_on ? t("到点自动接下一项") : t("到点手动接下一项"));
  need(hall, "[data-do=pace]", HTMLButtonElement).disabled = total === 0;
  need(hall, "[data-do=next]", HTMLButtonElement).disabled = !next;
  need(hall, "[data-do=extend]", HTMLButtonElement).disabled = total === 0;
}

/**
 * @param {State} state
 * @param {number} now
 */
function clockIsOver(state, now) {
  return state.items.length > 0 && now > state.item_since_ms + state.item_minutes * 60_000;
}

/**
 * Show the roll call in the place of the queue while it runs, and its result until put away.
 * @param {State} state
 * @param {number} now
 */
function drawRoll(state, now) {
  const running = state.roll.named > MAIN;
  const shown = running || (state.roll.order.length > 0 && state.roll.since_ms !== known.putAway);
  need(hall, "[data-pane=floor]", HTMLElement).hidden = shown;
  need(hall, "[data-pane=roll]", HTMLElement).hidden = !shown;
  need(hall, "[data-do=roll]", HTMLElement).setAttribute("aria-pressed", String(running));
  if (!shown) return;
  tell("[data-roll-title]", running ? t("点名") : t("点名结果"));
  const place = state.roll.order.indexOf(state.roll.named) + 1;
  tell("[data-roll-place]", running ? `${place} / ${state.roll.order.length}` : "");
  roll.show(state, now, known.operator);
}

/**
 * @param {State} state
 * @param {VenueTile} tile
 */
function drawTile(state, tile) {
  const venue = venueOf(state, tile.number);
  if (!venue) return;
  const heads = venue.state === "absent" ? -1 : venue.heads;
  tile.show(tileState(state, venue, known.marks.get(venue.number)), heads, known.voices.has(venue.number) && venue.mic);
}

/**
 * @param {State} state
 * @param {number} now
 */
function drawTalk(state, now) {
  parts.showBanner(state);
  card.show(state.ballot, state.expected, { controls: known.operator });
  desk.show(known.questions, (venue) => titleOf(state, venue), now);
  const waiting = state.asked.filter((question) => !question.done).length;
  tell("[data-questions]", waiting ? t("提问 {n}", { n: waiting }) : t("提问"));
  need(hall, "[data-do=banner]", HTMLElement).setAttribute("aria-pressed", String(Boolean(state.banner)));
}

/** @param {State} state */
function drawControls(state) {
  const mute = need(hall, "[data-do=mute]", HTMLButtonElement);
  mute.setAttribute("aria-pressed", String(state.muted_all));
  const lock = need(hall, "[data-do=lock]", HTMLButtonElement);
  lock.setAttribute("aria-pressed", String(state.locked));
  say(need(lock, "span", HTMLElement), state.locked ? t("已锁会") : t("锁会"));
  const sign = chairSign(state.chair, known.own);
  const chair = need(hall, "[data-do=chair]", HTMLElement);
  chair.classList.toggle("tag--warn", sign.urgent);
  say(need(chair, "span", HTMLElement), sign.words);
  const back = need(hall, "[data-do=take_back]", HTMLButtonElement);
  const held = state.floor > MAIN;
  back.disabled = !held;
  const words = held ? t("收回 {venue} 的发言", { venue: titleOf(state, state.floor) }) : t("现在是主会场在讲");
  say(need(back, "span", HTMLElement), words);
}

/** @param {State} state */
function drawMaterial(state) {
  const button = need(hall, "[data-do=material]", HTMLButtonElement);
  const shown = state.material.item >= 0;
  const n = materials.files(state.item).length;
  button.disabled = n === 0 && !shown;
  button.setAttribute("aria-pressed", String(shown));
  button.title = n ? t("这一项有 {n} 份", { n }) : t("这一项没有材料");
  material.update(state);
}

/** Show the present item's material to all, or take it off; also where this page shows none itself. */
function useMaterial() {
  const state = known.state;
  if (state && state.material.item >= 0) command("material.hide");
  else material.toggle();
}

/**
 * @param {string} selector
 * @param {string} text
 */
function tell(selector, text) {
  say(need(hall, selector, HTMLElement), text);
}

// ---------- what people do ----------

/**
 * Send a command; what was done is said with an undo where there is one, a refusal in words.
 * @param {CommandName} type
 * @param {Record<string, unknown>} [fields]
 * @param {string} [done] what is said when it was carried out
 * @returns {Promise<boolean>} whether it was
 */
async function command(type, fields, done = "") {
  try {
    const deed = await signal.send(type, fields);
    if (done) toast.show(done, deed ? () => command("undo", { deed }, t("已撤销")) : null);
    return true;
  } catch (error) {
    toast.show(error instanceof Error ? error.message : String(error));
    return false;
  }
}

/** @param {number} venue */
async function give(venue) {
  if (known.state) await command("floor.give", { venue }, t("已请 {venue} 发言", { venue: titleOf(known.state, venue) }));
}

async function takeBack() {
  const venue = known.state ? known.state.floor : NOBODY;
  if (!known.state || venue <= MAIN) return;
  await command("floor.take_back", {}, t("已收回 {venue} 的发言", { venue: titleOf(known.state, venue) }));
}

/** @param {{venue: number, word: string}} detail */
async function decline({ venue, word }) {
  if (!known.state) return;
  const done = t("已把 {venue} 移出队列，对方可以再申请", { venue: titleOf(known.state, venue) });
  await command("floor.decline", { venue, word }, done);
}

/** @param {HTMLElement} opener */
function offerMute(opener) {
  if (known.state?.muted_all) return command("mute.lift", {}, t("各会场可以自己开话筒了"));
  const muted = t("已静音全场");
  return menu.open(opener, t("静音全场"), [
    { words: t("静音，发言要主会场同意"), run: () => command("mute.all", {}, muted) },
    { words: t("静音，可以自己再打开"), run: () => command("mute.all", { may_unmute: true }, muted) },
  ]);
}

/** @param {HTMLElement} opener */
function offerChair(opener) {
  if (!known.state) return;
  const deeds = chairDeeds(known.state.chair, known.own);
  const sign = chairSign(known.state.chair, known.own);
  menu.open(opener, sign.words, deeds.map((deed) => ({ words: deed.words, run: () => command(deed.type, deed.fields, deed.words) })));
}

/** @param {HTMLElement} opener */
function offerRoll(opener) {
  if (!known.state || known.state.roll.named > MAIN) return;
  const missed = known.state.roll.answers.filter((one) => one.answer !== "answered").map((one) => one.venue);
  /**
   * @param {number[]} venues
   * @param {number} every
   */
  const start = (venues, every) => () => command("roll.start", { venues, every }, t("开始点名"));
  const choices = [
    { words: t("全部点名，我来点下一家"), run: start([], 0) },
    { words: t("全部点名，每 10 秒一家"), run: start([], 10) },
    { words: t("全部点名，每 20 秒一家"), run: start([], 20) },
  ];
  if (missed.length) choices.unshift({ words: t("补点没应答的 {n} 家", { n: missed.length }), run: start(missed, 0) });
  menu.open(opener, t("点名时只开被点会场的话筒，点完恢复原样"), choices);
}

/** @param {HTMLElement} opener */
function offerPace(opener) {
  const { state } = known;
  if (!state) return;
  const goes_on = !state.goes_on;
  const choices = [
    {
      words: goes_on ? t("到点自动接下一项") : t("到点手动接下一项"),
      run: () => command("agenda.pace", { goes_on }, goes_on ? t("到点会自动接下一项") : t("到点由您接下一项")),
    },
    { words: t("叫下一项的人入座"), run: () => command("agenda.call_in", {}, t("已叫下一项的人入座，对方会场会响铃")) },
    { words: t("本项延 10 分"), run: () => command("agenda.extend", { minutes: 10 }, t("本项延长了 10 分")) },
  ];
  menu.open(opener, t("议题怎么接"), choices);
}

/**
 * Offer what can be done with a venue now.
 * @param {number} venue
 * @param {HTMLElement} opener
 */
function offer(venue, opener) {
  const { state, operator } = known;
  const one = state && venueOf(state, venue);
  if (!state || !one || !operator) return;
  const choices = [];
  if (state.floor === venue) choices.push({ words: t("收回发言"), run: takeBack });
  else if (one.state === "connected") choices.push({ words: t("请发言"), run: () => give(venue) });
  const name = titleOf(state, venue);
  if (placeInQueue(state, venue)) choices.push({ words: t("移出队列"), run: () => wording.open(venue, name) });
  if (one.state === "connected" && state.roll.named <= MAIN) {
    const venues = [venue];
    choices.push({ words: t("点这一家的名"), run: () => command("roll.start", { venues }, t("开始点名")) });
    const seat = `venue:${venue}`;
    if (state.chair.seat !== seat) {
      const done = t("交给 {name} 主持", { name });
      choices.push({ words: done, run: () => command("chair.hand_over", { seat }, done) });
    }
  }
  choices.push(...show.choices(state, venue));
  menu.open(opener, name, choices);
}

/**
 * Ending cannot be undone, so it takes two presses in the same place; a double click is one press.
 * @param {HTMLButtonElement} button
 * @param {MouseEvent} event
 */
function end(button, event) {
  const words = need(button, "span", HTMLElement);
  if (button.classList.contains("ctl--sure")) {
    if (event.detail < 2) command("session.end");
    return;
  }
  button.classList.add("ctl--sure");
  say(words, t("再按一次，结束全场"));
  setTimeout(() => {
    button.classList.remove("ctl--sure");
    say(words, t("结束会议"));
  }, SURE_WITHIN_MS);
}

const show = new WallShow({
  hall,
  menu,
  toast,
  state: () => known.state,
  command,
  offers: `${offers}&part=content`,
  headers,
  screen: `/live/${session}/screen`,
});

parts.wire({
  ...show.deeds,
  mute: offerMute,
  roll: offerRoll,
  chair: offerChair,
  pace: offerPace,
  lock: () => (known.state?.locked ? command("session.unlock", {}, t("已开锁")) : command("session.lock", {}, t("已锁会，名单以外的人进不来"))),
  extend: () => command("agenda.extend", { minutes: 5 }, t("本项延长了 5 分")),
  next: () => command("agenda.next", {}, t("接到了下一项")),
  take_back: takeBack,
  material: useMaterial,
  banner: () => desk.writeBanner(known.state ? known.state.banner : ""),
  ballot: () => desk.writeBallot(),
  questions: () => desk.openQuestions(),
  end,
  devices: () => devices.open(),
  reload: () => location.reload(),
  play: parts.playEverything,
});
/** @type {[string, EventTarget, CommandName, string[]][]} */
const written = [
  ["banner", desk, "banner.set", ["word"]],
  ["ballot", desk, "ballot.open", ["word", "choices", "secret"]],
  ["done", desk, "question.done", ["question"]],
  ["close", card, "ballot.close", []],
  ["clear", card, "ballot.clear", []],
];
for (const [type, source, name, fields] of written) {
  source.addEventListener(type, (event) => {
    const detail = event instanceof CustomEvent ? event.detail : {};
    command(name, Object.fromEntries(fields.map((field) => [field, detail[field]])));
  });
}
desk.addEventListener("give", (event) => {
  if (event instanceof CustomEvent) give(event.detail.venue);
});
queue.addEventListener("give", (event) => {
  if (event instanceof CustomEvent) give(event.detail.venue);
});
queue.addEventListener("choose", (event) => {
  if (event instanceof CustomEvent) offer(event.detail.venue, event.detail.button);
});
wording.addEventListener("decline", (event) => {
  if (event instanceof CustomEvent) decline(event.detail);
});
roll.addEventListener("roll", async (event) => {
  if (!(event instanceof CustomEvent)) return;
  const { type, fields, goesOn } = event.detail;
  const done = type === "roll.end" ? t("点名结束了，话筒恢复原样") : "";
  if ((await command(type, fields, done)) && goesOn) command("roll.next");
});
roll.addEventListener("close", () => {
  known.putAway = known.state ? known.state.roll.since_ms : 0;
  draw();
});
for (const tile of tiles) {
  if (tile.button) tile.button.onclick = () => offer(tile.number, /** @type {HTMLElement} */ (tile.button));
}

parts.live(signal, media, draw, () => {
  devices.open();
  setInterval(() => known.state || known.ended || signal.renew(), ASK_WHAT_IS_NEXT_MS);
});
