// A key presses the control that carries it, unless the reviewer is typing.
const help = document.querySelector("#help");
document.querySelector("#keys").addEventListener("click", () => help.showModal());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("textarea, select, input:not([type=radio])");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (help.open) return; // Escape closes it
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!control) return;
  event.preventDefault();
  if (control.matches("input:not([type=radio])")) control.focus();
  else control.click();
  if (control.matches("summary") && control.parentElement.open) {
    control.parentElement.scrollIntoView({ block: "start" });
  }
});
