import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { figures, likelyEnd, tileState } from "../../../web/static/js/lib/hall.js";
import { asksBeside, floorButton, itemClock, numeral, placeInQueue, promptLeft, titleOf, venueOf } from "../../../web/static/js/lib/room.js";
import { learn } from "../../../web/static/js/lib/words.js";

/** @import { State } from "../../../web/static/js/lib/protocol.js" */

const START = 1_000_000;
const NO_PROMPT = { every: 0, asked_ms: 0, until_ms: 0, venues: [], answered: [] };
/** @type {import("../../../web/static/js/lib/protocol.js").ShowNow} */
const SHOW = {
  broadcast: -1, watched: -1, carousel_at: "", carousel_seconds: 0, carousel_venue: -1, carousel_paused: false,
  carousel_next_ms: 0, layout: "1", wall_layout: "1", may_choose: false, sharing: -1, may_share: [],
};

beforeEach(() => learn({}));

/**
 * @param {number} number
 * @param {Partial<import("../../../web/static/js/lib/protocol.js").VenueNow>} [facts]
 */
const venue = (number, facts = {}) =>
  /** @type {import("../../../web/static/js/lib/protocol.js").VenueNow} */ ({
    number, name: `第${number}居委`, state: "connected", heads: -1, mic: false, called: "", called_ms: 0, leave: false, ...facts,
  });

/**
 * @param {Partial<State>} [facts]
 * @returns {State}
 */
const state = (facts = {}) => ({
  type: "state", version: 1, now_ms: START, session: 1, title: "例会", hall: "", starts_ms: START,
  ends_ms: START + 3_000_000, expected: 3, venues: [venue(0, { mic: true }), venue(1), venue(2), venue(3)],
  floor: -1, floor_since_ms: 0, queue: [], said: [], muted_all: true,
  items: [
    { topic: "甲", department: "办", minutes: 20, used_seconds: 1200, posts: [], venues: [] },
    { topic: "乙", department: "办", minutes: 10, used_seconds: 0, posts: [], venues: [] },
    { topic: "丙", department: "办", minutes: 10, used_seconds: 0, posts: [], venues: [] },
  ],
  item: 1, item_since_ms: START, item_minutes: 10, goes_on: false, called_in: -1, called_in_ms: 0, locked: false,
  chair: {
    seat: "", name: "", rank: "", since_ms: 0, way: "applied", away: false, deputy: "", former: "", asking: [], here: [],
  },
  roll: { order: [], named: -1, since_ms: 0, every: 0, answers: [] }, words: [], show: SHOW, observers: 0, prompt: NO_PROMPT, ...facts,
});

test("the main venue is counted neither as expected nor as present, nor its people", () => {
  const venues = [venue(0, { heads: 40 }), venue(1, { heads: 7 }), venue(2, { state: "lost" }), venue(3, { state: "absent" })];
  const count = figures(state({ venues }));
  const numbers = { absentees: count.absentees.map((v) => v.number), broken: count.broken.map((v) => v.number) };
  assert.deepEqual({ ...count, ...numbers },
    { expected: 3, present: 2, lost: 1, excused: 0, absent: 1, heads: 7, absentees: [3], broken: [2] });
});

test("a broken line is told before anything else on a tile", () => {
  const asking = { floor: 2, queue: [{ venue: 1, since_ms: START }] };
  const look = (/** @type {number} */ number, facts = {}) => tileState(state(asking), venue(number, facts)).look;
  assert.equal(look(2, { state: "lost" }), "back");
  assert.equal(look(2, { state: "absent" }), "absent");
  assert.equal(look(2), "speaking");
  assert.equal(look(1), "floor");
  assert.equal(look(3, { mic: true }), "open");
  assert.equal(look(3), "");
});

test("every look but the usual one is also said in words", () => {
  assert.equal(tileState(state(), venue(1, { state: "lost" })).words, "正在重连");
  assert.equal(tileState(state(), venue(1)).words, "");
  const called = state({ floor: 1, roll: { order: [1, 2], named: 2, since_ms: START, every: 0, answers: [] } });
  assert.equal(tileState(called, venue(1)).words, "", "who has the floor is not heard while another is called");
  assert.equal(tileState(called, venue(2)).words, "正在点名");
});

test("venues are called by number and name, the main venue by name alone", () => {
  assert.equal(titleOf(state(), 2), "02 第2居委");
  assert.equal(titleOf(state(), 0), "主会场");
  assert.equal(titleOf(state(), -1), "主会场");
  assert.equal(titleOf(state(), 44), "44");
  assert.equal(numeral(7), "07");
  assert.equal(venueOf(state(), 44), undefined);
});

