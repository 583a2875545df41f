"use strict";
// Adds a button to each password field that shows what is typed, and hides it again.
for (const field of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  };
  button.type = "button";
  button.className = "quiet";
  button.textContent = field.dataset.show;
  button.setAttribute("aria-label", field.dataset.showName);
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => show(field.type === "password"));
  // A password that is sent, or that is kept for the way back, is hidden.
  field.form.addEventListener("submit", () => show(false));
  addEventListener("pagehide", () => show(false));
  show(false);
  field.after(button);
}
