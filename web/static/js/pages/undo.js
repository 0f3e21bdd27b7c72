// What was just done can be taken back for ten seconds; the count stands still while it is pointed
// at or has the focus. Without this script the line stays until the page is left.
const SECONDS = 10;

const form = document.querySelector("form[data-undo]");
if (form) {
  const box = /** @type {HTMLElement} */ (form.querySelector(".toast"));
  let left = SECONDS;
  box.classList.add("run");
  const timer = setInterval(() => {
    const held = box.matches(":hover") || box.contains(document.activeElement);
    box.classList.toggle("run", !held);
    box.classList.toggle("held", held);
    if (held) return;
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    form.remove();
  }, 1000);
  // going back or loading again must not bring an old line with it
  history.replaceState(null, "", location.pathname + location.hash);
}
