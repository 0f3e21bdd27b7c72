import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { recordedLine, seenLine } from "../../../web/static/js/lib/truths.js";
import { learn } from "../../../web/static/js/lib/words.js";

const SINCE = Date.UTC(2026, 10, 24, 5, 52);

beforeEach(() => learn({}));

/** @param {Partial<import("../../../web/static/js/lib/protocol.js").Truth>} [facts] */
const truth = (facts = {}) =>
  /** @type {const} */ ({ type: "truth", seen: true, heard: true, recorded_ms: SINCE, present_seconds: 2045, ...facts });

test("only picture and sound together are good news", () => {
  assert.equal(seenLine(truth(), true).look, "");
  assert.equal(seenLine(truth({ seen: false }), true).words, "主会场只听得见您");
  assert.equal(seenLine(truth({ heard: false }), true).words, "主会场只看得见您");
  assert.equal(seenLine(truth({ seen: false, heard: false }), true).look, "warn");
});

test("what the server said before the line broke is not repeated", () => {
  assert.equal(seenLine(truth(), false).words, "网络断了，正在自动重连");
  assert.equal(seenLine(null, true).look, "warn");
});

test("attendance is recorded from the moment the server committed it", () => {
  assert.deepEqual(recordedLine(truth(), 7), { look: "", words: "考勤已记录", note: "13:52 到会 · 7 人 · 共 34 分钟" });
  assert.equal(recordedLine(truth(), -1).note, "13:52 到会 · 共 34 分钟");
  assert.equal(recordedLine(truth({ recorded_ms: 0 }), 7).look, "warn");
  assert.equal(recordedLine(null, 7).look, "warn");
});
