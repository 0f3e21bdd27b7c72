// <board-grid>: the half-days of one week, or of five weeks small, with their sessions and prices.

import { cellKey, columnsOf, crowdWords, halfWords, placeWords, placesOf, priceShown, sessionOf, weekdayWords, whereIs } from "../lib/board.js";
import { el, icon } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @import { Asked, Day, HalfDay, Item, Meeting, Place, Price, State, Week } from "../lib/board.js" */

/** From so many items on a session is drawn closer. */
const LONG = 5;

/** Drawn anew with each state; while something is carried only looks and prices change. */
export class BoardGrid extends HTMLElement {
  /** @type {State | null} */
  state = null;
  /** Requests whose place is another than before, when a plan is looked at. @type {Set<number>} */
  marked = new Set();
  still = false;

  connectedCallback() {
    this.classList.add("week");
    this.setAttribute("role", "region");
  }

  get language() {
    return document.documentElement.lang;
  }

  /**
   * @param {State} state
   * @param {{still?: boolean, marked?: Set<number>}} [view] still: nothing can be taken up
   */
  show(state, { still = false, marked = new Set() } = {}) {
    const small = state.weeks.length > 1;
    Object.assign(this, { state, still, marked });
    this.classList.toggle("week--small", small);
    this.classList.toggle("week--still", still);
    this.style.setProperty("--columns", String(columnsOf(state).length || 5));
    this.style.setProperty("--weeks", String(state.weeks.length));
    this.setAttribute("aria-label", small ? t("五周") : t("一周"));
    this.replaceChildren(...this._heads(state, small), ...state.weeks.flatMap((week) => this._week(state, week, small)));
  }

  /** @param {State} state @param {boolean} small */
  _heads(state, small) {
    const week = state.weeks[0];
    return [el("span"), ...columnsOf(state).map((weekday) => {
      const day = week.days.find((one) => one.weekday === weekday);
      if (small || !day) return el("div", { class: "dh" }, this._weekday(state, weekday));
      const head = el("div", { class: day.date === state.today ? "dh on" : "dh" }, `${weekdayWords(day.date, this.language)} `, el("b", {}, String(Number(day.date.slice(8)))));
      if (day.date === state.today) head.append(el("span", { class: "note" }, t("今天")));
      if (day.makeup) head.append(el("span", { class: "tag" }, t("调休上班")));
      return head;
    })];
  }

  /** @param {State} state @param {number} weekday */
  _weekday(state, weekday) {
    const day = state.weeks.flatMap((week) => week.days).find((one) => one.weekday === weekday);
    return day ? weekdayWords(day.date, this.language) : "";
  }

  /** @param {State} state @param {Week} week @param {boolean} small */
  _week(state, week, small) {
    return [0, 1].flatMap((row) => {
      const half = row ? "PM" : "AM";
      const name = small ? el("span", {}, row ? t("下#半天") : t("上#半天")) : el("span", {}, halfWords(half));
      return [
        el("div", { class: "hh" }, name),
        ...columnsOf(state).map((weekday) => {
          const day = week.days.find((one) => one.weekday === weekday);
          return day && day.halves[row] ? this._cell(state, day, day.halves[row], small) : el("div", { class: "cell cell--no" });
        }),
      ];
    });
  }

  /** @param {State} state @param {Day} day @param {HalfDay} halfDay @param {boolean} small */
  _cell(state, day, halfDay, small) {
    const cell = el("div", {
      class: halfDay.closed ? "cell cell--no" : "cell",
      "data-cell": cellKey(day.date, halfDay.half),
      role: "group",
      "aria-label": placeWords(day.date, halfDay.half, this.language),
    });
    if (small && halfDay.half === "AM") cell.append(this._date(state, day));
    const asked = (state.asked || []).filter((one) => one.date === day.date && one.half === halfDay.half);
    cell.append(...halfDay.sessions.map((session) => (small ? this._chip(session) : this._session(session))), ...asked.map((one) => this._asked(one)));
    if (!halfDay.sessions.length && !asked.length) {
      const note = this._note(day, halfDay, small);
      if (note) cell.append(note);
    }
    return cell;
  }

  /** @param {State} state @param {Day} day */
  _date(state, day) {
    const words = String(Number(day.date.slice(8)));
    return el("button", { type: "button", class: day.date === state.today ? "date on" : "date", "data-day": day.date }, words, el("span", { class: "sr" }, t("看那一周")));
  }

