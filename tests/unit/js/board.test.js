import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import {
  byPlace, byRule, cellKey, columnsOf, crowdWords, daysShown, foundWords, gainWords, mondayOf, placesOf, placeWords, priceShown, progressShown, sessionOf, shifted, sortedPrices, spanWords, sparkOf, spokenPrice, spotWords, stepFrom, tripsWords, whereIs,
} from "../../../web/static/js/lib/board.js";
import { learn } from "../../../web/static/js/lib/words.js";
import { meeting, prices, state } from "./board_state.mjs";

/** @import { Price, Progress } from "../../../web/static/js/lib/board.js" */

beforeEach(() => learn({}));

test("days are counted over the ends of months and years, and every week begins on Monday", () => {
  assert.equal(shifted("2026-12-28", 7), "2027-01-04");
  assert.equal(shifted("2028-03-01", -1), "2028-02-29");
  assert.deepEqual(["2026-11-23", "2026-11-25", "2026-11-29"].map(mondayOf), ["2026-11-23", "2026-11-23", "2026-11-23"]);
});

test("a span of days says its month once when both ends share it", () => {
  assert.equal(spanWords("2026-11-23", "2026-11-27", "zh-CN"), "11 月 23 – 27 日");
  assert.equal(spanWords("2026-11-30", "2026-12-04", "zh-CN"), "11 月 30 日 – 12 月 4 日");
  assert.equal(spanWords("2026-11-23", "2026-11-27", "en"), "23 – 27 November");
  assert.equal(spanWords("2026-11-30", "2026-12-04", "en"), "30 Nov – 4 Dec");
  assert.equal(placeWords("2026-11-26", "PM", "zh-CN"), "11 月 26 日 周四 下午");
  assert.equal(placeWords("2026-11-26", "PM", "en"), "Thu 26 Nov, 下午");
});

test("columns are the weekdays that any week shows, a worked Saturday among them", () => {
  const two = state();
  assert.deepEqual(columnsOf(two), [1, 2, 3, 4, 5]);
  two.weeks.push({ iso: "2026-W49", days: [{ ...two.weeks[0].days[0], date: "2026-12-05", weekday: 6 }] });
  assert.deepEqual(columnsOf(two), [1, 2, 3, 4, 5, 6]);
});

test("half-days come a week's mornings first, then its afternoons", () => {
  const keys = placesOf(state()).map((place) => place.key);
  assert.equal(keys.length, 10);
  assert.deepEqual([keys[0], keys[4], keys[5]], ["2026-11-23|AM", "2026-11-27|AM", "2026-11-23|PM"]);
});

test("arrow keys go to the neighbouring half-day and out over the edges", () => {
  const week = state();
  const from = (/** @type {string} */ key, /** @type {string} */ arrow) => stepFrom(week, key, arrow);
  assert.equal(from("2026-11-26|AM", "ArrowRight"), "2026-11-27|AM");
  assert.equal(from("2026-11-26|AM", "ArrowDown"), "2026-11-26|PM");
  assert.equal(from("2026-11-26|PM", "ArrowUp"), "2026-11-26|AM");
  assert.equal(from("2026-11-23|AM", "ArrowLeft"), -1);
  assert.equal(from("2026-11-27|PM", "ArrowRight"), 1);
  assert.equal(from("2026-11-27|PM", "ArrowDown"), 1);
  assert.equal(from("2026-11-27|AM", "ArrowUp"), -1);
});

test("arrow keys skip a day that a week does not have", () => {
  const week = state();
  week.weeks[0].days.splice(2, 1);
  week.weeks.push({ iso: "2026-W49", days: state().weeks[0].days.map((day) => ({ ...day, date: shifted(day.date, 7) })) });
  assert.equal(stepFrom(week, "2026-11-24|AM", "ArrowRight"), "2026-11-26|AM");
  assert.equal(stepFrom(week, "2026-12-02|AM", "ArrowUp"), -1);
});

test("each kind of price has its look, its shape and its words", () => {
  const [priced, places] = [byPlace(prices()), placesOf(state())];
  const shown = (/** @type {string} */ key, more = {}) => priceShown({ .../** @type {Price} */ (priced.get(key)), ...more }, places.find((place) => place.key === key));
  assert.deepEqual(shown("2026-11-26|AM"), { look: "free", shape: "st-ok", figure: "+0 趟", words: "搭便车，最省" });
  assert.deepEqual([shown("2026-11-26|PM").look, shown("2026-11-26|PM").words], ["cost", "叫的人不同"]);
  assert.equal(shown("2026-11-27|PM").words, "单开一场");
  assert.equal(shown("2026-11-27|PM", { here: true }).words, "就在这里");
  assert.deepEqual(shown("2026-11-27|AM"), { look: "over", shape: "st-bad", figure: "+33 趟", words: "4 家超限，要领导批" });
  assert.equal(shown("2026-11-25|AM", { rules: [] }).words, "不能放");
  assert.deepEqual(shown("2026-11-25|AM"), { look: "no", shape: "st-off", figure: "", words: "不能放：走访日" });
});

test("trips have their sign, and one trip is one in English", () => {
  assert.equal(tripsWords(-12), "−12 趟");
  learn({ "{shown} 趟": "{shown} trip|{shown} trips" });
  assert.deepEqual([1, 0, -2].map(tripsWords), ["+1 trip", "+0 trips", "−2 trips"]);
});

