// Sends a video file while one sees how far it is; what it is worth the server finds out.

import { need, say } from "../lib/el.js";
import { refusalOf, sentText } from "../lib/sending.js";
import { t } from "../lib/words.js";

const place = need(document, "[data-send]", HTMLFormElement);
const field = need(place, "input[type=file]", HTMLInputElement);
const bar = need(place, "progress", HTMLProgressElement);
const said = need(place, "[data-said]", HTMLElement);
const trouble = need(place, "[data-trouble]", HTMLElement);

/** @param {string} words */
function complain(words) {
  window.removeEventListener("beforeunload", stay);
  bar.hidden = true;
  field.disabled = false;
  trouble.hidden = false;
  say(trouble, words);
  say(said, t("选好就开始传，传的时候请不要关这一页。"));
}

/** @param {BeforeUnloadEvent} event */
function stay(event) {
  event.preventDefault();
}

/** @param {XMLHttpRequest} request */
function answered(request) {
  if (request.status === 204) {
    window.removeEventListener("beforeunload", stay);
    location.reload();
    return;
  }
  let words = "";
  try {
    words = JSON.parse(request.responseText).title;
  } catch {
    words = "";
  }
  complain(words || t("没有传上去。请看网线、再选一次；还不行就找管理员。"));
}

/** @param {File} file */
function send(file) {
  const request = new XMLHttpRequest();
  request.open("POST", place.dataset.send || "");
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.setRequestHeader("X-CSRF-Token", place.dataset.csrf || "");
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    bar.value = Math.floor((event.loaded * 100) / Math.max(1, event.total));
    say(said, sentText(event.loaded, event.total));
  });
  request.addEventListener("load", () => answered(request));
  request.addEventListener("error", () => complain(t("没有传上去。请看网线、再选一次；还不行就找管理员。")));
  window.addEventListener("beforeunload", stay);
  request.send(file);
}

place.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("change", () => {
  const [file] = field.files || [];
  if (!file) return;
  trouble.hidden = true;
  const refusal = refusalOf(file, Number(place.dataset.most));
  if (refusal) {
    complain(refusal);
    field.value = "";
    return;
  }
  bar.hidden = false;
  bar.value = 0;
  field.disabled = true;
  send(file);
});
