// <recording-desk>: begin and end a recording, each with a reason.
// Fires "start" {at, word, venues} and "stop" {word}.

import { el, icon } from "../lib/el.js";
import { t } from "../lib/words.js";

/** @import { RecordingNow, VenueNow } from "../lib/protocol.js" */

const REASON_LENGTH = 60;

/** One dialog for the beginning, one for the end. */
export class RecordingDesk extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.reason = reasonField("record-why", t("为什么录？各会场都看得到"), t("会议存档"));
    this.ending = reasonField("record-end", t("为什么停？"), t("录完了"));
    this.venues = el("div", { class: "choices-2 record__venues", hidden: "" });
    this.none = el("p", { class: "error", role: "alert", hidden: "" }, t("至少选一个会场。"));
    const scopes = el("fieldset", { class: "field record__what" }, el("legend", {}, t("录什么")), ...this._scopes());
    this.begin = this._dialog("record-title", t("开始录像"), [this.reason.field, scopes, this.venues, this.none], t("开始录"), "start");
    this.finish = this._dialog("record-stop-title", t("停止录像"), [this.ending.field], t("停下"), "stop");
    this.append(this.begin, this.finish);
  }

  /**
   * @param {RecordingNow} recording
   * @param {VenueNow[]} venues
   * @param {string} usual the scope that is set for this installation
   */
  open(recording, venues, usual) {
    const { begin, finish, venues: list } = this;
    if (!begin || !finish || !list) return;
    if (recording.on) return finish.showModal();
    list.replaceChildren(...venues.map((venue) => venueChoice(venue)));
    const chosen = begin.querySelector(`input[name=scope][value="${usual}"]`);
    if (chosen instanceof HTMLInputElement) chosen.checked = true;
    this._drawVenues();
    begin.showModal();
  }

  _scopes() {
    const words = {
      programme: t("全场看到的画面和听到的声音"),
      everything: t("所有会场的画面和声音"),
      venues: t("选定的会场"),
      sound: t("只录声音"),
    };
    return Object.entries(words).map(([value, text]) => {
      const radio = el("input", { type: "radio", name: "scope", value });
      radio.onchange = () => this._drawVenues();
      return el("label", { class: "choice" }, radio, el("span", {}, text));
    });
  }

  get scope() {
    const chosen = this.begin?.querySelector("input[name=scope]:checked");
    return chosen instanceof HTMLInputElement ? chosen.value : "programme";
  }

  _drawVenues() {
    if (this.venues) this.venues.hidden = this.scope !== "venues";
    if (this.none) this.none.hidden = true;
  }

  /**
   * @param {string} id
   * @param {string} title
   * @param {Node[]} body
   * @param {string} words
   * @param {"start" | "stop"} type
   */
  _dialog(id, title, body, words, type) {
    const cancel = el("button", { type: "button", class: "btn btn--l" }, t("算了"));
    const form = el(
      "form",
      { method: "dialog" },
      el("div", { class: "dialog__head" }, el("h2", { id }, icon("i-cam"), " ", title)),
      el("div", { class: "dialog__body stack stack--3" }, ...body),
      el("div", { class: "dialog__foot" }, cancel, el("button", { class: "btn btn--primary btn--l" }, words)),
    );
    const found = el("dialog", { class: "dialog talk", "aria-labelledby": id }, form);
    cancel.onclick = () => found.close();
    form.addEventListener("submit", (event) => this._submit(event, type));
    return found;
  }

  /**
   * @param {Event} event
   * @param {"start" | "stop"} type
   */
  _submit(event, type) {
    const { reason, ending, none } = this;
    if (!reason || !ending || !none) return;
    if (type === "stop") return this._fire("stop", { word: ending.input.value });
    const at = this.scope;
    const venues = at === "venues" ? this._chosen() : [];
    none.hidden = at !== "venues" || venues.length > 0;
    if (none.hidden) this._fire("start", { at, word: reason.input.value, venues });
    else event.preventDefault();
  }

  _chosen() {
    const boxes = this.venues ? Array.from(this.venues.querySelectorAll("input")) : [];
    return boxes.filter((box) => box.checked).map((box) => Number(box.value));
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
 * @param {string} id
 * @param {string} words
 * @param {string} usual
 */
function reasonField(id, words, usual) {
  const input = el("input", { class: "input", id, maxlength: String(REASON_LENGTH), required: "", pattern: ".*\\S.*", autocomplete: "off", value: usual });
  return { input, field: el("div", { class: "field" }, el("label", { for: id }, words), input) };
}

/** @param {VenueNow} venue */
function venueChoice(venue) {
  const box = el("input", { type: "checkbox", value: String(venue.number) });
  return el("label", { class: "choice" }, box, el("span", {}, venue.number ? `${venue.number} ${venue.name}` : t("主会场")));
}

customElements.define("recording-desk", RecordingDesk);