test("what is spoken of a half-day names it, its price, and whether it is the best", () => {
  const [week, priced] = [state(), byPlace(prices())];
  const speak = (/** @type {string} */ key) => {
    const place = placesOf(week).find((one) => one.key === key);
    assert.ok(place);
    return spokenPrice(place, priced.get(key), "zh-CN");
  };
  assert.equal(speak("2026-11-26|AM"), "11 月 26 日 周四 上午：+0 趟，搭便车，最省");
  assert.equal(speak("2026-11-25|PM"), "11 月 25 日 周三 下午：不能放：走访日");
  assert.equal(speak("2026-11-24|AM"), "11 月 24 日 周二 上午：已过");
});

test("the list of half-days begins with the best and keeps closed ones apart, by date", () => {
  const { open, closed } = sortedPrices(prices().cells);
  assert.deepEqual(open.map((price) => cellKey(price.date, price.half)), ["2026-11-26|AM", "2026-11-26|PM", "2026-11-27|PM", "2026-11-27|AM"]);
  assert.deepEqual(closed.map((price) => price.date), ["2026-11-24", "2026-11-25", "2026-11-25"]);
});

test("the price of a half-day that is not shown says no more of it than is known", () => {
  const [free, costs] = [prices().cells[3], prices().cells[5]].map((price) => priceShown(price, undefined).words);
  assert.deepEqual([free, costs], ["搭便车，最省", ""]);
});

test("a week's title goes from its first to its last day shown", () => {
  assert.deepEqual(daysShown(state({ span: { from: "2026-11-23", to: "2026-11-29" } })), ["2026-11-23", "2026-11-27"]);
  assert.deepEqual(daysShown(state({ weeks: [] })), ["2026-11-23", "2026-11-27"]);
});

test("rules are told once, with every half-day that they close", () => {
  const { closed } = sortedPrices(prices().cells);
  assert.deepEqual(byRule([...closed, { ...closed[0], rules: [] }]).map(({ rule, cells }) => [rule, cells.length]), [["已发布", 1], ["走访日", 2], ["不能放", 1]]);
});

test("the first post stands for all who come to a session", () => {
  assert.equal(crowdWords(meeting("a", "例会", { posts_words: "书记、主任" })), "书记等 33 家");
  assert.equal(crowdWords(meeting("a", "例会", { posts_words: "书记" })), "书记 33 家");
  assert.equal(crowdWords(meeting("a", "例会", { posts_words: "", committees: 2 })), "2 家");
});

test("a request is found in the tray or in its session, and one nobody knows is not", () => {
  const week = state();
  assert.equal(whereIs(week, 103)?.waiting?.urgent, true);
  const placed = whereIs(week, 99);
  assert.deepEqual([placed?.place?.key, placed?.session?.title, placed?.topic], ["2026-11-26|AM", "书记例会", "招商动员"]);
  assert.equal(whereIs(week, 9999), undefined);
  assert.equal(sessionOf(week, "h2")?.place.half, "PM");
  assert.equal(sessionOf(week, "nothing"), undefined);
});

test("the chart goes down in steps with the best plan and up with the floor", () => {
  const { best, bound, end } = sparkOf([[0, 100, 50], [5, 80, 60], [10, 80, 70]], 150, 44);
  assert.equal(best, "M2 5H74V19.4H146V19.4H146");
  assert.match(bound, /^M2 41H74V33\.8H146V26\.6/);
  assert.deepEqual(end, [146, 19.4]);
});

test("a chart without points, or without a floor yet, has no such line", () => {
  assert.deepEqual(sparkOf([], 150, 44), { best: "", bound: "", end: null });
  const one = sparkOf([[1, 90, null]], 150, 44);
  assert.equal(one.bound, "");
  assert.equal(one.end?.[1], 41);
});

test("the strip tells what is gained first and the points last, and leaves out what is not known", () => {
  const running = /** @type {Progress} */ (state().solver);
  assert.deepEqual(progressShown(running).map((one) => `${one.words} ${one.figure}`), ["后台还在试 12 秒", "最好的方案 多排 1 项，少跑 33 趟", "离最省最多还差 7.6%", "代价 6,612 点，不可能少于 6,110 点 "]);
  const begun = { ...running, running: false, best: null, bound: null, gap: null };
  assert.deepEqual(progressShown(begun).map((one) => one.words), ["试了"]);
});

test("what is gained is told in what people count, and what is lost as well", () => {
  assert.equal(gainWords({ trips: 33, sessions: 1, placed: 2 }), "多排 2 项，少跑 33 趟，少开 1 场");
  assert.equal(gainWords({ trips: -12, sessions: -1, placed: 1 }), "多排 1 项，多跑 12 趟，多开 1 场");
  assert.equal(gainWords({ trips: 0, sessions: 0, placed: 0 }), "和现在一样多");
});

test("a find says how good it is, and when it is no better", () => {
  assert.equal(foundWords({ better: true, sessions: 2, trips: 66, over: 0, waiting: 1 }), "2 场，66 趟，1 项没有落处，没有超限");
  assert.equal(foundWords({ better: false, sessions: 2, trips: 66, over: 4, waiting: 0 }), "2 场，66 趟，4 家超限，没有比现在更好的");
});

test("a spot is a half-day, the digest, or nowhere", () => {
  assert.equal(spotWords({ date: "2026-11-26", half: "AM" }, "zh-CN"), "11 月 26 日 周四 上午");
  assert.equal(spotWords({ digest: "2026-11-30" }, "zh-CN"), "每周工作提示");
  assert.equal(spotWords(null, "zh-CN"), "");
});
