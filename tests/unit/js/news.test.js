import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { chairDeeds, chairSign, mayControl } from "../../../web/static/js/lib/chair.js";
import { promptNews, promptWords, rollResult } from "../../../web/static/js/lib/hall.js";
import { branchNews, callOf, chairNews, partOf, postsOf, RINGS_FOR_MS } from "../../../web/static/js/lib/news.js";
import { learn } from "../../../web/static/js/lib/words.js";

/** @import { ChairNow, SeatNow, State } from "../../../web/static/js/lib/protocol.js" */

beforeEach(() => learn({}));

/** @type {SeatNow} */
const WANG = { seat: "login:1", name: "王主任", rank: "LEADER" };
/** @type {SeatNow} */
const LI = { seat: "login:2", name: "李书记", rank: "LEADER" };
/** @type {SeatNow} */
const CHEN = { seat: "login:3", name: "小陈", rank: "OFFICE" };

/**
 * @param {Partial<ChairNow>} [facts]
 * @returns {ChairNow}
 */
const chair = (facts = {}) => ({
  seat: "", name: "", rank: "", since_ms: 0, way: "applied", away: false, deputy: "", former: "", asking: [],
  here: [WANG, LI, CHEN], ...facts,
});

/** @param {SeatNow} one */
const led = (one) => ({ seat: one.seat, name: one.name, rank: one.rank });

/**
 * @param {Partial<State>} [facts]
 * @returns {State}
 */
const state = (facts = {}) => /** @type {State} */ ({
  items: [
    { topic: "甲", department: "办", minutes: 20, used_seconds: 0, posts: ["DIRECTOR"], venues: [] },
    { topic: "乙", department: "办", minutes: 20, used_seconds: 0, posts: ["SECRETARY", "DIRECTOR"], venues: [1] },
    { topic: "丙", department: "办", minutes: 20, used_seconds: 0, posts: ["SECRETARY"], venues: [1, 2] },
  ],
  item: 0, called_in: -1, called_in_ms: 0, words: [], chair: chair(),
  roll: { order: [], named: -1, since_ms: 0, every: 0, answers: [] }, prompt: NO_PROMPT, ...facts,
});
const NO_PROMPT = { every: 0, asked_ms: 0, until_ms: 0, venues: [], answered: [] };

test("everybody is told in words when the chair changes hands, and how", () => {
  const free = chair();
  const wang = chair(led(WANG));
  assert.equal(chairNews(free, wang), "现在由 王主任 主持");
  assert.equal(chairNews(wang, chair({ ...led(CHEN), way: "deputy" })), "王主任 断线了，由 小陈 代为主持");
  assert.equal(chairNews(chair(led(CHEN)), chair({ ...led(WANG), way: "taken_back" })), "王主任 回来了，接着主持");
  assert.equal(chairNews(chair(led(CHEN)), chair({ ...led(WANG), way: "seized" })), "王主任 接过了主持");
  assert.equal(chairNews(wang, free), "王主任 不再主持，现在没有主持人");
  assert.equal(chairNews(wang, chair({ ...led(WANG), away: true })), "");
});

test("the office and the chair work the controls, nobody else", () => {
  assert.ok(mayControl(chair(led(WANG)), WANG));
  assert.ok(mayControl(chair(led(WANG)), CHEN));
  assert.ok(!mayControl(chair(led(WANG)), LI));
  assert.ok(!mayControl(chair(), LI));
});

test("what one may do about the chair depends on rank and on who has it", () => {
  /** @param {ReturnType<typeof chairDeeds>} deeds */
  const types = (deeds) => deeds.map((deed) => deed.type);
  assert.deepEqual(types(chairDeeds(chair(), WANG)), ["chair.apply"]);
  assert.deepEqual(types(chairDeeds(chair(led(WANG)), LI)), ["chair.apply"]);
  assert.deepEqual(types(chairDeeds(chair(led(CHEN)), LI)), ["chair.seize", "chair.apply"]);
  const relieved = chair({ ...led(CHEN), way: "deputy", former: WANG.seat });
  assert.deepEqual(types(chairDeeds(relieved, WANG)), ["chair.take_back", "chair.apply"]);
  assert.deepEqual(types(chairDeeds(chair({ ...led(WANG), asking: [LI] }), LI)), ["chair.withdraw"]);
  const own = chairDeeds(chair({ ...led(WANG), asking: [LI] }), WANG);
  assert.deepEqual(types(own), [
    "chair.hand_over", "chair.decline", "chair.hand_over", "chair.deputy", "chair.deputy", "chair.release",
  ]);
});

