// A page made for paper: its print button appears where there is a script to press it.
const button = /** @type {HTMLButtonElement} */ (document.getElementById("print"));
button.hidden = false;
button.addEventListener("click", () => { window.print(); });
