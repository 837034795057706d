// A key presses the control that carries it, unless the reviewer is typing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("textarea, select, input:not([type=radio])");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  control.click();
});
