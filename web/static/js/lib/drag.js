// Taking something up with mouse, pen or finger, carrying it about and letting it go.

/**
 * @typedef {object} Carrying what happens to a thing on its way; places are in the window's pixels
 * @property {(thing: HTMLElement, x: number, y: number) => boolean} lift false: this one stays where it is
 * @property {(x: number, y: number) => void} move
 * @property {(x: number, y: number) => void} drop
 * @property {() => void} cancel
 */

const FAR_ENOUGH = 5;
const LONG_ENOUGH_MS = 300;

/**
 * Let everything in `root` that a selector finds be dragged.
 *
 * A mouse lifts after five pixels; a finger after a moment of stillness, so that it can still scroll,
 * or at once on `grip`. Escape puts the thing back. The click that ends a drag is kept from the page.
 * @param {HTMLElement} root
 * @param {string} selector of the things
 * @param {string} grip of the part of a thing that a finger lifts at once
 * @param {Carrying} carrying
 */
export function letDrag(root, selector, grip, carrying) {
  /** @type {{thing: HTMLElement, id: number, x: number, y: number, touch: boolean, timer: number} | null} */
  let held = null;
  let lifted = false;

  const forget = () => {
    if (held) clearTimeout(held.timer);
    held = null;
    lifted = false;
  };
  const lift = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (!held || lifted) return;
    lifted = carrying.lift(held.thing, x, y);
    if (!lifted) forget();
  };

  root.addEventListener("pointerdown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const thing = /** @type {HTMLElement | null} */ (target.closest(selector));
    if (!thing || event.button !== 0 || held) return;
    const touch = event.pointerType === "touch";
    held = { thing, id: event.pointerId, x: event.clientX, y: event.clientY, touch, timer: 0 };
    if (touch && target.closest(grip)) lift(event.clientX, event.clientY);
    else if (touch) held.timer = setTimeout(() => lift(event.clientX, event.clientY), LONG_ENOUGH_MS);
  });
  document.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.id) return;
    const far = Math.hypot(event.clientX - held.x, event.clientY - held.y) > FAR_ENOUGH;
    if (!lifted && far && held.touch) forget();
    else if (!lifted && far) lift(event.clientX, event.clientY);
    if (lifted) carrying.move(event.clientX, event.clientY);
  });
  document.addEventListener("pointerup", (event) => {
    if (!held || event.pointerId !== held.id) return;
    if (lifted) {
      noClick();
      carrying.drop(event.clientX, event.clientY);
    }
    forget();
  });
  const giveUp = () => {
    if (lifted) carrying.cancel();
    forget();
  };
  document.addEventListener("pointercancel", giveUp);
  window.addEventListener("blur", giveUp);
  document.addEventListener("keydown", (event) => {
    if (!lifted || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    giveUp();
  }, true);
  // a finger that carries something must not scroll the page, nor a mouse mark words
  document.addEventListener("touchmove", (event) => lifted && event.cancelable && event.preventDefault(), { passive: false });
  root.addEventListener("dragstart", (event) => event.preventDefault());
  root.addEventListener("contextmenu", (event) => held && held.touch && event.preventDefault());
}

/** Swallow the click that a browser sends after the button was let go, if it sends one. */
function noClick() {
  const swallow = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, true), 0);
}
