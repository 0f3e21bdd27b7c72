// <place-sheet>: all about one request or one session at the side: where it is and why, what every
// half-day would cost by term, which rules close the rest, and everything that can be done with it.

import { whoIsStrained } from "../lib/asking.js";
import { byRule, placeWords, priceShown, signed, sortedPrices } from "../lib/board.js";
import { el, icon } from "../lib/el.js";
import { daysOf, spansOf, spanText } from "../lib/spans.js";
import { t } from "../lib/words.js";

/** @import { Ask } from "../lib/asking.js" */
/** @import { Asked, Meeting, Place, Price, Prices, whereIs } from "../lib/board.js" */
/** @typedef {NonNullable<ReturnType<typeof whereIs>>} Known */
/**
 * @typedef {object} Deeds what the page does when a button of the sheet is pressed
 * @property {(price: Price) => void} put
 * @property {() => void} out
 * @property {() => void} digest
 * @property {(on: boolean) => void} pin
 * @property {(price: Price) => void} ask a leader for a half-day above a quota
 * @property {(asked: Asked) => void} unask
 */

/** One at a time, in front of the board; Escape closes it and gives the focus back. */
export class PlaceSheet extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.dialog = el("dialog", { class: "sheet", "aria-labelledby": "sheet-title" });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.close());
    this.append(this.dialog);
  }

  close() {
    this.dialog?.close();
  }

  /** @returns {boolean} */
  get open() {
    return Boolean(this.dialog?.open);
  }

  /**
   * @param {string} title
   * @param {string} facts one line below it
   * @param {...(Node | string)} parts
   */
  _show(title, facts, ...parts) {
    const close = el("button", { type: "button", class: "btn btn--quiet push" }, icon("i-x"), t("关上"));
    close.onclick = () => this.close();
    this.dialog?.replaceChildren(
      el("header", { class: "sheet__head" }, el("div", { class: "grow" }, el("h2", { id: "sheet-title" }, title), el("p", { class: "note" }, facts)), close),
      el("div", { class: "sheet__body" }, ...parts),
    );
    if (!this.dialog?.open) this.dialog?.showModal();
  }

  /**
   * @param {Known} known
   * @param {Deeds | null} deeds none: it may only be read
   * @param {Node | null} link to the request's own page
   * @param {Asked} [asked] what a leader has been asked for it
   */
  tellRequest(known, deeds, link, asked) {
    const { item, place, session, waiting } = known;
    const where = place && session ? t("现在在：{place} {start}，{title}", { place: this._place(place), start: item?.start || session.start, title: session.title }) : "";
    const why = el("section", { class: "why-here" }, el("h3", {}, where ? t("为什么在这里") : t("为什么还没有落处")), where ? el("p", { class: "b" }, where) : "", el("div", { "data-why": "" }, waiting?.why ? el("p", {}, waiting.why) : ""));
    if (asked) why.append(el("p", { class: "state state--warn" }, icon("st-warn"), asked.words));
    const keys = el("div", { class: "row row--2 wrap" });
    if (deeds && asked) keys.append(this._key(t("不请了，收回来"), "i-undo", () => deeds.unask(asked)));
    if (deeds && item) {
      keys.append(this._key(item.pinned ? t("不再钉住") : t("钉在这里"), "i-pin", () => deeds.pin(!item.pinned)));
      keys.append(this._key(t("放回待排"), "i-undo", deeds.out));
    }
    const digest = this._key(t("改登每周工作提示"), "i-mail", () => deeds?.digest());
    digest.hidden = true;
    if (deeds) digest.dataset.digest = "";
    keys.append(digest);
    if (link) keys.append(link);
    const list = el("section", { class: "put" }, el("h3", {}, deeds ? t("放到…") : t("别的半天")), el("div", { class: "skel", "data-prices": "" }, el("i"), el("i"), el("i")));
    this._show(known.topic, [known.number, known.department, t("{n}分", { n: known.minutes }), waiting?.audience_words || ""].filter(Boolean).join(" · "), why, keys, list);
    this.deeds = deeds;
  }

  /**
   * Fill in what was asked of the server meanwhile.
   * @param {Prices} prices
   * @param {(price: Price) => Place | undefined} find what is shown of a half-day
   */
  tellPrices(prices, find) {
    const [why, list, digest] = ["[data-why]", "[data-prices]", "[data-digest]"].map((part) => this.querySelector(part));
    if (!why || !list) return;
    if (prices.why?.length) why.replaceChildren(...prices.why.map((words) => el("p", {}, words)));
    if (digest instanceof HTMLElement) digest.hidden = !prices.digest?.legal || prices.digest.here;
    const { open, closed } = sortedPrices(prices.cells);
    const rows = open.map((price) => this._row(price, find(price)));
    list.className = "";
    list.replaceChildren(rows.length ? el("ul", { class: "prices" }, ...rows) : el("p", {}, t("没有一个半天放得下，往下看是哪些规矩挡着。")));
    if (closed.length) {
      const [days, language] = [daysOf(prices.cells), document.documentElement.lang];
      const reasons = byRule(closed).map(({ rule, cells }) => el("li", {}, el("b", {}, rule), el("span", {}, spansOf(cells, days).map((span) => spanText(span, language)).join(t("；")))));
      const shut = el("details", { class: "shut" }, el("summary", {}, t("另有 {n} 个半天不能放，为什么", { n: closed.length })), el("ul", {}, ...reasons));
      shut.open = rows.length === 0;
      list.append(shut);
    }
  }

  /** @param {string} words */
  tellTrouble(words) {
    const list = this.querySelector("[data-prices]");
    if (!list) return;
    list.className = "";
    list.replaceChildren(el("p", { class: "error" }, icon("i-x"), words));
  }

  /** @param {Price} price @param {Place | undefined} place */
  _row(price, place) {
    const shown = priceShown(price, place);
    const cost = el("span", { class: `cost cost--${shown.look}` }, icon(shown.shape), el("b", {}, shown.figure), " ", shown.words);
    const put = el("button", { type: "button", class: price.best ? "btn btn--primary" : "btn" }, t("放这里"), el("span", { class: "sr" }, this._when(price)));
    put.hidden = price.here || !price.legal || !this.deeds;
    put.onclick = () => this.deeds?.put(price);
    const ask = el("button", { type: "button", class: "btn" }, t("请领导批"), el("span", { class: "sr" }, this._when(price)));
    ask.hidden = price.kind !== "over" || !this.deeds;
    ask.onclick = () => this.deeds?.ask(price);
    const counted = price.terms.map(({ words, points }) => el("li", {}, el("span", {}, words), el("em", {}, t("{n} 分值", { n: signed(points) }))));
    const terms = counted.length ? el("details", {}, el("summary", {}, t("怎么算的")), el("ul", {}, ...counted)) : "";
    return el("li", {}, el("p", { class: "grow" }, el("b", {}, this._when(price)), cost, terms), put, ask);
  }

  /**
   * Show what a leader is to sign, and have the reason written.
   * @param {Ask[]} asks
   * @param {string} why to begin with
   * @param {(why: string) => void} send
   */
  tellAsk(asks, why, send) {
    const list = asks.map((ask) => {
      const strained = whoIsStrained(ask);
      const rows = strained.map(({ name, figures }) => el("li", {}, el("span", {}, name), el("em", {}, figures.join(t("，")))));
      const who = el("details", {}, el("summary", {}, t("哪 {n} 家超限", { n: strained.length })), el("ul", {}, ...rows));
      who.open = asks.length === 1;
      return el("li", {}, el("p", { class: "grow" }, el("b", {}, ask.topic), el("span", { class: "note" }, `${this._when(ask)} · ${ask.department} · ${t("{n}分", { n: ask.minutes })}`), who));
    });
    const reason = el("input", { class: "input", id: "ask-why", maxlength: "200", required: "" });
    reason.value = why;
    const form = el("form", { class: "stack stack--3 ask-form" }, el("div", { class: "field" }, el("label", { for: "ask-why" }, t("为什么要超限（领导看得到）")), reason), el("button", { class: "btn btn--primary" }, icon("i-approve"), t("报领导签")));
    form.onsubmit = (event) => {
      event.preventDefault();
      send(reason.value);
    };
    this._show(asks.length === 1 ? t("请领导批这个半天") : t("请领导批这些"), t("领导在“审批”里看到，签了就排进去；没签以前可以收回。"), el("ul", { class: "prices asks-list" }, ...list), form);
    reason.focus();
  }

  /**
   * @param {Meeting} session
   * @param {Place} place
   * @param {((on: boolean) => void) | null} freeze none: it may only be read
   * @param {(request: number) => void} open
   */
  tellSession(session, place, freeze, open) {
    const fixed = session.state === "open" || session.state === "held";
    const state = fixed ? (session.state === "open" ? t("正在开") : t("开过了")) : session.frozen ? t("冻结了：谁也不动这一场") : "";
    const keys = el("div", { class: "row row--2 wrap" });
    if (!fixed && freeze) keys.append(this._key(session.frozen ? t("解冻这一场") : t("冻结这一场"), "i-lock", () => freeze(!session.frozen)));
    const items = session.items.map((item) => {
      const line = el("li", {}, el("span", { class: "num" }, item.start), el("p", { class: "grow" }, el("b", {}, item.topic || t("原有议程")), el("span", { class: "note" }, `${item.department} · ${t("{n}分", { n: item.minutes })}${item.pinned ? ` · ${t("钉住了")}` : ""}`)));
      if (item.movable && item.request !== null) line.append(this._key(freeze ? t("放到…") : t("为什么"), "i-arrow", () => open(Number(item.request))));
      return line;
    });
    const free = session.free_minutes > 0 && !fixed ? el("p", { class: "note" }, t("还能拼 {n} 分", { n: session.free_minutes })) : "";
    this._show(session.title, `${this._place(place)} ${session.start} · ${t("{n} 分钟", { n: session.minutes })} · ${session.posts_words} ${t("{n} 家", { n: session.committees })}`,
      state ? el("p", { class: "b" }, state) : "", keys, el("ol", { class: "agenda-list" }, ...items), free);
  }

  /** @param {string} words @param {string} name @param {() => void} run */
  _key(words, name, run) {
    const key = el("button", { type: "button", class: "btn" }, icon(name), words);
    key.onclick = run;
    return key;
  }

  /** @param {{date: string, half: import("../lib/board.js").Half}} where */
  _when(where) {
    return placeWords(where.date, where.half, document.documentElement.lang);
  }

  /** @param {Place} place */
  _place(place) {
    return this._when(place);
  }
}

customElements.define("place-sheet", PlaceSheet);
