// What a state of the conference means on the wall: figures, flags of tiles, the likely end.
// Pure: a state and a moment in, values out.

import { atSite, two } from "./clock.js";
import { itemClock, MAIN, onStage, placeInQueue } from "./room.js";
import { t } from "./words.js";

/** @import { Mark, State, VenueNow } from "./protocol.js" */

/** For how long the wall shows who did not answer a prompt. */
const MISSED_FOR_MS = 300_000;

/**
 * Return the figures of the bar. Branch venues only: those expected, those that came (also when
 * their line is being mended now), those whose line is down, those on leave that did not come,
 * those that are missing, and the people counted so far; `broken` and `absentees` are the venues
 * behind two of the figures.
 * @param {State} state
 */
export function figures(state) {
  const branches = state.venues.filter((venue) => venue.number !== MAIN);
  const away = branches.filter((venue) => venue.state === "absent");
  const absent = away.filter((venue) => !venue.leave);
  const broken = branches.filter((venue) => venue.state === "lost");
  return {
    expected: branches.length,
    present: branches.length - away.length,
    lost: broken.length,
    excused: away.length - absent.length,
    absent: absent.length,
    heads: branches.reduce((sum, venue) => sum + Math.max(0, venue.heads), 0),
    absentees: absent,
    broken,
  };
}

/**
 * @typedef {"speaking" | "floor" | "back" | "absent" | "excused" | "open" | "poor" | "weak" | ""} Look
 * @typedef {{look: Look, icon: string, words: string}} TileState `words` is empty where all is as usual
 */

/**
 * Return what the flag of a tile says: the line first, then the floor, then how well the venue
 * comes through, then the microphone.
 * @param {State} state
 * @param {VenueNow} venue
 * @param {Mark} [mark]
 * @param {number} [nowMs]
 * @returns {TileState}
 */
export function tileState(state, venue, mark = "good", nowMs = 0) {
  if (venue.state === "absent") return absentState(venue);
  if (venue.state === "lost") return { look: "back", icon: "i-refresh", words: t("正在重连#牌") };
  if (state.show.broadcast === venue.number) return { look: "speaking", icon: "i-broadcast", words: t("广播中") };
  if (state.roll.named === venue.number) return { look: "speaking", icon: "i-roll", words: t("正在点名") };
  if (onStage(state) === venue.number) return { look: "speaking", icon: "i-mic", words: t("发言中") };
  if (placeInQueue(state, venue.number)) return { look: "floor", icon: "i-hand", words: t("申请发言#牌") };
  if (missedPrompt(state, venue.number, nowMs)) return { look: "poor", icon: "st-warn", words: t("点到没应") };
  const poor = MARKS[mark];
  if (poor) return { look: poor.look, icon: "st-warn", words: poor.words() };
  if (venue.mic && venue.number !== MAIN) return { look: "open", icon: "i-mic", words: t("话筒开着") };
  return { look: "", icon: "", words: "" };
}

/** @type {Record<Mark, {look: Look, words: () => string} | null>} */
const MARKS = {
  good: null,
  weak: { look: "poor", words: () => t("网络弱") },
  voice: { look: "weak", words: () => t("没有画面") },
  mute: { look: "poor", words: () => t("没有声音") },
  nothing: { look: "weak", words: () => t("没有声音画面") },
};

/**
 * @param {VenueNow} venue
 * @returns {TileState}
 */
function absentState(venue) {
  if (venue.leave) return { look: "excused", icon: "st-half", words: t("请假") };
  if (!venue.called) return { look: "absent", icon: "st-bad", words: t("未到") };
  const words = venue.called === "rung" ? t("未到·已呼叫") : t("未到·没开机");
  return { look: "absent", icon: "i-call", words };
}

/**
 * Return when the session will end if every item keeps to its minutes, in unix milliseconds.
 * @param {State} state
 * @param {number} nowMs
 */
export function likelyEnd(state, nowMs) {
  const rest = state.items.slice(state.item + 1).reduce((sum, item) => sum + item.minutes, 0);
  const left = state.items.length ? Math.max(0, itemClock(state, nowMs).left) : 0;
  return nowMs + left * 1000 + rest * 60_000;
}

/**
 * Return "14:00:05" at the site.
 * @param {number} ms unix milliseconds
 */
export function timeWithSeconds(ms) {
  return atSite(ms, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/**
 * Return "1 分 05 秒", "45 秒" or "1 小时 05 分".
 * @param {number} seconds
 */
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours) return t("{h} 小时 {m} 分", { h: hours, m: two(minutes) });
  if (minutes) return t("{m} 分 {s} 秒", { m: minutes, s: two(whole % 60) });
  return t("{s} 秒", { s: whole });
}

/**
 * Tell whether a venue let the last prompt pass, not long ago.
 * @param {State} state
 * @param {number} number
 * @param {number} nowMs
 */
export function missedPrompt(state, number, nowMs) {
  const { prompt } = state;
  const over = nowMs >= prompt.until_ms && nowMs < prompt.until_ms + MISSED_FOR_MS;
  return over && prompt.venues.includes(number) && !prompt.answered.includes(number);
}

/**
 * Return what a roll call came to: how many are called, answered, were silent, were not there,
 * and whose turn never came.
 * @param {State} state
 */
export function rollResult(state) {
  const { answers, order } = state.roll;
  const silent = answers.filter((one) => one.answer === "silent");
  const absent = answers.filter((one) => one.answer === "absent");
  return {
    called: order.length,
    answered: answers.length - silent.length - absent.length,
    silent: silent.length,
    absent: absent.length,
    skipped: order.length - answers.length,
  };
}

/**
 * Return what the wall's menu says of random prompts: whether they are on, and how the last went.
 * @param {State} state
 * @param {number} nowMs
 */
export function promptWords(state, nowMs) {
  const { prompt } = state;
  const on = prompt.every ? t("随机点到（大约每 {n} 分钟）", { n: prompt.every }) : t("随机点到（没有开）");
  if (!prompt.venues.length) return on;
  const result = { n: prompt.answered.length, all: prompt.venues.length };
  const last = nowMs < prompt.until_ms ? t("正在点，{n} / {all} 家应了", result) : t("上次 {n} / {all} 家应了", result);
  return `${on} · ${last}`;
}

/**
 * Return what the wall is told when prompts were asked, and when all have answered.
 * @param {State} before
 * @param {State} after
 */
export function promptNews(before, after) {
  const { prompt } = after;
  if (!prompt.venues.length) return "";
  if (before.prompt.asked_ms !== prompt.asked_ms) return t("随机点到：请 {n} 家点“我们在”", { n: prompt.venues.length });
  const all = prompt.answered.length === prompt.venues.length;
  if (all && before.prompt.answered.length < prompt.answered.length) return t("随机点到：{n} 家都应了", { n: prompt.venues.length });
  return "";
}
