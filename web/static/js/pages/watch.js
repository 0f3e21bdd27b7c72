// The pages that only watch: an observer's by its link, and the main venue's second screen with the
// big picture or the tiles alone. They send nothing and hold nobody's place.

import { PicturePanes } from "../elements/picture-panes.js";
import { RecordingMark } from "../elements/recording-mark.js";
import { VenueTile } from "../elements/venue-tile.js";
import { dayName, ServerClock, timeOfDay } from "../lib/clock.js";
import { need, say, watch } from "../lib/el.js";
import { tileState } from "../lib/hall.js";
import { wallFlag } from "../lib/hall-show.js";
import { freshClientId } from "../lib/retry.js";
import { MAIN, NOBODY, titleOf, venueOf } from "../lib/room.js";
import { WatchLink } from "../lib/rtc.js";
import { flagWords, largePane } from "../lib/show.js";
import { Signal } from "../lib/signal.js";
import { t } from "../lib/words.js";
import * as parts from "./parts.js";

/** @import { Mark, Message, State, View, Waiting } from "../lib/protocol.js" */

const ASK_WHAT_IS_NEXT_MS = 60_000;
const MOST_PICTURES = 34;
/** What is said when the server lets nobody in for now. @type {Record<string, () => [string, string, string]>} */
const REFUSALS = {
  observers_full: () => ["i-eye", t("旁听满了"), t("有人离开就会自己进去，您不用操作。")],
  session_locked: () => ["i-lock", t("已锁会，名单以外的人进不来"), t("开锁以后会自己进去，您不用操作。")],
};
const { session = "", observer = "", window: name = "", csrf = "" } = document.body.dataset;
const tiles = /** @type {VenueTile[]} */ (parts.all("venue-tile"));
const hall = parts.part("[data-view=hall]", HTMLElement);
const bigVideo = hall.querySelector("video");
const panes = hall.querySelector("picture-panes");
const mark = hall.querySelector("recording-mark");
const clock = new ServerClock();

/** What is known now; the page is drawn from it. */
const known = {
  /** @type {State | null} */
  state: null,
  /** @type {View | null} */
  view: null,
  /** @type {Waiting | null} */
  waiting: null,
  /** @type {Map<number, Mark>} */
  marks: new Map(),
  /** @type {Set<number>} */
  voices: new Set(),
  mediaAttempts: 0,
  ended: false,
  /** The code of the refusal by which the server lets nobody in, empty otherwise. */
  refusal: "",
};
/** @type {MediaStream[]} */
const pictures = [];

const client = freshClientId();
const hello = observer ? { client, observer } : { client, session: Number(session), window: name };
const signal = new Signal(parts.socketAddress(), hello, { message: hear, link: draw, unknown });
const media = new WatchLink(
  `/rtc?client=${client}&session=${session}&part=${observer ? "observer" : name}`,
  observer ? { Authorization: `Bearer ${observer}` } : { "X-CSRF-Token": csrf },
  tiles.length || MOST_PICTURES,
  {
    slot(kind, slot, stream) {
      if (kind === "video") pictures[slot] = stream;
      // a second screen stands beside the wall, which is heard already
      else if (observer) listen(slot, stream);
    },
    state(_state, attempts) {
      known.mediaAttempts = attempts;
      if (!attempts) known.refusal = "";
      draw();
    },
    refused(code) {
      known.refusal = code in REFUSALS ? code : "";
      draw();
      return true;
    },
  },
);

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
    case "state":
      known.state = message;
      known.ended = false;
      media.start();
      break;
    case "view":
      known.view = message;
      break;
    case "quality":
      known.marks.set(message.venue, message.mark);
      break;
    case "voices":
      known.voices = new Set(message.venues);
      break;
    case "waiting":
      known.waiting = message;
      leave();
      break;
    case "ended":
      known.ended = true;
      leave();
      break;
    default:
  }
  draw();
}

function leave() {
  known.state = null;
  media.stop();
}

function unknown() {
  media.stop();
  if (observer) parts.showCalm("i-key", t("旁听链接已经收回"), t("请向会务要新的链接。"));
  else parts.showCalm("i-key", t("请重新登录"), t("离开得久了，登录已经过期。会照常开着。"));
}

function draw() {
  if (signal.stopped) return;
  const refusal = known.state && REFUSALS[known.refusal];
  // who was not let in has nothing to start
  if (refusal) parts.part(".start", HTMLElement).hidden = true;
  if (refusal) parts.showCalm(...refusal());
  else if (known.state) drawHall(known.state);
  else if (known.ended) parts.showCalm("i-check", t("会开完了，谢谢大家"), "");
  else if (known.waiting) drawWaiting(known.waiting);
}

/** @param {Waiting} waiting */
function drawWaiting(waiting) {
  if (!waiting.session) return parts.showCalm("i-calendar", t("会还没有开"), t("开会以后这里会自己打开。"));
  const when = `${dayName(waiting.starts_ms, clock.now())} ${timeOfDay(waiting.starts_ms)}`;
  return parts.showCalm("i-calendar", waiting.title, t("{when}，开会以后这里会自己打开。", { when }));
}

/** @param {State} state */
function drawHall(state) {
  parts.showView("hall");
  parts.showMending(known.mediaAttempts);
  tiles.forEach((tile, index) => drawTile(state, tile, index));
  if (!(bigVideo && panes instanceof PicturePanes)) return;
  if (mark instanceof RecordingMark) mark.show(state.recording, state.session, clock.now());
  const { view } = known;
  const large = largePane(view);
  panes.show(view, {
    slot: (slot) => pictures[slot] || null,
    own: null,
    name: (venue) => titleOf(state, venue).replace(/^\d+ /, ""),
  });
  watch(bigVideo, view?.layout === "1" ? pictures[0] || null : null);
  say(need(hall, "[data-flag]", HTMLElement), observer ? flagWords(state, view, NOBODY) : wallFlag(state, view));
  const shown = large ? large.venue : NOBODY;
  const place = shown === MAIN ? [t("主会场"), state.hall].filter(Boolean).join(" · ") : titleOf(state, shown);
  // where all pictures are alike each has its own name below it
  need(hall, ".big > .venue__bar", HTMLElement).hidden = Boolean(view) && !large;
  say(need(hall, "[data-place]", HTMLElement), large ? place : "");
  const item = state.items[state.item];
  say(
    need(hall, "[data-topic]", HTMLElement),
    item ? t("{department}：{topic}", { department: item.department, topic: item.topic }) : "",
  );
}

/**
 * @param {State} state
 * @param {VenueTile} tile
 * @param {number} index
 */
function drawTile(state, tile, index) {
  const venue = venueOf(state, tile.number);
  if (!venue) return;
  if (pictures[index] && tile.video) watch(tile.video, pictures[index]);
  const heads = venue.state === "absent" ? -1 : venue.heads;
  tile.show(tileState(state, venue, known.marks.get(venue.number)), heads, known.voices.has(venue.number) && venue.mic);
}

parts.wire({ play: parts.playEverything });
parts.live(signal, media, draw, () => {
  parts.playEverything();
  setInterval(() => known.state || known.ended || signal.renew(), ASK_WHAT_IS_NEXT_MS);
});
