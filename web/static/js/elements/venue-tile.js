// <venue-tile data-venue data-name>: one branch venue on the wall, as a button with its picture;
// with data-still, for a second screen, there is nothing to press.

import { el, icon, say, setIcon } from "../lib/el.js";
import { numeral } from "../lib/room.js";
import { t } from "../lib/words.js";

/** @import { TileState } from "../lib/hall.js" */

/** Built once; afterwards only words, classes and the stream change, so that nothing jumps. */
export class VenueTile extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.video = el("video", { playsinline: "", autoplay: "", muted: "", tabindex: "-1" });
    this.video.muted = true;
    this.video.disablePictureInPicture = true;
    this.flag = el("span", { class: "venue__flag", hidden: "" }, icon("i-mic"), el("span"));
    this.heads = el("span", { class: "n" });
    this.usual = el("span", { class: "sr" });
    const still = "still" in this.dataset;
    const menu = { type: "button", "aria-haspopup": "menu", "aria-expanded": "false" };
    this.button = el(
      still ? "div" : "button",
      { class: "venue", ...(still ? {} : menu) },
      this.video,
      this.flag,
      el(
        "span",
        { class: "venue__bar" },
        el("span", { class: "no" }, numeral(this.number)),
        el("b", {}, this.dataset.name || ""),
        this.heads,
      ),
      this.usual,
    );
    this.append(this.button);
  }

  /** @returns {number} */
  get number() {
    return Number(this.dataset.venue);
  }

  /**
   * @param {TileState} state
   * @param {number} heads -1 while nobody has said
   * @param {boolean} voiced whether this venue is heard now
   */
  show(state, heads, voiced) {
    const { button, flag, usual } = this;
    if (!button || !flag || !usual || !this.heads) return;
    const known = ["venue"];
    if (state.look) known.push(`venue--${state.look}`);
    if (voiced) known.push("venue--voiced");
    button.className = known.join(" ");
    this.dataset.look = state.look;
    flag.hidden = !state.words;
    if (state.icon) {
      setIcon(flag, state.icon);
      flag.firstElementChild?.setAttribute("class", state.icon.startsWith("i-") ? "i" : "");
    }
    say(/** @type {Element} */ (flag.lastElementChild), state.words);
    say(this.heads, heads >= 0 ? t("{n}人", { n: heads }) : "");
    say(usual, state.words ? "" : t("在会"));
  }

  /** @param {boolean} open whether its menu is open */
  set expanded(open) {
    this.button?.setAttribute("aria-expanded", String(open));
  }
}

customElements.define("venue-tile", VenueTile);
