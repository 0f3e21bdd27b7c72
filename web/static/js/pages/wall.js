// The main venue's wall: all branch venues in sight, and every control one press away.

import { ActionToast } from "../elements/action-toast.js";
import { BallotCard } from "../elements/ballot-card.js";
import { ChoiceMenu } from "../elements/choice-menu.js";
import { DeclineWord } from "../elements/decline-word.js";
import { FloorQueue } from "../elements/floor-queue.js";
import { RecordingDesk } from "../elements/recording-desk.js";
import { RollCall } from "../elements/roll-call.js";
import { TalkDesk } from "../elements/talk-desk.js";
import { VenueTile } from "../elements/venue-tile.js";
import { mayControl } from "../lib/chair.js";
import { countDown, dayName, ServerClock, timeOfDay } from "../lib/clock.js";
import { DeviceKeeper } from "../lib/devices.js";
import { need, say } from "../lib/el.js";
import { promptNews } from "../lib/hall.js";
import { Materials } from "../lib/materials.js";
import { chairNews } from "../lib/news.js";
import { freshClientId } from "../lib/retry.js";
import { MAIN, venueOf } from "../lib/room.js";
import { MediaLink } from "../lib/rtc.js";
import { Signal } from "../lib/signal.js";
import { t } from "../lib/words.js";
import * as parts from "./parts.js";
import { wallDeeds } from "./wall-deeds.js";
import { wallFace } from "./wall-face.js";
import { WallShow } from "./wall-show.js";

/** @import { State, Waiting, Message, CommandName } from "../lib/protocol.js" */
/** @import { Known } from "./wall-face.js" */

const ASK_WHAT_IS_NEXT_MS = 60_000;
const LEFT_FOR_GOOD_MS = 20_000;
const { session: sessionId = "", state: was = "", csrf = "", scope = "" } = document.body.dataset;
const session = Number(sessionId);
const clock = new ServerClock();

const hall = parts.part("[data-view=hall]", HTMLElement);
const calm = parts.part("[data-view=calm]", HTMLElement);
const big = need(hall, ".big", HTMLElement);
const bigVideo = need(hall, "video[data-big]", HTMLVideoElement);
const queue = need(hall, "floor-queue", FloorQueue);
const toast = need(hall, "action-toast", ActionToast);
const menu = parts.part("choice-menu", ChoiceMenu);
const card = need(hall, "ballot-card", BallotCard);
const desk = parts.part("talk-desk", TalkDesk);
const tapes = parts.part("recording-desk", RecordingDesk);
const roll = need(hall, "roll-call", RollCall);
const wording = parts.part("decline-word", DeclineWord);
const tiles = /** @type {VenueTile[]} */ (parts.all("venue-tile"));

const materials = new Materials((number) => `/sessions/${number}/materials`, () => draw());
const material = new parts.MaterialPlace(big, materials, () => (known.operator ? showing : null));
const showing = {
  /** @param {number} item @param {{file: string, page: number}} leaf */
  show: (item, leaf) => deeds.command("material.show", { item, ...leaf }),
  hide: () => deeds.command("material.hide"),
};

/** @type {Known} */
const known = {
  state: null,
  waiting: null,
  view: null,
  marks: new Map(),
  voices: new Set(),
  operator: false,
  questions: [],
  own: { seat: "", rank: "VENUE" },
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
  need(calm, "[data-over]", HTMLElement).hidden = false;
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
  else if (before && promptNews(before, after)) toast.show(promptNews(before, after));
}

/** @param {State} state */
function drawHall(state) {
  const now = clock.now();
  known.operator = mayControl(state.chair, known.own);
  document.body.classList.toggle("watching", !known.operator);
  parts.showView("hall");
  drawFace(state, now);
  // the leader and the operator may sit at two computers; one of them has picture and sound
  need(hall, "[data-elsewhere]", HTMLElement).hidden = !known.replaced;
  document.body.classList.toggle("elsewhere", known.replaced);
  show.draw(state);
  parts.showMending(known.mediaAttempts);
}

/** Show the present item's material to all, or take it off; also where this page shows none itself. */
function useMaterial() {
  const state = known.state;
  if (state && state.material.item >= 0) command("material.hide");
  else material.toggle();
}

const drawFace = wallFace({ hall, known, pictures, own: () => own, materials, material });
const deeds = wallDeeds({
  known,
  signal,
  now: () => clock.now(),
  toast,
  menu,
  wording,
  choices: (state, venue) => show.choices(state, venue),
});
const { command } = deeds;
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
  mute: deeds.offerMute,
  roll: deeds.offerRoll,
  chair: deeds.offerChair,
  pace: deeds.offerPace,
  lock: () => (known.state?.locked ? command("session.unlock", {}, t("已开锁")) : command("session.lock", {}, t("已锁会，名单以外的人进不来"))),
  extend: () => command("agenda.extend", { minutes: 5 }, t("本项延长了 5 分")),
  next: () => command("agenda.next", {}, t("接到了下一项")),
  take_back: deeds.takeBack,
  material: useMaterial,
  banner: () => desk.writeBanner(known.state ? known.state.banner : ""),
  ballot: () => desk.writeBallot(),
  questions: () => desk.openQuestions(),
  record: () => known.state && tapes.open(known.state.recording, known.state.venues, scope),
  end: deeds.end,
  devices: () => devices.open(),
  reload: () => location.reload(),
  play: parts.playEverything,
});
/** @type {[string, EventTarget, CommandName, string[]][]} */
const written = [
  ["banner", desk, "banner.set", ["word"]],
  ["ballot", desk, "ballot.open", ["word", "choices", "secret"]],
  ["done", desk, "question.done", ["question"]],
  ["start", tapes, "recording.start", ["at", "word", "venues"]],
  ["stop", tapes, "recording.stop", ["word"]],
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
  if (event instanceof CustomEvent) deeds.give(event.detail.venue);
});
queue.addEventListener("give", (event) => {
  if (event instanceof CustomEvent) deeds.give(event.detail.venue);
});
queue.addEventListener("choose", (event) => {
  if (event instanceof CustomEvent) deeds.offer(event.detail.venue, event.detail.button);
});
wording.addEventListener("decline", (event) => {
  if (event instanceof CustomEvent) deeds.decline(event.detail);
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
  if (tile.button) tile.button.onclick = () => deeds.offer(tile.number, /** @type {HTMLElement} */ (tile.button));
}

parts.live(signal, media, draw, () => {
  devices.open();
  setInterval(() => known.state || known.ended || signal.renew(), ASK_WHAT_IS_NEXT_MS);
});
