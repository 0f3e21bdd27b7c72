import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { learn, t } from "../../../web/static/js/lib/words.js";

beforeEach(() => learn({}));

test("a sentence without a translation shows its source, with its placeholders filled", () => {
  assert.equal(t("还有 {n} 家在等", { n: 3 }), "还有 3 家在等");
});

test("a translation takes the place of its source", () => {
  learn({ "等了 {length}": "waited {length}" });
  assert.equal(t("等了 {length}", { length: "40 s" }), "waited 40 s");
});

test("one and many are told apart where the translation has both", () => {
  learn({ "{n} 人": "{n} person|{n} people" });
  assert.equal(t("{n} 人", { n: 1 }), "1 person");
  assert.equal(t("{n} 人", { n: 7 }), "7 people");
});

test("a hint behind the source is never shown", () => {
  assert.equal(t("申请发言#牌"), "申请发言");
});

test("a placeholder that was given nothing stays as it is, and text is never read twice", () => {
  assert.equal(t("{name}：{other}", { name: "{other}" }), "{other}：{other}");
});
