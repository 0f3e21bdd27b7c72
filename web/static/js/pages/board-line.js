// How the board's page speaks with the server: questions, changes, the stream of the search.

import { t } from "../lib/words.js";

/** @import { Ask, Figures } from "../lib/asking.js" */
/** @import { Change, Half, Prices, Progress, State } from "../lib/board.js" */
/** @typedef {State & {changes: Change[]}} Found the plan that was found, and what it would change */

/** @typedef {State & {changes: Change[], asks: Ask[], compare: {within: Figures, above: Figures}}} Above the plan above quotas, and what is to be signed for it */

/** What the server would not do; its sentence is fit to be shown. */
export class Refusal extends Error {
  /** @param {string} code @param {string} words */
  constructor(code, words) {
    super(words);
    this.code = code;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 * @throws {Refusal} when the server refuses, or cannot be reached
 */
async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { Accept: "application/json", ...options.headers } });
  } catch {
    throw new Refusal("line", t("网络断了，没有改成。看板还是原来的样子，等会儿再试。"));
  }
  if (answer.redirected || answer.status === 401) {
    location.assign(`/login?next=${location.pathname}`);
    throw new Refusal("signed_out", t("登录过期了，请重新登录。"));
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (told.code === "sign_in_first") location.assign(`/login?next=${location.pathname}`);
  throw new Refusal(told.code || String(answer.status), told.title || t("没有改成。看板还是原来的样子，等会儿再试。"));
}

/** @param {string} path @param {object} sent */
function post(path, sent) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": document.body.dataset.csrf || "" };
  return ask(path, { method: "POST", body: JSON.stringify(sent), headers });
}

/**
 * @param {{from: string, weeks: number}} view the Monday of the first week; nothing for the server's choice
 * @returns {Promise<State>}
 */
export const loadState = ({ from, weeks }) => ask(`/board/state?weeks=${weeks}${from && `&from=${from}`}`);

/** @param {{from: string, weeks: number}} view @returns {Promise<Found>} */
export const loadFound = ({ from, weeks }) => ask(`/board/found?from=${from}&weeks=${weeks}`);

/** @param {{from: string, weeks: number}} view @returns {Promise<Above>} */
export const loadAbove = ({ from, weeks }) => ask(`/board/escalated?from=${from}&weeks=${weeks}`);

/** @param {number} request @param {string} date @param {Half} half @returns {Promise<{asks: Ask[]}>} what a leader would have to sign */
export const loadAsk = (request, date, half) => ask(`/board/ask/${request}?date=${date}&half=${half}`);

/** @param {number} request @returns {Promise<Prices>} */
export const loadPrices = (request) => ask(`/board/prices/${request}`);

/**
 * Change the working plan.
 * @param {"move" | "out" | "digest" | "pin" | "freeze" | "undo" | "merge" | "stop" | "take" | "drop" | "offer/take" | "offer/drop" | "publish" | "ask" | "unask"} what
 * @param {object} sent with the version that the page shows
 * @param {{from: string, weeks: number}} view the weeks of the state that is answered
 * @returns {Promise<State & {number?: number, told?: number, state?: State, overruns?: number[]}>}
 */
export const change = (what, sent, { from, weeks }) => post(`/board/${what}?weeks=${weeks}&from=${from}`, sent);

/**
 * Listen to the search for a better plan; the browser mends the line by itself.
 * @param {(progress: Progress) => void} hear
 */
export function listen(hear) {
  const stream = new EventSource("/board/events");
  stream.onmessage = (event) => hear(JSON.parse(event.data));
  window.addEventListener("pagehide", () => stream.close());
}
