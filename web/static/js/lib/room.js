// What a state of the conference means on screen: figures, words of tiles, the agenda's clock.
// Pure: a state and a moment in, values out.

import { t } from "./words.js";

/** @typedef {import("./protocol.js").State} State */
/** @typedef {import("./protocol.js").VenueNow} VenueNow */

export const MAIN = 0;
export const NOBODY = -1;

/**
 * Return how venues are numbered on screens: "05".
 * @param {number} number
 */
export function numeral(number) {
  return String(number).padStart(2, "0");
}

/**
 * @param {State} state
 * @param {number} number
 * @returns {VenueNow | undefined}
 */
export function venueOf(state, number) {
  return state.venues.find((venue) => venue.number === number);
}

/**
 * Return how a venue is called: "12 杏雨里", or the main venue's name alone.
 * @param {State} state
 * @param {number} number
 */
export function titleOf(state, number) {
  const venue = venueOf(state, number);
  if (number === MAIN || number === NOBODY) return t("主会场");
  return venue ? `${numeral(number)} ${venue.name}` : numeral(number);
}

/**
 * Return the figures of the bar. Branch venues only: those expected, those that came (also when
 * their line is being mended now), those whose line is down, those that never came, and the people
 * counted so far.
 * @param {State} state
 */
export function figures(state) {
  const branches = state.venues.filter((venue) => venue.number !== MAIN);
  const absent = branches.filter((venue) => venue.state === "absent");
  return {
    expected: branches.length,
    present: branches.length - absent.length,
    lost: branches.filter((venue) => venue.state === "lost").length,
    absent: absent.length,
    heads: branches.reduce((sum, venue) => sum + Math.max(0, venue.heads), 0),
    absentees: absent,
  };
}

/**
 * @typedef {"speaking" | "floor" | "back" | "absent" | "open" | ""} Look
 * @typedef {{look: Look, icon: string, words: string}} TileState `words` is empty where all is as usual
 */

/**
 * Return what the flag of a tile says: the line first, then the floor, then the microphone.
 * @param {State} state
 * @param {VenueNow} venue
 * @returns {TileState}
 */
export function tileState(state, venue) {
  if (venue.state === "absent") return { look: "absent", icon: "st-bad", words: t("未到") };
  if (venue.state === "lost") return { look: "back", icon: "i-refresh", words: t("正在重连#牌") };
  if (state.floor === venue.number) return { look: "speaking", icon: "i-mic", words: t("发言中") };
  if (placeInQueue(state, venue.number)) return { look: "floor", icon: "i-hand", words: t("申请发言#牌") };
  if (venue.mic && venue.number !== MAIN) return { look: "open", icon: "i-mic", words: t("话筒开着") };
  return { look: "", icon: "", words: "" };
}

/**
 * Return a venue's place in the queue for the floor, from 1; 0 when it does not ask.
 * @param {State} state
 * @param {number} number
 */
export function placeInQueue(state, number) {
  return state.queue.findIndex((asking) => asking.venue === number) + 1;
}

/**
 * Return the present item's clock: seconds used, allotted and left (negative when over), and the
 * share used between 0 and 1.
 * @param {State} state
 * @param {number} nowMs
 */
export function itemClock(state, nowMs) {
  const used = Math.max(0, (nowMs - state.item_since_ms) / 1000);
  const allotted = state.item_minutes * 60;
  return { used, allotted, left: allotted - used, share: allotted ? Math.min(1, used / allotted) : 0 };
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
 * What the branch's first button does now. While the venue holds the floor the button is its
 * microphone; without the floor it asks, or takes the asking back.
 * @param {State} state
 * @param {number} number
 * @returns {"ask" | "asked" | "open" | "closed"}
 */
export function floorButton(state, number) {
  const mic = Boolean(venueOf(state, number)?.mic);
  if (state.floor === number) return mic ? "open" : "closed";
  if (placeInQueue(state, number)) return "asked";
  return mic ? "open" : "ask";
}
