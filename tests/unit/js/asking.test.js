import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { askedOf, askWords, planWords, strained, whoIsStrained } from "../../../web/static/js/lib/asking.js";
import { daysOf, spansOf, spanText } from "../../../web/static/js/lib/spans.js";
import { learn } from "../../../web/static/js/lib/words.js";
import { prices, state } from "./board_state.mjs";

/** @import { Ask } from "../../../web/static/js/lib/asking.js" */
/** @import { Half } from "../../../web/static/js/lib/board.js" */

beforeEach(() => learn({}));

const DAYS = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"];
const at = (/** @type {string} */ date, /** @type {Half} */ half) => ({ date, half });
const both = (/** @type {string} */ date) => [at(date, "AM"), at(date, "PM")];
const told = (/** @type {{date: string, half: Half}[]} */ cells, language = "zh-CN") => spansOf(cells, DAYS).map((span) => spanText(span, language));

test("mornings in a row are one span, and a week-end is no gap", () => {
  assert.deepEqual(told(DAYS.map((day) => at(day, "AM"))), ["11 月 23 – 30 日 每天上午"]);
  assert.deepEqual(told(DAYS.flatMap(both)), ["11 月 23 – 30 日"]);
});

test("a day between, or another half, begins a new span", () => {
  assert.deepEqual(told([at(DAYS[0], "AM"), at(DAYS[2], "AM"), at(DAYS[3], "AM")]), ["11 月 23 日 周一 上午", "11 月 25 – 26 日 每天上午"]);
  assert.deepEqual(told([...both(DAYS[0]), ...both(DAYS[1]), at(DAYS[2], "PM")], "zh-CN"), ["11 月 23 – 24 日", "11 月 25 日 周三 下午"]);
});

test("spans say every half-day once and no other", () => {
  for (let mask = 0; mask < 2 ** (2 * DAYS.length); mask += 7) {
    const cells = DAYS.flatMap((day, n) => both(day).filter((_, half) => mask & (1 << (2 * n + half))));
    const again = spansOf(cells, DAYS).flatMap(({ from, to, half }) =>
      DAYS.filter((day) => day >= from && day <= to).flatMap((day) => both(day).filter((cell) => half === null || cell.half === half)));
    assert.deepEqual(again, cells);
  }
});

test("the days of a list of prices are told once, in order", () => {
  assert.deepEqual(daysOf(prices().cells), ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"]);
});

const call = (/** @type {number} */ number, more = {}) => ({ committee: number + 40, number, name: `第${number}居委会`, post: "", period: "那一周", used: 4, limit: 3, ...more });
/** @type {Ask} */
const ASK = { request: 101, number: "R101", topic: "动员", department: "市场办", minutes: 40, date: "2026-11-27", half: "AM", trips: 33, calls: [call(11), call(2), call(2, { post: "主任", period: "那个月", used: 9, limit: 8 })] };

test("each committee is told once with every quota that would be exceeded", () => {
  assert.deepEqual(whoIsStrained(ASK), [
    { name: "02 第2居委会", figures: ["那一周 4/3", "主任 那个月 9/8"] },
    { name: "11 第11居委会", figures: ["那一周 4/3"] },
  ]);
  assert.equal(strained([ASK, { ...ASK, calls: [call(2), call(30)] }]), 3);
  assert.equal(askWords(ASK, "zh-CN"), "11 月 27 日 周五 上午，2 家超限");
});

test("both plans are told in the same figures", () => {
  assert.equal(planWords({ sessions: 2, trips: 66, waiting: 3, over: 0, committees: 0 }), "2 场，66 趟，3 项没有落处");
  assert.equal(planWords({ sessions: 3, trips: 99, waiting: 0, over: 5, committees: 4 }), "3 场，99 趟，都有落处，4 家超限");
});

test("what a leader has been asked for a request is found again", () => {
  const asked = { overrun: 1, request: 101, topic: "动员", department: "市场办", minutes: 40, date: "2026-11-27", half: /** @type {Half} */ ("AM"), words: "" };
  assert.equal(askedOf(state({ asked: [asked] }), 101), asked);
  assert.equal(askedOf(state(), 101), undefined);
});
