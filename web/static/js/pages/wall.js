// The main venue's wall: all branch venues in sight, and every control one press away.

import { ActionToast } from "../elements/action-toast.js";
import { AgendaClock } from "../elements/agenda-clock.js";
import { BallotCard } from "../elements/ballot-card.js";
import { ChoiceMenu } from "../elements/choice-menu.js";
import { FloorQueue } from "../elements/floor-queue.js";
import { TalkDesk } from "../elements/talk-desk.js";
import { VenueTile } from "../elements/venue-tile.js";
import { countDown, dayName, ServerClock, timeOfDay } from "../lib/clock.js";
import { DeviceKeeper } from "../lib/devices.js";
import { need, say, setIcon, watch } from "../lib/el.js";
import { figures, lasting, likelyEnd, tileState, timeWithSeconds } from "../lib/hall.js";
import { freshClientId } from "../lib/retry.js";
import { MAIN, NOBODY, numeral, placeInQueue, titleOf, venueOf } from "../lib/room.js";
import { MediaLink } from "../lib/rtc.js";
import { Signal } from "../lib/signal.js";
import { t } from "../lib/words.js";
import * as parts from "./parts.js";

/** @import { State, Waiting, Message, CommandName, QuestionNow } from "../lib/protocol.js" */

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
const queue = need(hall, "floor-queue", FloorQueue);
const agenda = need(hall, "agenda-clock", AgendaClock);
const toast = need(hall, "action-toast", ActionToast);
const menu = parts.part("choice-menu", ChoiceMenu);
const card = need(hall, "ballot-card", BallotCard);
const desk = parts.part("talk-desk", TalkDesk);
const tiles = /** @type {VenueTile[]} */ (parts.all("venue-tile"));

/** What is known now; the page is drawn from it. */
const known = {
  /** @type {State | null} */
  state: null,
  /** @type {Waiting | null} */
  waiting: null,
  /** @type {Set<number>} */
  voices: new Set(),
  operator: false,
  /** @type {QuestionNow[]} */
  questions: [],
  attempts: 0,
  mediaAttempts: 0,
  replaced: false,
  ended: was === "CLOSED" || was === "ARCHIVED",
};

