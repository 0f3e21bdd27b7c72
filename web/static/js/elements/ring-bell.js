// <ring-bell>: the main venue calls: a ring tone and a large line, until somebody answers or it is over.

import { el, icon, say } from "../lib/el.js";
import { RINGS_FOR_MS } from "../lib/news.js";
import { t } from "../lib/words.js";

const EVERY_MS = 2000;
const TONES_HZ = [880, 660];

/** One ring at a time; a new one begins anew. */
export class RingBell extends HTMLElement {
  connectedCallback() {
    if (this.firstChild) return;
    this.setAttribute("role", "alert");
    this.hidden = true;
    this.words = el("b");
    const answer = el("button", { type: "button", class: "btn btn--primary btn--l" }, t("知道了"));
    answer.onclick = () => this.stop();
    this.append(icon("i-call"), this.words, answer);
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.beat = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.over = undefined;
    /** @type {AudioContext | null | undefined} */
    this.sound = null;
  }

  /** @param {string} words */
  ring(words) {
    this.stop();
    if (this.words) say(this.words, words);
    this.hidden = false;
    this.sound = new AudioContext();
    this._tone();
    this.beat = setInterval(() => this._tone(), EVERY_MS);
    this.over = setTimeout(() => this.stop(), RINGS_FOR_MS);
  }

  stop() {
    clearInterval(this.beat);
    clearTimeout(this.over);
    this.hidden = true;
    this.sound?.close();
    this.sound = null;
  }

  /** Two tones, one after the other, as an old telephone does. */
  _tone() {
    const { sound } = this;
    if (!sound) return;
    TONES_HZ.forEach((hz, index) => {
      const at = sound.currentTime + index * 0.35;
      const [voice, volume] = [sound.createOscillator(), sound.createGain()];
      voice.frequency.value = hz;
      volume.gain.setValueAtTime(0.25, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.33);
      voice.connect(volume).connect(sound.destination);
      voice.start(at);
      voice.stop(at + 0.35);
    });
  }
}

customElements.define("ring-bell", RingBell);
