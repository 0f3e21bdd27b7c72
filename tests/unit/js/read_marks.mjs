// Prints, as JSON, what the browser's reader finds in each raw RGBA picture named on the command
// line as FILE:WIDTH:HEIGHT.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

runInThisContext(readFileSync(new URL("../../browser/mark.js", import.meta.url), "utf8"));
const found = process.argv.slice(2).map((word) => {
  const [file, width, height] = word.split(":");
  const data = new Uint8ClampedArray(readFileSync(file));
  return globalThis.readMark({ data, width: Number(width), height: Number(height) });
});
console.log(JSON.stringify(found));
