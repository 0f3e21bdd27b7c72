// <two-truths>: does the main venue see and hear this venue, and is its attendance recorded.

import { el, icon, say, setIcon } from "../lib/el.js";
import { recordedLine, seenLine } from "../lib/truths.js";

/** @import { Truth } from "../lib/protocol.js" */
/** @import { Line } from "../lib/truths.js" */

/** Two boxes that change words, shape and colour together. */
export class TwoTruths extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.append(this._box(), this._box());
  }

  _box() {
    const words = el("div", { role: "status" }, el("b"), el("small"));
    return el("div", { class: "truth truth--warn" }, icon("st-wait"), words);
  }

  /**
   * @param {Truth | null} truth
   * @param {boolean} online
   * @param {number} heads
   */
  show(truth, online, heads) {
    this._fill(this.children[0], seenLine(truth, online));
    this._fill(this.children[1], recordedLine(truth, heads));
  }

  /**
   * @param {Element} box
   * @param {Line} line
   */
  _fill(box, line) {
    box.className = line.look ? `truth truth--${line.look}` : "truth";
    setIcon(box, line.look ? "st-warn" : "st-ok");
    const words = /** @type {Element} */ (box.querySelector("b"));
    const note = /** @type {Element} */ (box.querySelector("small"));
    say(words, line.words);
    say(note, line.note);
  }
}

customElements.define("two-truths", TwoTruths);
