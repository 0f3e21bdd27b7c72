import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { tileState } from "../../../web/static/js/lib/hall.js";
import { labels, missing, missingWords, onLeave, wallFlag } from "../../../web/static/js/lib/hall-show.js";
import { flagWords, largePane } from "../../../web/static/js/lib/show.js";
import { learn } from "../../../web/static/js/lib/words.js";

/** @import { State, VenueNow, View } from "../../../web/static/js/lib/protocol.js" */

beforeEach(() => learn({}));

/**
 * @param {number} number
 * @param {Partial<VenueNow>} [facts]
 */
const venue = (number, facts = {}) =>
  /** @type {VenueNow} */ ({ number, name: `${number}居`, state: "connected", heads: -1, mic: false, called: "", called_ms: 0, leave: false, ...facts });

/**
 * @param {Partial<State["show"]>} [show]
 * @param {Partial<State>} [facts]
 */
const state = (show = {}, facts = {}) =>
  /** @type {State} */ ({
    type: "state", venues: [venue(0, { name: "主会场" }), venue(1), venue(2)], floor: -1, queue: [], hall: "",
    roll: { order: [], named: -1, since_ms: 0, every: 0, answers: [] },
    prompt: { every: 0, asked_ms: 0, until_ms: 0, venues: [], answered: [] },
    show: {
      broadcast: -1, watched: -1, carousel_at: "", carousel_seconds: 0, carousel_venue: -1, carousel_paused: false,
      carousel_next_ms: 0, layout: "1", wall_layout: "1", may_choose: false, sharing: -1, may_share: [], ...show,
    },
    ...facts,
  });

/**
 * @param {number} large
 * @param {boolean} [content]
 * @returns {View}
 */
const view = (large, content = false) => ({
  type: "view", layout: content ? "content" : "1", panes: [{ venue: large, slot: 0, content, large: true }],
});
/** @type {View} */
const nine = { type: "view", layout: "9", panes: [{ venue: 0, slot: 0, content: false, large: false }] };

test("the flag says why a picture is big, and the venue's own part first", () => {
  assert.equal(flagWords(state(), view(0), 1), "主会场正在讲");
  assert.equal(flagWords(state({}, { floor: 2 }), view(2), 1), "02 2居 正在发言");
  assert.equal(flagWords(state({}, { floor: 2 }), view(0), 2), "您在发言，全场都看到");
  assert.equal(flagWords(state({ broadcast: 2 }), view(2), 1), "正在广播 02 2居");
  assert.equal(flagWords(state({ broadcast: 2 }), view(0), 2), "正在广播您这里，全场都看到");
  assert.equal(flagWords(state({ sharing: 2 }), view(2, true), 1), "02 2居 正在共享材料");
  assert.equal(flagWords(state({ carousel_at: "all", carousel_venue: 2 }), view(2), 1), "轮巡：02 2居");
  assert.equal(flagWords(state(), nine, 1), "多画面 9");
  assert.equal(flagWords(state(), view(0), -1), "主会场正在讲", "an observer is nobody who is called");
  assert.equal(largePane(nine), undefined);
});

test("the wall says which of its pictures only the wall sees", () => {
  assert.equal(wallFlag(state({ watched: 2 }), view(2)), "选看 · 只有这里看到");
  assert.equal(wallFlag(state({ carousel_at: "wall", carousel_venue: 2 }), view(2)), "轮巡 · 只有这里看到");
  assert.equal(wallFlag(state({ carousel_at: "all", carousel_venue: 2 }), view(2)), "轮巡 · 全场都看到");
  assert.equal(wallFlag(state({ broadcast: 2 }), view(2)), "广播会场 · 全场都看到");
  assert.equal(wallFlag(state({}, { floor: 2 }), view(2)), "发言中 · 全场都看到");
  assert.equal(wallFlag(state(), view(0)), "主会场正在讲");
});

test("who is on leave is told apart, and missing only when its line broke", () => {
  const venues = [venue(0), venue(1, { state: "absent", leave: true }), venue(2, { state: "lost", leave: true })];
  const found = state({}, { venues });
  assert.deepEqual(missing(found).map((one) => one.number), [2]);
  assert.deepEqual(onLeave(found).map(missingWords), ["01 1居 · 请假"]);
});

test("the missing are those who never came and those whose line is broken, with what came of calling", () => {
  const venues = [venue(0), venue(1, { state: "absent", called: "rung" }), venue(2, { state: "lost" })];
  assert.deepEqual(missing(state({}, { venues })).map(missingWords), ["01 1居 · 未到 · 已呼叫", "02 2居 · 断线重连"]);
  assert.equal(missingWords(venue(3, { state: "absent", called: "unreached" })), "03 3居 · 未到 · 页面没开");
});

test("a button that is on says what is on", () => {
  const on = labels(state({ broadcast: 2, watched: 1, carousel_seconds: 10, layout: "9", sharing: 0 }));
  assert.deepEqual(on, {
    broadcast: "广播 02 2居", watch: "选看 01 1居", carousel: "轮巡 10 秒", layout: "多画面 9", share: "结束共享",
    call: "呼叫未到 0",
  });
  const off = labels(state());
  assert.deepEqual([off.broadcast, off.watch, off.carousel, off.layout, off.share], ["广播会场", "选看", "轮巡", "多画面", "共享材料"]);
});

test("a tile says how a venue comes through unless there is more to say", () => {
  const look = (/** @type {Partial<VenueNow>} */ facts, /** @type {any} */ mark) => {
    const found = tileState(state(), venue(1, facts), mark);
    return [found.look, found.words];
  };
  assert.deepEqual(look({}, "weak"), ["poor", "网络弱"]);
  assert.deepEqual(look({}, "voice"), ["weak", "没有画面"]);
  assert.deepEqual(look({ state: "lost" }, "weak"), ["back", "正在重连"]);
  assert.deepEqual(look({ state: "absent", called: "rung" }, "good"), ["absent", "未到·已呼叫"]);
  assert.equal(tileState(state({ broadcast: 1 }), venue(1), "weak").words, "广播中");
});
