// A week on the board for tests: the one of the drawn page.

/** @import { Item, Meeting, Prices, State } from "../../../web/static/js/lib/board.js" */

/** @param {string} department @param {number} minutes @param {Partial<Item>} [more] @returns {Item} */
export const item = (department, minutes, more = {}) => ({
  request: null, number: "", topic: `${department}的事`, department, minutes, start: "09:30", pinned: false, movable: false, host: false, ...more,
});

/** @param {string} key @param {string} title @param {Partial<Meeting>} more @returns {Meeting} */
export const meeting = (key, title, more) => ({
  key, id: 1, start: "14:00", minutes: 60, title, posts_words: "书记", committees: 33, standing: true, state: "scheduled", frozen: false, changed: false, free_minutes: 0, items: [], ...more,
});

const WAITING = /** @type {[number, string, number, string, string][]} */ ([
  [101, "特种设备普查动员", 40, "市场办", "书记 33 家"], [102, "重点人员走访培训", 90, "平安办", "社工 6 家"], [103, "寒潮应急值守", 15, "应急办", "主任 33 家"],
  [104, "医保缴费提醒", 10, "服务办", ""], [105, "文明楼组评选", 20, "文化办", "社工 33 家"], [106, "家庭医生签约", 25, "卫健办", "主任 20 家"], [107, "物业考核说明", 30, "管理办", "主任 12 家"],
]);

/** @param {Partial<State>} [more] @returns {State} */
export function state(more = {}) {
  const past = { code: "past", words: "已过" };
  const rest = { code: "blocked", words: "街道约定全天不叫会" };
  const held = meeting("m1", "社工业务会", { posts_words: "社工", state: "held", items: [item("服务办", 60, { host: true }), item("文化办", 20)] });
  const open = meeting("t1", "主任工作例会", { posts_words: "主任", state: "open", items: [item("自治办", 20, { host: true }), item("平安办", 20), item("服务办", 10)] });
  const secretaries = meeting("h1", "书记例会", { start: "09:30", free_minutes: 50, items: [item("党建办", 30, { host: true }), item("发展办", 10, { request: 99, number: "R0099", topic: "招商动员", movable: true })] });
  const owners = meeting("h2", "物业联席会", { start: "14:30", posts_words: "主任", committees: 12, free_minutes: 30, items: [item("管理办", 30, { host: true })] });
  /** @param {number} n @param {any} am @param {any} pm @param {any} facts */
  const day = (n, am, pm, facts = {}) => ({
    date: `2026-11-${22 + n}`, weekday: n, working: true, makeup: false, name: "", digest: null,
    halves: [{ half: "AM", closed: null, sessions: [], ...am }, { half: "PM", closed: null, sessions: [], ...pm }], ...facts,
  });
  return {
    version: 5, published: 2, today: "2026-11-24", span: { from: "2026-11-23", to: "2026-11-27" },
    weeks: [{ iso: "2026-W48", days: [
      day(1, { closed: past }, { closed: past, sessions: [held] }, { digest: { sent: true, count: 5 } }),
      day(2, { closed: past }, { closed: { code: "frozen", words: "已发布" }, sessions: [open] }),
      day(3, { closed: rest }, { closed: rest }, { name: "走访日" }),
      day(4, { sessions: [secretaries] }, { sessions: [owners] }),
      day(5, {}, {}),
    ] }],
    waiting: WAITING.map(([request, topic, minutes, department, audience_words], i) => ({
      request, number: `R0${request}`, topic, minutes, department, audience_words, urgent: i === 2, digestible: i === 3, approval: i === 1 ? "waiting" : "none", why: "新报来的，还没有排。", deadline: "2026-11-30",
    })),
    warnings: [[2, "松涛里"], [11, "桃李园"], [19, "茉莉园"], [28, "朝晖坊"]].map(([number, name]) => ({ committee: Number(number), number: Number(number), name: String(name), used: 3, limit: 3, over: false })),
    totals: { apart: { sessions: 6, trips: 198 }, now: { sessions: 2, trips: 66 } }, undo: "把“招商动员”放到周四上午", dirty: true,
    solver: { running: true, seconds: 12, best: 6612, bound: 6110, gap: 7.6, points: [[0, 9800, 3000], [2, 9000, 4100], [4, 8000, 4900], [7, 7000, 5500], [12, 6612, 6110]], found: { better: true, sessions: 2, trips: 66, over: 0, waiting: 1 }, version: 5, gain: { trips: 33, sessions: 0, placed: 1 } },
    ...more,
  };
}

/** @returns {Prices} */
export function prices() {
  const closed = (/** @type {string} */ date, /** @type {"AM" | "PM"} */ half, /** @type {string} */ rule) => ({ date, half, legal: false, kind: /** @type {const} */ ("closed"), trips: 0, terms: [], rules: [rule], best: false, here: false });
  const open = (/** @type {string} */ date, /** @type {"AM" | "PM"} */ half, /** @type {"free" | "costs" | "over"} */ kind, /** @type {number} */ trips, rules = /** @type {string[]} */ ([])) =>
    ({ date, half, legal: kind !== "over", kind, trips, terms: trips ? [{ words: "多跑的趟数", points: trips * 100 }] : [], rules, best: kind === "free", here: false });
  return {
    request: 101, digest: null, why: ["新报来的，还没有排。"],
    cells: [
      closed("2026-11-24", "PM", "已发布"), closed("2026-11-25", "AM", "走访日"), closed("2026-11-25", "PM", "走访日"),
      open("2026-11-26", "AM", "free", 0), open("2026-11-27", "AM", "over", 33, ["4 家超限，要领导批"]),
      open("2026-11-26", "PM", "costs", 33), open("2026-11-27", "PM", "costs", 33),
    ],
  };
}
