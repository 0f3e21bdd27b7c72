// What a leader is asked to sign above quotas, in words. No page, no address.

import { placeWords } from "./board.js";
import { t } from "./words.js";

/** @import { Asked, Half, State } from "./board.js" */
/** @typedef {{committee: number, number: number, name: string, post: string, period: string, used: number, limit: number}} Call a call above a quota */
/** @typedef {{request: number, number: string, topic: string, department: string, minutes: number, date: string, half: Half, trips: number, calls: Call[]}} Ask */
/** @typedef {{sessions: number, trips: number, waiting: number, over: number, committees: number}} Figures */

/** @param {Ask[]} asks @returns {number} of how many committees a quota would be exceeded */
export const strained = (asks) => new Set(asks.flatMap((ask) => ask.calls.map((call) => call.committee))).size;

/** @param {Ask} ask @param {string} language @returns {string} where it would be and for how many it would be too much */
export function askWords(ask, language) {
  const facts = [placeWords(ask.date, ask.half, language), t("{n} 家超限", { n: strained([ask]) })];
  return facts.join(t("，"));
}

/**
 * Whose quotas a place exceeds: each committee once, in order of their numbers, with every figure.
 * @param {Ask} ask
 * @returns {{name: string, figures: string[]}[]}
 */
export function whoIsStrained(ask) {
  /** @type {Map<number, {name: string, figures: string[]}>} */
  const found = new Map();
  for (const call of [...ask.calls].sort((a, b) => a.number - b.number)) {
    const line = found.get(call.number) || { name: `${String(call.number).padStart(2, "0")} ${call.name}`, figures: [] };
    line.figures.push([call.post, call.period, `${call.used}/${call.limit}`].filter(Boolean).join(" "));
    found.set(call.number, line);
  }
  return [...found.values()];
}

/** @param {Figures} figures @returns {string} */
export function planWords({ sessions, trips, waiting, committees }) {
  const parts = [t("{n} 场", { n: sessions }), t("{n} 趟", { n: trips })];
  parts.push(waiting ? t("{n} 项没有落处", { n: waiting }) : t("都有落处"));
  if (committees) parts.push(t("{n} 家超限", { n: committees }));
  return parts.join(t("，"));
}

/** @param {State} state @param {number} request @returns {Asked | undefined} what a leader has been asked for a request */
export const askedOf = (state, request) => (state.asked || []).find((one) => one.request === request);
