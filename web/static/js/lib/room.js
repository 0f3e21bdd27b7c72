// What a state of the conference means on every screen: names, the queue, the agenda's clock.

import { t } from "./words.js";

/** @import { State, VenueNow } from "./protocol.js" */

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
 * Return the branch that all are shown: who is called in a roll call, else who has the floor;
 * NOBODY while the main venue speaks.
 * @param {State} state
 */
export function onStage(state) {
  return state.roll.named > MAIN ? state.roll.named : state.floor;
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
 * What the branch's first button does now. It is the venue's microphone while the venue may open
 * that itself; else it asks for the floor, or takes the asking back (`asksBeside` elsewhere).
 * @param {State} state
 * @param {number} number
 * @param {number} nowMs
 * @returns {"ask" | "asked" | "open" | "closed" | "waits" | "here" | "answered" | "present"} `here` and
 *   `answered` while it is called, `waits` while another is, `present` while it is asked whether
 *   anybody is there
 */
export function floorButton(state, number, nowMs) {
  if (state.roll.named === number) {
    return state.roll.answers.some((one) => one.venue === number) ? "answered" : "here";
  }
  if (promptLeft(state, number, nowMs) > 0) return "present";
  if (venueOf(state, number)?.mic) return "open";
  const its = state.floor === number || state.show.broadcast === number || asksBeside(state, number);
  if (its) return state.roll.named > MAIN ? "waits" : "closed";
  return placeInQueue(state, number) ? "asked" : "ask";
}

/**
 * Tell whether a venue's first button is its microphone though it has not the floor: it asks for
 * that, to be seen by all, by a button of its own.
 * @param {State} state
 * @param {number} number
 */
export function asksBeside(state, number) {
  return !state.muted_all && state.floor !== number;
}

/**
 * Return for how many seconds a venue can still say that somebody is there; 0 where nobody asks.
 * @param {State} state
 * @param {number} number
 * @param {number} nowMs
 */
export function promptLeft(state, number, nowMs) {
  const { prompt } = state;
  if (!prompt.venues.includes(number) || prompt.answered.includes(number)) return 0;
  return Math.max(0, Math.ceil((prompt.until_ms - nowMs) / 1000));
}