/** @type {ReturnType<typeof setTimeout> | undefined} */
let comingBack;
const client = freshClientId();
const signal = new Signal(parts.socketAddress(), { client, session }, { message: hear, link, unknown });
const media = new MediaLink(
  `/rtc?client=${client}&session=${session}`,
  { "X-CSRF-Token": csrf },
  1 + tiles.length,
  {
    slot(kind, slot, stream) {
      if (kind === "audio") listen(slot, stream);
      else if (slot === 0) watch(bigVideo, stream);
      else tiles[slot - 1].watch(stream);
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
  parts.showOwn(found, true);
  media.publish(found.stream);
});

/**
 * @param {number} slot
 * @param {MediaStream} stream
 */
function listen(slot, stream) {
  const place = parts.voices()[slot];
  watch(place, stream);
  parts.play([place]);
}

/** @param {Message} message */
function hear(message) {
  if ("now_ms" in message) clock.heard(message.now_ms);
  switch (message.type) {
    case "welcome":
      known.operator = message.operator;
      document.body.classList.toggle("watching", !message.operator);
      break;
    case "state":
      known.state = message;
      known.ended = false;
      if (!known.replaced) media.start();
      if (venueOf(message, MAIN)?.state === "lost") media.doubt();
      break;
    case "waiting":
      known.waiting = message;
      leave();
      break;
    case "ended":
      known.ended = true;
      leave();
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
  if (known.replaced) drawReplaced();
  else if (known.state) drawHall(known.state);
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

/** @param {State} state */
function drawHall(state) {
  const now = clock.now();
  parts.showView("hall");
  drawBar(state, now);
  drawBig(state, now);
  drawAgenda(state, now);
  queue.show(state, now, known.operator);
  for (const tile of tiles) drawTile(state, tile);
  drawControls(state);
  drawTalk(state, now);
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
  tell("[data-missing]", missingWords(state));
  const asking = need(hall, "[data-asking]", HTMLElement);
  asking.hidden = state.queue.length === 0;
  if (state.queue.length) say(need(asking, "span", HTMLElement), t("{n} 家在等", { n: state.queue.length }));
}

/**
 * Return who is not to be seen, and why; or that all are here.
 * @param {State} state
 */
function missingWords(state) {
  const { absentees, broken, expected } = figures(state);
  if (absentees.length + broken.length === 0) return t("{n} 家都到了", { n: expected });
  const [absent, lost] = [absentees, broken].map((venues) =>
    venues.map((venue) => titleOf(state, venue.number)).join(t("、")),
  );
  const words = [];
  if (absent) words.push(t("未到：{names}", { names: absent }));
  if (lost) words.push(t("断线重连：{names}", { names: lost }));
  return words.join("　");
}

/**
 * @param {State} state
 * @param {number} now
 */
function drawBig(state, now) {
  const holder = state.floor > MAIN ? venueOf(state, state.floor) : undefined;
  big.dataset.shows = holder ? "branch" : "main";
  big.dataset.venue = String(holder ? holder.number : MAIN);
  big.classList.toggle("venue--speaking", Boolean(holder));
  tell("[data-speaker]", holder ? t("发言中 · 全场都看到") : t("主会场正在讲"));
  tell("[data-number]", holder ? numeral(holder.number) : "");
  tell("[data-place]", holder ? holder.name : [t("主会场"), state.hall].filter(Boolean).join(" · "));
  const spoken = lasting((now - state.floor_since_ms) / 1000);
  tell("[data-said]", holder ? t("已说 {length}", { length: spoken }) : "");
  tell(".big [data-heads]", holder && holder.heads >= 0 ? t("{n} 人", { n: holder.heads }) : "");
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
  need(hall, "[data-do=next]", HTMLButtonElement).disabled = !next;
  need(hall, "[data-do=extend]", HTMLButtonElement).disabled = total === 0;
}

/**
 * @param {State} state
 * @param {VenueTile} tile
 */
function drawTile(state, tile) {
  const venue = venueOf(state, tile.number);
  if (!venue) return;
  const heads = venue.state === "absent" ? -1 : venue.heads;
  tile.show(tileState(state, venue), heads, known.voices.has(venue.number) && venue.mic);
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
  const back = need(hall, "[data-do=take_back]", HTMLButtonElement);
  const held = state.floor > MAIN;
  back.disabled = !held;
  const words = held ? t("收回 {venue} 的发言", { venue: titleOf(state, state.floor) }) : t("现在是主会场在讲");
  say(need(back, "span", HTMLElement), words);
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
 * @param {CommandName} type
 * @param {Record<string, unknown>} [fields]
 * @returns {Promise<boolean>} whether it was carried out; a refusal is shown in words
 */
async function command(type, fields) {
  try {
    await signal.send(type, fields);
    return true;
  } catch (error) {
    toast.show(error instanceof Error ? error.message : String(error));
    return false;
  }
}

/** @param {number} venue */
async function give(venue) {
  const before = known.state ? known.state.floor : NOBODY;
  if (!known.state || !(await command("floor.give", { venue }))) return;
  const name = titleOf(known.state, venue);
  const undo = () => (before > MAIN ? command("floor.give", { venue: before }) : command("floor.take_back"));
  toast.show(t("已请 {venue} 发言", { venue: name }), undo);
}

async function takeBack() {
  const venue = known.state ? known.state.floor : NOBODY;
  if (!known.state || venue <= MAIN || !(await command("floor.take_back"))) return;
  const name = titleOf(known.state, venue);
  toast.show(t("已收回 {venue} 的发言", { venue: name }), () => command("floor.give", { venue }));
}

/** @param {number} venue */
async function decline(venue) {
  if (!known.state || !(await command("floor.decline", { venue }))) return;
  toast.show(t("已把 {venue} 移出队列，对方可以再申请", { venue: titleOf(known.state, venue) }));
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
  if (placeInQueue(state, venue)) choices.push({ words: t("移出队列"), run: () => decline(venue) });
  const name = titleOf(state, venue);
  if (choices.length) menu.open(opener, name, choices);
  else if (one.state === "lost") toast.show(t("{venue} 断线了，正在自动重连，接上再请。", { venue: name }));
  else toast.show(t("{venue} 还没有到，叫不到人。", { venue: name }));
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

parts.wire({
  mute: () => command(known.state && known.state.muted_all ? "mute.lift" : "mute.all"),
  extend: async () => {
    if (await command("agenda.extend", { minutes: 5 })) toast.show(t("本项延长了 5 分"));
  },
  next: () => command("agenda.next"),
  take_back: takeBack,
  banner: () => desk.writeBanner(known.state ? known.state.banner : ""),
  ballot: () => desk.writeBallot(),
  questions: () => desk.openQuestions(),
  end,
  devices: () => devices.open(),
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
for (const tile of tiles) {
  if (tile.button) tile.button.onclick = () => offer(tile.number, /** @type {HTMLElement} */ (tile.button));
}

parts.live(signal, media, draw, () => {
  devices.open();
  setInterval(() => known.state || known.ended || signal.renew(), ASK_WHAT_IS_NEXT_MS);
});
