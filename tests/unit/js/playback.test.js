import assert from "node:assert/strict";
import { test } from "node:test";

import { chapterFrom, deedOf, partAt, placeText, Watched } from "../../../web/static/js/lib/playback.js";

/** @param {string} name */
const key = (name) => ({ key: name, ctrlKey: false, altKey: false, metaKey: false });

test("what is played without a break is one stretch, and telling it begins anew", () => {
  const watched = new Watched();
  for (const second of [10.2, 10.5, 11, 13, 15.6]) watched.at(second);
  assert.deepEqual(watched.take(), ["10-16"]);
  assert.deepEqual(watched.take(), []);
  watched.at(16);
  watched.at(18.4);
  assert.deepEqual(watched.take(), ["15-18"]);
});

test("a jump or a pause parts stretches, and those too short to count are not told", () => {
  const watched = new Watched();
  for (const second of [0, 2, 4]) watched.at(second);
  watched.pause();
  watched.at(4.5);
  watched.pause();
  for (const second of [100, 101, 103]) watched.at(second);
  watched.at(500);
  assert.deepEqual(watched.take(), ["0-4", "100-103"]);
});

test("the part that plays is the one that began last", () => {
  const parts = [{ from: 0, to: 100 }, { from: 50, to: 60 }, { from: 120, to: 130 }];
  assert.deepEqual([0, 55, 60, 110, 125].map((second) => partAt(parts, second)), [0, 1, 0, -1, 2]);
});

test("chapters lead on to the next, and back to the beginning of this one first", () => {
  const starts = [0, 60, 120];
  assert.equal(chapterFrom(starts, 10, 1), 60);
  assert.equal(chapterFrom(starts, 125, 1), null);
  assert.equal(chapterFrom(starts, 70, -1), 60);
  assert.equal(chapterFrom(starts, 61, -1), 0);
  assert.equal(chapterFrom(starts, 1, -1), 0);
  assert.equal(chapterFrom([], 1, -1), null);
});

test("keys work the player, but not where somebody types or presses a button", () => {
  assert.equal(deedOf(key(" "), "BODY"), "play");
  assert.equal(deedOf(key("L"), "BODY"), "on");
  assert.equal(deedOf(key("ArrowLeft"), "BUTTON"), "little-back");
  assert.equal(deedOf(key(" "), "BUTTON"), null);
  assert.equal(deedOf(key("ArrowLeft"), "INPUT"), null);
  assert.equal(deedOf(key("k"), "SELECT"), null);
  assert.equal(deedOf({ ...key("k"), ctrlKey: true }, "BODY"), null);
  assert.equal(deedOf(key("x"), "BODY"), null);
});

test("a place in the film is minutes and seconds, from an hour on hours too", () => {
  assert.deepEqual([7.9, 725, 3723, -1].map(placeText), ["0:07", "12:05", "1:02:03", "0:00"]);
});
