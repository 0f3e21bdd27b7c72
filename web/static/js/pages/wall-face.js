// How the wall shows a session: bar, big picture, panes, tiles and the looks of its controls.

import { AgendaClock } from "../elements/agenda-clock.js";
import { BallotCard } from "../elements/ballot-card.js";
import { FloorQueue } from "../elements/floor-queue.js";
import { PicturePanes } from "../elements/picture-panes.js";
import { RecordingMark } from "../elements/recording-mark.js";
import { RollCall } from "../elements/roll-call.js";
import { TalkDesk } from "../elements/talk-desk.js";
import { VenueTile } from "../elements/venue-tile.js";
import { chairSign } from "../lib/chair.js";
import { timeOfDay } from "../lib/clock.js";
import { need, say, setIcon } from "../lib/el.js";
import { wallFlag } from "../lib/hall-show.js";
import { figures, lasting, likelyEnd, tileState, timeWithSeconds } from "../lib/hall.js";
import { MAIN, numeral, titleOf, venueOf } from "../lib/room.js";
import { largePane } from "../lib/show.js";
import { t } from "../lib/words.js";
import * as parts from "./parts.js";

/** @import { Materials } from "../lib/materials.js" */
/** @import { State, View, Mark, Waiting, QuestionNow } from "../lib/protocol.js" */

/**
 * @typedef {object} Known what the wall knows now; it is drawn from it
 * @property {State | null} state
 * @property {Waiting | null} waiting
 * @property {View | null} view
 * @property {Map<number, Mark>} marks
 * @property {Set<number>} voices
 * @property {boolean} operator
 * @property {QuestionNow[]} questions
 * @property {import("../lib/chair.js").Own} own
 * @property {number} putAway since when the result on show has been put away, by the moment the roll
 *   call ended
 * @property {number} attempts
 * @property {number} mediaAttempts
 * @property {boolean} replaced
 * @property {boolean} ended
 */

/**
 * @typedef {object} Page what drawing needs of the page
 * @property {HTMLElement} hall
 * @property {Known} known
 * @property {MediaStream[]} pictures by their slots: the big one, the tiles in order, a small one
 * @property {() => MediaStream | null} own the page's own camera
 * @property {Materials} materials
 * @property {parts.MaterialPlace} material
 */

/**
 * Return what draws a state on the wall, at a moment in unix milliseconds.
 * @param {Page} page
 * @returns {(state: State, now: number) => void}
 */
export function wallFace({ hall, known, pictures, own, materials, material }) {
  const big = need(hall, ".big", HTMLElement);
  const panes = need(hall, "picture-panes", PicturePanes);
  const queue = need(hall, "floor-queue", FloorQueue);
  const agenda = need(hall, "agenda-clock", AgendaClock);
  const card = need(hall, "ballot-card", BallotCard);
  const desk = parts.part("talk-desk", TalkDesk);
  const roll = need(hall, "roll-call", RollCall);
  const tiles = /** @type {VenueTile[]} */ (parts.all("venue-tile"));

  /**
   * @param {State} state
   * @param {number} now
   */
  function draw(state, now) {
    drawBar(state, now);
    drawBig(state, now);
    drawAgenda(state, now);
    queue.show(state, now, known.operator);
    drawRoll(state, now);
    for (const tile of tiles) drawTile(state, tile, now);
    drawControls(state);
    drawTalk(state, now);
    drawMaterial(state);
  }

  /**
   * @param {State} state
   * @param {number} now
   */
  function drawBar(state, now) {
    const count = figures(state);
    for (const figure of /** @type {const} */ (["expected", "present", "lost", "excused", "absent", "heads"])) {
      const place = need(hall, `[data-figure=${figure}]`, HTMLElement);
      say(place, String(count[figure]));
      const seldom = figure === "lost" || figure === "excused";
      if (seldom && place.parentElement) place.parentElement.hidden = count[figure] === 0;
    }
    tell("[data-now]", timeWithSeconds(now));
    const line = need(hall, "[data-line]", HTMLElement);
    line.hidden = known.attempts === 0;
    if (known.attempts) say(need(line, "span", HTMLElement), t("正在重连服务器（第 {attempt} 次）", { attempt: known.attempts }));
    const observers = need(hall, "[data-observers]", HTMLElement);
    observers.hidden = state.observers === 0;
    if (state.observers) say(observers, t("旁听 {n}", { n: state.observers }));
    need(hall, "recording-mark", RecordingMark).show(state.recording, state.session, now);
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
    panes.show(view, { slot: (slot) => pictures[slot] || null, own: own(), name: (number) => nameOf(state, number) });
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
    hall.classList.toggle("calling", running);
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
   * @param {number} now
   */
  function drawTile(state, tile, now) {
    const venue = venueOf(state, tile.number);
    if (!venue) return;
    const heads = venue.state === "absent" ? -1 : venue.heads;
    const look = tileState(state, venue, known.marks.get(venue.number), now);
    tile.show(look, heads, known.voices.has(venue.number) && venue.mic);
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
    say(need(mute, "span", HTMLElement), state.muted_all ? t("放开静音") : t("静音全场"));
    const lock = need(hall, "[data-do=lock]", HTMLButtonElement);
    lock.setAttribute("aria-pressed", String(state.locked));
    say(need(lock, "span", HTMLElement), state.locked ? t("已锁会") : t("锁会"));
    const record = need(hall, "[data-do=record]", HTMLButtonElement);
    record.setAttribute("aria-pressed", String(state.recording.on));
    say(need(record, "span", HTMLElement), state.recording.on ? t("停止录像") : t("录像"));
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

  /**
   * @param {string} selector
   * @param {string} text
   */
  function tell(selector, text) {
    say(need(hall, selector, HTMLElement), text);
  }

  return draw;
}