  /** @param {Day} day @param {HalfDay} halfDay @param {boolean} small */
  _note(day, halfDay, small) {
    const words = el("span");
    const closed = halfDay.closed?.words || "";
    if (small) words.append(day.name || (halfDay.closed?.code === "past" ? "" : closed));
    else if (day.digest && halfDay.half === "AM") {
      words.append(el("b", {}, t("每周工作提示")), el("br"), ...(day.digest.sent ? [t("已经发出")] : [t("到时自动发")]), el("br"), t("{n} 件事没有开会", { n: day.digest.count }));
      if (closed && !day.digest.sent) words.append(el("br"), closed);
    } else if (closed) {
      if (day.name && day.name !== closed) words.append(el("b", {}, day.name), el("br"));
      words.append(closed);
    } else words.append(t("空着"));
    return words.textContent ? el("p", { class: "mid-note" }, words) : null;
  }

  /** @param {Meeting} session */
  _session(session) {
    const done = session.state === "held";
    const when = el("p", { class: "when" }, el("b", {}, session.start), el("span", { class: "cut", title: session.posts_words }, crowdWords(session)), this._standing(session));
    const open = el("button", { type: "button", class: "sess__open cut", "data-session": session.key }, session.title);
    const slots = this._sized(el("div", { class: "slots" }, ...session.items.map((item) => this._slot(item))), session.minutes);
    const free = session.free_minutes > 0 && !done ? [this._sized(el("div", { class: "slot slot--free" }, el("span", {}, t("可拼余量")), el("em", {}, t("{n}分", { n: session.free_minutes }))), session.free_minutes)] : [];
    const article = el("article", { class: done ? "sess sess--done" : "sess" }, el("header", { class: "sess__head" }, when, el("h3", { class: "cut" }, open)), slots, ...free);
    article.classList.toggle("sess--long", session.items.length >= LONG);
    return article;
  }

  /** A place that waits for a leader's signature. @param {Asked} one */
  _asked(one) {
    const words = el("span", {}, el("b", {}, one.topic), icon("i-approve"), t("等签字"));
    return el("button", { type: "button", class: "slot slot--asked", "data-request": String(one.request), "aria-describedby": "how", title: one.topic }, words, el("em", {}, t("{n}分", { n: one.minutes })));
  }

  /** What sets a session apart, at the right of its first line. @param {Meeting} session */
  _standing(session) {
    const place = el("span", { class: "push row row--2" });
    if (session.state === "open") place.append(el("span", { class: "tag tag--live" }, t("正在开")));
    else if (session.state === "held") place.append(t("开过了"));
    else {
      if (session.frozen) place.append(icon("i-lock"), el("span", { class: "sr" }, t("冻结了")));
      if (session.changed) place.append(el("span", { class: "fresh" }, session.id === null ? t("新的") : t("改了")));
    }
    return place;
  }

  /** @param {Item} item @param {boolean} [named] with its topic to be read */
  _slot(item, named = false) {
    const free = item.movable && item.request !== null && !this.still;
    const slot = free ? el("button", { type: "button", "data-request": String(item.request), "aria-describedby": "how" }) : el("div");
    slot.className = item.host ? "slot slot--host" : "slot";
    slot.classList.toggle("slot--marked", item.request !== null && this.marked.has(item.request));
    slot.title = item.topic;
    const name = el("span", {}, item.host ? t("{department} 主办", { department: item.department }) : item.department);
    if (item.pinned) name.prepend(icon("i-pin"), el("span", { class: "sr" }, t("钉住了")));
    slot.append(name, el("em", {}, t("{n}分", { n: item.minutes })), el("span", { class: named ? "slot__topic" : "sr" }, item.topic));
    return this._sized(slot, item.minutes);
  }

  /** @template {HTMLElement} Kind @param {Kind} slot @param {number} minutes @returns {Kind} */
  _sized(slot, minutes) {
    slot.style.setProperty("--m", String(minutes));
    return slot;
  }

  /** @param {Meeting} session */
  _chip(session) {
    const movable = session.items.filter((item) => item.movable && item.request !== null);
    const chip = el("button", { type: "button", class: `chip chip--${session.state}`, "data-session": session.key, title: session.title },
      el("b", {}, session.start), el("span", { class: "cut" }, session.title), el("em", {}, t("{n}项", { n: session.items.length })));
    if (movable.length === 1 && session.items.length === 1 && !this.still) chip.dataset.request = String(movable[0].request);
    else if (movable.length && !this.still) {
      chip.dataset.fan = session.key;
      chip.setAttribute("aria-expanded", "false");
    }
    chip.classList.toggle("chip--marked", session.items.some((item) => item.request !== null && this.marked.has(item.request)));
    return chip;
  }