test("the sign is urgent when somebody asks, is missing, or nobody leads", () => {
  assert.deepEqual(chairSign(chair({ ...led(WANG), asking: [LI] }), WANG), { words: "李书记 申请主持", urgent: true });
  assert.deepEqual(chairSign(chair({ ...led(WANG), away: true }), CHEN), { words: "主持人 王主任 断线", urgent: true });
  assert.deepEqual(chairSign(chair(led(WANG)), WANG), { words: "您在主持", urgent: false });
  assert.equal(chairSign(chair(), WANG).urgent, true);
  assert.equal(chairSign(chair(), CHEN).urgent, false);
});

test("an item that names nobody calls all posts of all branches", () => {
  const item = { topic: "", department: "", minutes: 5, used_seconds: 0, posts: [], venues: [] };
  assert.equal(postsOf(item, 7).length, 4);
  assert.deepEqual(postsOf({ ...item, venues: [1] }, 7), []);
});

test("whose items are over may leave, by post or as a whole branch", () => {
  assert.equal(partOf(state(), 2).words, "");
  assert.equal(partOf(state({ item: 1 }), 2).words, "主任的议题讲完了，可以先离会。");
  assert.equal(partOf(state({ item: 1 }), 3).words, "这里的议题都讲完了，可以先离会。考勤已经记好。");
  assert.equal(partOf(state({ item: 2 }), 1).words, "主任的议题讲完了，可以先离会。");
});

test("who is due next is called in once the call has gone out", () => {
  assert.deepEqual(partOf(state(), 1), { words: "", ring: false });
  const called = partOf(state({ called_in: 1, called_in_ms: 5 }), 1);
  assert.deepEqual(called, { words: "下一项“乙”快到了，请书记入座。", ring: true });
  assert.equal(partOf(state({ called_in: 1, called_in_ms: 5 }), 3).ring, false);
});

test("a branch is told the word it got instead of the floor, once", () => {
  const words = [{ venue: 2, word: "下一项再讲", at_ms: 9 }];
  assert.equal(branchNews(state(), state({ words }), 2), "主会场说：下一项再讲");
  assert.equal(branchNews(state({ words }), state({ words }), 2), "");
  assert.equal(branchNews(state(), state({ words }), 3), "");
  assert.equal(branchNews(null, state({ words }), 2), "");
  const silent = [{ venue: 2, word: "", at_ms: 9 }];
  assert.equal(branchNews(state(), state({ words: silent }), 2), "主会场这次先不请这里发言，可以再申请。");
});

test("a roll call is counted by its answers", () => {
  const roll = {
    order: [1, 2, 3, 4], named: 4, since_ms: 0, every: 0,
    answers: /** @type {State["roll"]["answers"]} */ ([
      { venue: 1, answer: "answered" }, { venue: 2, answer: "silent" }, { venue: 3, answer: "absent" },
    ]),
  };
  assert.deepEqual(rollResult(state({ roll })), { called: 4, answered: 1, silent: 1, absent: 1, skipped: 1 });
});

test("who is asked whether anybody is there is told once, the others are not", () => {
  const asked = state({ prompt: { every: 20, asked_ms: 1, until_ms: 120_001, venues: [1], answered: [] } });
  assert.match(branchNews(state(), asked, 1), /我们在/);
  assert.equal(branchNews(asked, asked, 1), "");
  assert.equal(branchNews(state(), asked, 2), "");
});

test("the wall is told that venues are asked, and when all have answered", () => {
  const prompt = { every: 20, asked_ms: 1, until_ms: 120_001, venues: [1, 2], answered: [1] };
  const all = { ...prompt, answered: [1, 2] };
  assert.equal(promptNews(state(), state({ prompt })), "随机点到：请 2 家点“我们在”");
  assert.equal(promptNews(state({ prompt }), state({ prompt: all })), "随机点到：2 家都应了");
  assert.equal(promptNews(state({ prompt: all }), state({ prompt: all })), "");
  assert.equal(promptWords(state(), 0), "随机点到（没有开）");
  assert.equal(promptWords(state({ prompt }), 5), "随机点到（大约每 20 分钟） · 正在点，1 / 2 家应了");
  assert.equal(promptWords(state({ prompt }), 200_000), "随机点到（大约每 20 分钟） · 上次 1 / 2 家应了");
});

test("a branch rings for a call that is fresh, also on a line that was renewed, and once for each", () => {
  const called = (/** @type {number} */ at) =>
    state({ venues: [{ number: 1, name: "杏雨里", state: "absent", heads: -1, mic: false, called: "rung", called_ms: at, leave: false }] });
  assert.equal(callOf(called(50_000), 1, 50_010), 50_000);
  assert.equal(callOf(called(50_000), 1, 50_000 + RINGS_FOR_MS), 0);
  assert.equal(callOf(called(50_000), 2, 50_010), 0);
  assert.equal(callOf(called(0), 1, 5), 0);
});