test("places in the queue count from one, and none is nought", () => {
  const one = state({ queue: [{ venue: 3, since_ms: 0 }, { venue: 1, since_ms: 0 }] });
  assert.deepEqual([3, 1, 2].map((number) => placeInQueue(one, number)), [1, 2, 0]);
});

test("the clock of an item goes below nought when it is over", () => {
  assert.deepEqual(itemClock(state(), START + 60_000), { used: 60, allotted: 600, left: 540, share: 0.1 });
  const over = itemClock(state(), START + 660_000);
  assert.equal(over.left, -60);
  assert.equal(over.share, 1);
});

test("an item without minutes has used none of them", () => {
  assert.equal(itemClock(state({ item_minutes: 0 }), START).share, 0);
});

test("the likely end is what is left of this item and all of the later ones", () => {
  assert.equal(likelyEnd(state(), START + 60_000), START + 60_000 + 540_000 + 600_000);
  assert.equal(likelyEnd(state(), START + 900_000), START + 900_000 + 600_000);
  assert.equal(likelyEnd(state({ items: [] }), START), START);
});

test("the first button asks, takes back the asking, or is the microphone", () => {
  const mic = (/** @type {boolean} */ open) => [venue(0), venue(1, { mic: open })];
  assert.equal(floorButton(state(), 1, START), "ask");
  assert.equal(floorButton(state({ queue: [{ venue: 1, since_ms: 0 }] }), 1, START), "asked");
  assert.equal(floorButton(state({ floor: 1, venues: mic(true) }), 1, START), "open");
  assert.equal(floorButton(state({ floor: 1, venues: mic(false) }), 1, START), "closed");
  assert.equal(floorButton(state({ venues: mic(true) }), 1, START), "open");
});

test("a venue that may open its microphone itself need not ask for it", () => {
  const asking = [{ venue: 1, since_ms: 0 }];
  assert.equal(floorButton(state({ muted_all: false }), 1, START), "closed");
  assert.equal(floorButton(state({ show: { ...SHOW, broadcast: 1 } }), 1, START), "closed");
  const roll = { order: [1, 2], named: 2, since_ms: START, every: 0, answers: [] };
  assert.equal(floorButton(state({ muted_all: false, roll }), 1, START), "waits", "nothing is offered that a roll call refuses");
  assert.equal(floorButton(state({ floor: 1, roll }), 1, START), "waits");
  assert.equal(floorButton(state({ roll }), 1, START), "ask");
  assert.equal(floorButton(state({ muted_all: false, queue: asking }), 1, START), "closed");
  const open = { muted_all: false, queue: asking, venues: [venue(0), venue(1, { mic: true })] };
  assert.equal(floorButton(state(open), 1, START), "open");
});

test("a venue that may open its microphone itself asks to be seen by a button beside it", () => {
  assert.ok(asksBeside(state({ muted_all: false }), 1));
  assert.ok(!asksBeside(state(), 1));
  assert.ok(!asksBeside(state({ muted_all: false, floor: 1 }), 1));
});

test("who is on leave is not missing, and counts as here once it comes all the same", () => {
  const venues = [venue(0), venue(1, { state: "absent", leave: true }), venue(2, { state: "absent" }), venue(3, { leave: true })];
  const count = figures(state({ venues }));
  assert.deepEqual([count.excused, count.absent, count.present], [1, 1, 1]);
  assert.equal(tileState(state(), venues[1]).look, "excused");
  assert.equal(tileState(state(), venues[3]).look, "");
});

test("a venue that is asked whether anybody is there can say so until the time is up", () => {
  const prompt = { every: 20, asked_ms: START, until_ms: START + 120_000, venues: [1, 2], answered: [2] };
  const asked = state({ prompt, queue: [{ venue: 1, since_ms: START }] });
  assert.equal(floorButton(asked, 1, START + 1000), "present");
  assert.equal(promptLeft(asked, 1, START + 1000), 119);
  assert.equal(floorButton(asked, 2, START + 1000), "ask");
  assert.equal(floorButton(asked, 1, START + 120_000), "asked");
});

test("the wall shows for a while who let a prompt pass", () => {
  const prompt = { every: 20, asked_ms: START, until_ms: START + 120_000, venues: [1, 2], answered: [2] };
  const looks = (/** @type {number} */ number, /** @type {number} */ ms) => tileState(state({ prompt }), venue(number), "good", START + ms).words;
  assert.deepEqual([looks(1, 60_000), looks(1, 121_000), looks(2, 121_000), looks(1, 500_000)], ["", "点到没应", "", ""]);
});