  /**
   * Spread out the items of a session that is drawn small, so that one of them can be chosen.
   * @param {string} key of the session
   * @returns {HTMLElement | null} its first item that can be moved
   */
  fan(key) {
    this.fold();
    const chip = this.querySelector(`[data-fan="${key}"]`);
    const session = this.state && sessionOf(this.state, key)?.session;
    if (!(chip instanceof HTMLElement) || !session) return null;
    const whole = el("button", { type: "button", class: "btn btn--quiet", "data-session": key }, t("看整场"));
    const items = session.items.map((item) => el("li", {}, this._slot(item, true)));
    const fan = el("div", { class: "fan", role: "group", "aria-label": session.title }, el("header", {}, el("b", { class: "cut" }, session.title), whole), el("ul", {}, ...items));
    this.append(fan);
    chip.setAttribute("aria-expanded", "true");
    const box = chip.getBoundingClientRect();
    const below = box.bottom + fan.offsetHeight + 8 < innerHeight;
    fan.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - fan.offsetWidth - 8))}px`);
    fan.style.setProperty("top", `${below ? box.bottom + 4 : Math.max(8, box.top - fan.offsetHeight - 4)}px`);
    return fan.querySelector("[data-request]");
  }

  /** Put the spread out items away. @returns {HTMLElement | null} what they had come out of */
  fold() {
    this.querySelector(".fan")?.remove();
    const chip = this.querySelector("[data-fan][aria-expanded=true]");
    chip?.setAttribute("aria-expanded", "false");
    return chip instanceof HTMLElement ? chip : null;
  }

  /** Find what a request can be taken up by, spreading out its session if need be. @param {number} request @returns {HTMLElement | null} */
  reveal(request) {
    const drawn = this.querySelector(`[data-request="${request}"]`);
    if (drawn instanceof HTMLElement) return drawn;
    const session = this.state && whereIs(this.state, request)?.session;
    if (!session || !this.fan(session.key)) return null;
    return this.querySelector(`.fan [data-request="${request}"]`);
  }

  /** @returns {HTMLElement[]} */
  _cells() {
    return Array.from(this.querySelectorAll("[data-cell]"));
  }

  /**
   * Colour every half-day by what it would cost; without prices, say that they are on their way.
   * @param {Map<string, Price> | null} prices
   */
  paint(prices) {
    const small = this.classList.contains("week--small");
    const places = new Map(this.state ? placesOf(this.state).map((place) => [place.key, place]) : []);
    for (const cell of this._cells()) {
      const key = cell.dataset.cell || "";
      const price = prices?.get(key);
      const place = places.get(key);
      this._unpaint(cell, Boolean(place?.halfDay.closed));
      if (!price || place?.halfDay.closed?.code === "past") continue;
      const shown = priceShown(price, place);
      cell.classList.toggle("cell--no", shown.look === "no");
      cell.classList.toggle("cell--best", price.best);
      if (shown.look !== "no") cell.classList.add(`cell--${shown.look}`);
      const words = el("span");
      if (shown.figure) words.append(el("b", {}, shown.figure), " ");
      if (!small || !shown.figure) words.append(small ? "" : shown.words);
      cell.append(el("p", { class: "price", title: shown.words }, icon(shown.shape), words));
    }
  }

  /** Take the colours off again. */
  clear() {
    this.paint(null);
    this.at(null);
  }

  /** @param {HTMLElement} cell @param {boolean} closed */
  _unpaint(cell, closed) {
    cell.classList.remove("cell--free", "cell--cost", "cell--over", "cell--best");
    cell.classList.toggle("cell--no", closed);
    cell.querySelector(".price")?.remove();
  }

  /**
   * Mark the half-day over which something is held.
   * @param {string | null} key
   */
  at(key) {
    for (const cell of this._cells()) {
      const here = cell.dataset.cell === key;
      cell.classList.toggle("cell--at", here);
      if (here) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  /** @param {string} key @returns {Place | undefined} */
  place(key) {
    return this.state ? placesOf(this.state).find((place) => place.key === key) : undefined;
  }
}

customElements.define("board-grid", BoardGrid);
