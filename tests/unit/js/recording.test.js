import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { isNews, noticeKey, noticeWords, recordingWords } from "../../../web/static/js/lib/recording.js";
import { learn } from "../../../web/static/js/lib/words.js";

/** @import { RecordingNow } from "../../../web/static/js/lib/protocol.js" */

beforeEach(() => learn({}));

/**
 * @param {Partial<RecordingNow>} [facts]
 * @returns {RecordingNow}
 */
const recording = (facts = {}) => ({
  on: true, scope: "programme", venues: [], reason: "存档", since_ms: 1000, trouble: "", notices: 1, ...facts,
});

test("a screen says how long it has been recorded, and why nothing is written now", () => {
  assert.equal(recordingWords(recording({ on: false }), 9000), "");
  assert.equal(recordingWords(recording(), 68_000), "录制中 1:07");
  assert.equal(recordingWords(recording(), 3_722_000), "录制中 1:02:01");
  assert.match(recordingWords(recording({ trouble: "full" }), 9000), /磁盘快满了/);
  assert.match(recordingWords(recording({ trouble: "slow" }), 9000), /磁盘太慢/);
  assert.match(recordingWords(recording({ trouble: "failed" }), 9000), /写不进磁盘/);
});

test("a venue is told once of each recording, with its reason", () => {
  assert.equal(noticeWords(recording()), "现在开始录像：录全场看到的画面和听到的声音。原因：存档");
  assert.match(noticeWords(recording({ scope: "venues", venues: [1, 2] })), /其中 2 个会场/);
  assert.match(noticeWords(recording({ scope: "everything" })), /所有会场/);
  assert.match(noticeWords(recording({ scope: "sound" })), /只录/);
  const key = noticeKey(12, recording());
  assert.ok(isNews(recording(), null, key));
  assert.ok(!isNews(recording(), key, key));
  assert.ok(!isNews(recording({ on: false }), null, key));
  assert.notEqual(noticeKey(12, recording({ notices: 2 })), key);
});
