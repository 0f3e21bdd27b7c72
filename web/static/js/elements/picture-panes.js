// <picture-panes>: several pictures at once, laid out as the server says. Empty while one is big.

import { el, say, watch } from "../lib/el.js";
import { numeral } from "../lib/room.js";

/** @import { View } from "../lib/protocol.js" */

/**
 * @typedef {object} Sources
 * @property {(slot: number) => MediaStream | null} slot the picture of a slot
 * @property {MediaStream | null} own the page's own camera
 * @property {(venue: number) => string} name what a venue is called
 */

/** A place is made once and kept while the layout has it, so that nothing jumps or flickers. */
export class PicturePanes extends HTMLElement {
  /**
   * @param {View | null} view
   * @param {Sources} sources
   */
  show(view, sources) {
    const panes = view && view.layout !== "1" ? view.panes : [];
    this.hidden = panes.length === 0;
    this.dataset.layout = view ? view.layout : "1";
    this.dataset.count = String(panes.length);
    while (this.childElementCount > panes.length) this._drop();
    while (this.childElementCount < panes.length) this.append(this._place());
    panes.forEach((pane, index) => {
      const place = this.children[index];
      const [video, bar] = /** @type {[HTMLVideoElement, HTMLElement]} */ (Array.from(place.children));
      place.className = pane.content ? "venue venue--content" : "venue";
      place.setAttribute("data-venue", String(pane.venue));
      watch(video, pane.slot < 0 ? sources.own : sources.slot(pane.slot));
      say(bar.children[0], pane.venue ? numeral(pane.venue) : "");
      say(bar.children[1], sources.name(pane.venue));
    });
  }

  _drop() {
    const video = this.lastElementChild?.querySelector("video");
    if (video) video.srcObject = null;
    this.lastElementChild?.remove();
  }

  _place() {
    const video = el("video", { playsinline: "", autoplay: "", muted: "", tabindex: "-1" });
    video.muted = true;
    video.disablePictureInPicture = true;
    const bar = el("span", { class: "venue__bar" }, el("span", { class: "no" }), el("b"));
    return el("div", { class: "venue" }, video, bar);
  }
}

customElements.define("picture-panes", PicturePanes);
