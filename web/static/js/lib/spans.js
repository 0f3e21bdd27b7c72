// Half-days told as spans of days instead of one by one. No page, no address.

import { dayWords, spanWords } from "./board.js";
import { t } from "./words.js";

/** @import { Half, Price } from "./board.js" */
/** @typedef {{from: string, to: string, half: Half | null}} Span days in a row; half is null for whole days */

/**
 * Return half-days as spans of days that follow each other in the plan, by date.
 *
 * Mornings and afternoons of the same days are whole days; days that nobody works on are no gap.
 * @param {{date: string, half: Half}[]} cells
 * @param {string[]} days of the plan, ascending
 * @returns {Span[]}
 */
export function spansOf(cells, days) {
  /** @type {Map<string, Set<Half>>} */
  const halves = new Map();
  for (const { date, half } of cells) halves.set(date, (halves.get(date) || new Set()).add(half));
  /** @type {(Span & {last: number})[]} */
  const found = [];
  days.forEach((date, n) => {
    const here = halves.get(date);
    if (!here) return;
    const half = here.size > 1 ? null : [...here][0];
    const span = found[found.length - 1];
    if (span && span.last === n - 1 && span.half === half) Object.assign(span, { to: date, last: n });
    else found.push({ from: date, to: date, half, last: n });
  });
  return found.map(({ from, to, half }) => ({ from, to, half }));
}

/** @param {Span} span @param {string} language @returns {string} 11 月 23 – 27 日 上午; 23 – 27 November, mornings */
export function spanText({ from, to, half }, language) {
  const days = from === to ? dayWords(from, language) : spanWords(from, to, language);
  if (half === null) return days;
  if (from === to) return half === "AM" ? t("{days} 上午", { days }) : t("{days} 下午", { days });
  return half === "AM" ? t("{days} 每天上午", { days }) : t("{days} 每天下午", { days });
}

/** @param {Price[]} cells @returns {string[]} the days of a list of prices, ascending, each once */
export const daysOf = (cells) => [...new Set(cells.map((price) => price.date))].sort();
