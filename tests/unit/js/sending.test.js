import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { refusalOf, sentText } from "../../../web/static/js/lib/sending.js";
import { learn } from "../../../web/static/js/lib/words.js";

beforeEach(() => learn({}));

test("a file is refused before it is sent when it is another kind, empty or too large", () => {
  assert.equal(refusalOf({ name: "电梯.MP4", size: 10 }, 100), "");
  assert.equal(refusalOf({ name: "IMG_1.mov", size: 100 }, 100), "");
  assert.match(refusalOf({ name: "a.avi", size: 10 }, 100), /不是 MP4/);
  assert.match(refusalOf({ name: "a.webm", size: 0 }, 100), /空的/);
  assert.match(refusalOf({ name: "a.webm", size: 3 << 20 }, 2 << 20), /不能超过 2 MB/);
});

test("how far the sending is stands in megabytes", () => {
  assert.equal(sentText(1_572_864, 3 << 20), "已传 1.5 MB，共 3.0 MB。请不要关这一页。");
  assert.equal(sentText(3 << 20, 3 << 20), "传完了，正在收下。");
});
