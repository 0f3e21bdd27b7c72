// The player of a recording: our own controls, parts to jump to, and what was watched is told.

import { need, say, setIcon } from "../lib/el.js";
import { chapterFrom, deedOf, partAt, placeText, Watched } from "../lib/playback.js";
import { t } from "../lib/words.js";

/** @import { Deed } from "../lib/playback.js" */

const TELL_EVERY_S = 60;
const STEP_S = 10;
const LITTLE_S = 5;

const place = need(document, ".watching", HTMLElement);
const screen = need(place, ".film__screen", HTMLElement);
const video = need(screen, "video", HTMLVideoElement);
const slider = need(place, ".film__place", HTMLInputElement);
const time = need(place, "[data-time]", HTMLElement);
const now = need(place, "[data-now]", HTMLElement);
const trouble = need(place, ".film__trouble", HTMLElement);
const playButton = need(place, "[data-do=play]", HTMLButtonElement);
const links = /** @type {HTMLAnchorElement[]} */ ([...place.querySelectorAll(".jump a")]);
const parts = links.map((link) => ({
  from: Number(link.dataset.from), to: Number(link.dataset.to), title: link.dataset.title || "",
}));
const starts = links
  .filter((link) => link.closest("[data-chapters]"))
  .map((link) => Number(link.dataset.from));
const watched = new Watched();
let playedFor = 0;
let sliding = false;

/** The film's end: as the file says, else as was recorded. */
const end = () => (Number.isFinite(video.duration) ? video.duration : Number(place.dataset.length));

/** @param {number} second */
function jump(second) {
  watched.pause();
  video.currentTime = Math.max(0, Math.min(second, end()));
}

/** @param {string} [how] */
function tell(how = "") {
  const told = watched.take();
  playedFor = 0;
  if (!told.length) return;
  const body = new URLSearchParams({ csrf: place.dataset.csrf || "", parts: told.join(" ") });
  fetch(place.dataset.tell || "", { method: "POST", body, keepalive: how === "leaving" }).catch(() => {});
}

function toggle() {
  if (video.paused) video.play().catch(() => {});
  else video.pause();
}

function enlarge() {
  if (document.fullscreenElement) document.exitFullscreen();
  else screen.requestFullscreen().catch(() => {});
}

/** @param {1 | -1} way */
function chapter(way) {
  const start = chapterFrom(starts, video.currentTime, way);
  if (start !== null) jump(start);
}

/** @param {number} by */
const louder = (by) => {
  video.volume = Math.max(0, Math.min(1, video.volume + by));
};

/** @type {Record<Deed, () => void>} */
const deeds = {
  play: toggle,
  back: () => jump(video.currentTime - STEP_S),
  on: () => jump(video.currentTime + STEP_S),
  "little-back": () => jump(video.currentTime - LITTLE_S),
  "little-on": () => jump(video.currentTime + LITTLE_S),
  louder: () => louder(0.1),
  softer: () => louder(-0.1),
  before: () => chapter(-1),
  next: () => chapter(1),
  mute: () => {
    video.muted = !video.muted;
  },
  large: enlarge,
};

function draw() {
  const second = video.currentTime;
  if (!sliding) slider.value = String(second);
  slider.max = String(Math.ceil(end()));
  slider.setAttribute("aria-valuetext", placeText(second));
  say(time, `${placeText(second)} / ${placeText(end())}`);
  links.forEach((link, index) => {
    const part = parts[index];
    link.toggleAttribute("aria-current", part.from <= second && second < part.to);
    if (link.hasAttribute("aria-current")) link.setAttribute("aria-current", "true");
  });
  const chapters = parts.filter((_, index) => links[index].closest("[data-chapters]"));
  const at = partAt(chapters, second);
  say(now, at < 0 ? "" : t("现在：{title}", { title: chapters[at].title }));
}

function drawButtons() {
  setIcon(playButton, video.paused ? "i-play" : "i-pause");
  say(need(playButton, "span", HTMLElement), video.paused ? t("播放") : t("暂停"));
  need(place, "[data-do=mute]", HTMLElement).setAttribute("aria-pressed", String(video.muted));
  for (const button of place.querySelectorAll("[data-speed]")) {
    const speed = Number(button instanceof HTMLElement ? button.dataset.speed : 0);
    button.setAttribute("aria-pressed", String(speed === video.playbackRate));
  }
}

function toggleBanners() {
  const [track] = video.textTracks;
  if (!track) return;
  track.mode = track.mode === "showing" ? "hidden" : "showing";
  need(place, "[data-do=banners]", HTMLElement).setAttribute("aria-pressed", String(track.mode === "showing"));
}

place.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest(".jump a");
  if (link instanceof HTMLAnchorElement) {
    event.preventDefault();
    jump(Number(link.dataset.from));
    video.play().catch(() => {});
    return;
  }
  const button = target?.closest("button");
  if (button instanceof HTMLButtonElement) {
    if (button.dataset.speed) video.playbackRate = Number(button.dataset.speed);
    else if (button.dataset.do === "banners") toggleBanners();
    else if (button.dataset.do && button.dataset.do in deeds) deeds[/** @type {Deed} */ (button.dataset.do)]();
  } else if (target === video) {
    toggle();
  }
});
document.addEventListener("keydown", (event) => {
  const tag = event.target instanceof Element ? event.target.tagName : "";
  const deed = deedOf(event, tag);
  if (!deed) return;
  event.preventDefault();
  deeds[deed]();
});
slider.addEventListener("input", () => {
  sliding = true;
  say(time, `${placeText(Number(slider.value))} / ${placeText(end())}`);
});
slider.addEventListener("change", () => {
  sliding = false;
  jump(Number(slider.value));
});
for (const name of ["play", "pause", "ratechange", "volumechange"]) video.addEventListener(name, drawButtons);
for (const name of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(name, draw);
video.addEventListener("timeupdate", () => {
  if (!video.paused && !video.seeking) watched.at(video.currentTime);
});
video.addEventListener("seeking", () => watched.pause());
video.addEventListener("pause", () => watched.pause());
video.addEventListener("ended", () => tell());
video.addEventListener("error", () => {
  trouble.hidden = false;
  say(trouble, t("录像放不出来。请刷新页面再试；还不行，请换用 Chrome、Edge 或 360 浏览器。"));
});
document.addEventListener("fullscreenchange", () => {
  need(place, "[data-do=large]", HTMLElement).setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
});
setInterval(() => {
  if (video.paused) return;
  playedFor += 1;
  if (playedFor >= TELL_EVERY_S) tell();
}, 1000);
window.addEventListener("pagehide", () => tell("leaving"));

video.controls = false;
need(place, ".film__desk", HTMLElement).hidden = false;
draw();
drawButtons();
document.body.dataset.ready = "";
