import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { countDown, dayName, ServerClock, timeOfDay, weekday } from "../../../web/static/js/lib/clock.js";
import { lasting } from "../../../web/static/js/lib/hall.js";
import { timeWithSeconds } from "../../../web/static/js/lib/hall.js";
import { learn } from "../../../web/static/js/lib/words.js";

const NOON = Date.UTC(2026, 10, 24, 4, 0, 5); // Tuesday 24 November 2026, 12:00:05 at the site
const DAY = 86_400_000;

beforeEach(() => learn({}));

test("a count-down shows minutes and seconds, and hours from an hour on", () => {
  const cases = [
    [785, "13:05"],
    [59.2, "01:00"],
    [0, "00:00"],
    [-4, "00:00"],
    [3600, "1:00:00"],
    [3723, "1:02:03"],
  ];
  for (const [seconds, shown] of cases) assert.equal(countDown(Number(seconds)), shown);
});

test("a length is said in the two largest units", () => {
  assert.equal(lasting(45.9), "45 秒");
  assert.equal(lasting(65), "1 分 05 秒");
  assert.equal(lasting(3900), "1 小时 05 分");
  assert.equal(lasting(-1), "0 秒");
});

test("moments are shown by the calendar of the site, wherever the computer thinks it is", () => {
  assert.equal(timeOfDay(NOON), "12:00");
  assert.equal(timeWithSeconds(NOON), "12:00:05");
  assert.equal(weekday(NOON), "周二");
  assert.equal(timeOfDay(Date.UTC(2026, 10, 23, 16, 0)), "00:00");
});

test("a day is called today, tomorrow, or by its date", () => {
  assert.equal(dayName(NOON, NOON), "今天");
  assert.equal(dayName(NOON + DAY, NOON), "明天");
  assert.equal(dayName(NOON + 2 * DAY, NOON), "11 月 26 日 周四");
});

test("midnight at the site, not in Greenwich, parts today from tomorrow", () => {
  const beforeMidnight = Date.UTC(2026, 10, 24, 15, 59);
  assert.equal(dayName(beforeMidnight + 120_000, beforeMidnight), "明天");
});

test("the server's clock runs on from what it said last, whatever the computer's clock does", () => {
  let running = 100;
  const clock = new ServerClock(() => running);
  clock.heard(NOON);
  running += 2500;
  assert.equal(clock.now(), NOON + 2500);
});
