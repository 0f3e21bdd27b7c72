// A line to be taken along: its copy button appears where the browser lets a page copy.
const button = /** @type {HTMLButtonElement} */ (document.getElementById("copy"));
const line = /** @type {HTMLElement} */ (document.getElementById("link"));
const words = /** @type {HTMLElement} */ (button.querySelector("span"));
button.hidden = !navigator.clipboard;
button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(line.textContent || "");
  words.textContent = button.dataset.done || "";
});
