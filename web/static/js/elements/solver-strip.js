// <solver-strip>: how far the search for a better plan has come, as a line chart and in words.

import { foundWords, progressShown, sparkOf } from "../lib/board.js";
import { el, say } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @import { Progress } from "../lib/board.js" */

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [150, 44];

/** Hidden until there is something to tell. The page finds its buttons by `data-do`. */
export class SolverStrip extends HTMLElement {
  /** Whether who looks may only look. */
  reads = false;

  connectedCallback() {
    if (this.firstChild) return;
    this.classList.add("solver");
    this.chart = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": t("方案越来越省，下限越来越高") });
    this.words = el("div", { class: "solver__txt", title: t("点是趟数、场数和改动合起来的代价，越少越好") });
    this.stop = el("button", { type: "button", class: "btn btn--quiet", "data-do": "stop" }, t("停下"));
    this.look = el("button", { type: "button", class: "btn", "data-do": "look" }, t("看这个方案"));
    this.append(this.chart, this.words, el("div", { class: "row row--2" }, this.stop, this.look));
    this.hidden = true;
  }

  /** @param {Progress | null} progress */
  show(progress) {
    const { chart, words, stop, look } = this;
    if (!chart || !words || !stop || !look) return;
    this.hidden = !progress || (!progress.running && !progress.found);
    if (!progress || this.hidden) return;
    this._draw(chart, progress);
    const told = progressShown(progress);
    while (words.children.length > told.length) words.lastElementChild?.remove();
    while (words.children.length < told.length) words.append(el("span", {}, el("span"), " ", el("b")));
    told.forEach(({ words: sentence, figure, quiet }, i) => {
      words.children[i].classList.toggle("muted", Boolean(quiet));
      const [before, bold] = words.children[i].children;
      say(before, sentence);
      say(bold, figure);
    });
    if (progress.found) words.append(el("span", { class: "muted" }, foundWords(progress.found)));
    stop.hidden = !progress.running || this.reads;
    look.hidden = this.reads && !progress.found;
    look.disabled = !progress.found && progress.best === null;
  }

  /** @param {SVGElement} chart @param {Progress} progress */
  _draw(chart, progress) {
    const { best, bound, end } = sparkOf(progress.points, WIDTH, HEIGHT);
    chart.replaceChildren(
      svg("path", { class: "spark__floor", d: `M0 ${HEIGHT - 0.5}H${WIDTH}` }),
      svg("path", { class: "spark__best", d: best }),
      svg("path", { class: "spark__bound", d: bound }),
      ...(end ? [svg("circle", { class: "spark__end", cx: String(end[0]), cy: String(end[1]), r: "4" })] : []),
    );
  }
}

/** @param {string} name @param {Record<string, string>} attributes @returns {SVGElement} */
function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return /** @type {SVGElement} */ (node);
}

customElements.define("solver-strip", SolverStrip);
