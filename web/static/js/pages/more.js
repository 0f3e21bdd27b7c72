// The rest of the menu closes when one goes on elsewhere; without this script its own word closes it.
const more = document.querySelector("details.nav-more");
if (more instanceof HTMLDetailsElement) {
  const elsewhere = (/** @type {Event} */ event) => {
    if (event.target instanceof Node && !more.contains(event.target)) more.open = false;
  };
  document.addEventListener("pointerdown", elsewhere);
  document.addEventListener("focusin", elsewhere);
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more.open) return;
    more.open = false;
    more.querySelector("summary")?.focus();
  });
}
