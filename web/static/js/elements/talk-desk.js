// <talk-desk>: what the main venue writes: the banner, a ballot, and the questions that came in.
// Fires "banner" {word}, "ballot" {word, choices, secret}, "done" {question}, "give" {venue}.

import { el, icon, say } from "../lib/el.js";
import { lasting } from "../lib/hall.js";
import { t } from "../lib/words.js";

/** @import { QuestionNow } from "../lib/protocol.js" */

const BANNER_LENGTH = 60;
const TEXT_LENGTH = 80;
const CHOICE_LENGTH = 20;
const MOST_CHOICES = 6;

/** One dialog for each of the three; what was typed and not sent stays where it is. */
export class TalkDesk extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    /** @type {QuestionNow[] | undefined} */
    this.questions = [];
    this.banner = this._bannerDialog();
    this.ballot = this._ballotDialog();
    this.list = el("ul", { class: "asked" });
    this.nobody = el("p", { class: "muted" }, t("现在没有会场提问。"));
    const close = el("button", { class: "btn btn--l" }, t("关上"));
    this.asked = dialog("asked-title", t("各会场的提问"), [this.list, this.nobody], [close]);
    this.append(this.banner, this.ballot, this.asked);
  }

  /** @param {string} text what stands on the screens now */
  writeBanner(text) {
    const field = this.banner?.querySelector("input");
    if (!this.banner || !field) return;
    field.value = text;
    if (this.away) this.away.hidden = !text;
    this.banner.showModal();
    field.select();
  }

  writeBallot() {
    this.ballot?.showModal();
  }

  openQuestions() {
    this.asked?.showModal();
  }

  /**
   * @param {QuestionNow[]} questions
   * @param {(venue: number) => string} title
   * @param {number} nowMs
   */
  show(questions, title, nowMs) {
    const { list, nobody } = this;
    if (!list || !nobody) return;
    const waiting = questions.filter((question) => !question.done);
    nobody.hidden = waiting.length > 0;
    if (JSON.stringify(waiting) !== JSON.stringify(this.questions)) {
      this.questions = waiting;
      list.replaceChildren(...waiting.map((question) => this._row(question, title(question.venue))));
    }
    waiting.forEach((question, index) => {
      const time = list.children[index]?.querySelector("small");
      if (time) say(time, t("{length}前", { length: lasting(Math.max(0, nowMs - question.at_ms) / 1000) }));
    });
  }

  /**
   * @param {QuestionNow} question
   * @param {string} title
   */
  _row(question, title) {
    const give = el("button", { type: "button", class: "btn" }, t("请发言"), el("span", { class: "sr" }, title));
    give.onclick = () => this._fire("give", { venue: question.venue });
    const done = el("button", { type: "button", class: "btn btn--primary" }, t("答过了"), el("span", { class: "sr" }, title));
    done.onclick = () => this._fire("done", { question: question.number });
    const words = el("div", { class: "grow" }, el("b", {}, title, " ", el("small", { class: "muted" })), el("p", {}, question.text));
    return el("li", {}, words, give, done);
  }

  _bannerDialog() {
    const field = el("input", { class: "input", id: "banner-text", maxlength: String(BANNER_LENGTH), autocomplete: "off" });
    const away = (this.away = el("button", { type: "button", class: "btn btn--l" }, t("撤下横幅")));
    const leave = el("button", { type: "button", class: "btn btn--l" }, t("算了"));
    const put = el("button", { class: "btn btn--primary btn--l" }, t("挂出去"));
    const label = el("label", { for: "banner-text" }, t("写一句话，最多 {n} 个字，所有会场马上看到", { n: BANNER_LENGTH }));
    const found = dialog("banner-title", t("横幅"), [el("div", { class: "field" }, label, field)], [leave, away, put]);
    leave.onclick = () => found.close();
    away.onclick = () => {
      this._fire("banner", { word: "" });
      found.close();
    };
    found.querySelector("form")?.addEventListener("submit", () => this._fire("banner", { word: field.value }));
    return found;
  }

  _ballotDialog() {
    const text = el("input", { class: "input", id: "ballot-text", maxlength: String(TEXT_LENGTH), required: "", autocomplete: "off" });
    const choices = Array.from({ length: MOST_CHOICES }, (_, index) =>
      el("input", { class: "input", maxlength: String(CHOICE_LENGTH), autocomplete: "off", "aria-label": t("选项 {n}#表决", { n: index + 1 }) }),
    );
    [t("同意"), t("不同意"), t("弃权")].forEach((word, index) => (choices[index].value = word));
    const secret = el("input", { type: "checkbox", id: "ballot-secret" });
    const note = el("p", { class: "field__error", role: "alert", hidden: "" }, t("至少写两个选项，不能一样。"));
    const fields = [
      el("div", { class: "field" }, el("label", { for: "ballot-text" }, t("问各会场什么？")), text),
      el("fieldset", { class: "field" }, el("legend", {}, t("选项，最多六个")), el("div", { class: "choices-2" }, ...choices)),
      el("label", { class: "choice", for: "ballot-secret" }, secret, el("span", {}, t("不记名：谁投了什么，谁也查不到"))),
      note,
    ];
    const cancel = el("button", { type: "button", class: "btn btn--l" }, t("不发了"));
    const found = dialog("ballot-title", t("表决"), fields, [cancel, el("button", { class: "btn btn--primary btn--l" }, t("发给各会场"))]);
    cancel.onclick = () => found.close();
    found.querySelector("form")?.addEventListener("submit", (event) => {
      const words = choices.map((choice) => choice.value.trim()).filter(Boolean);
      const fine = words.length >= 2 && new Set(words).size === words.length;
      note.hidden = fine;
      if (fine) this._fire("ballot", { word: text.value, choices: words, secret: secret.checked });
      else event.preventDefault();
    });
    return found;
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  _fire(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * @param {string} id of its heading
 * @param {string} title
 * @param {Node[]} body
 * @param {Node[]} foot
 */
function dialog(id, title, body, foot) {
  const form = el(
    "form",
    { method: "dialog" },
    el("div", { class: "dialog__head" }, el("h2", { id }, icon("i-edit"), " ", title)),
    el("div", { class: "dialog__body stack stack--3" }, ...body),
    el("div", { class: "dialog__foot" }, ...foot),
  );
  return el("dialog", { class: "dialog talk", "aria-labelledby": id }, form);
}

customElements.define("talk-desk", TalkDesk);
