// What only a page can do for a screen: keep its keys from the notebook's commands, take Escape for
// "Back" in a question and Enter for "Yes" beside the right number, keep the focus where its control
// goes away, and hand over a file without leaving its content in the notebook.

const LOOK_MS = 50;
const WAIT_MS = 5000;
const SCREENS = ".smsframe-composer, .smsframe-explorer";
const CONTROLS = "button, input, select, textarea, summary, [tabindex='0']";
const LOST_MS = 150;
const REMEMBERED = 9;

// A file from words that came as a message: they are in no state that a saved notebook keeps.
function save({ name, text }) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function digits(text) {
  return text.replace(/\D/g, "");
}

// Enter may be faster than the kernel's word that the number is right, so that is waited for, as
// long as the number stays.
function enter(field) {
  const asked = field.closest(".sms-ask");
  const typed = digits(field.value ?? "");
  if (!asked || !typed) return;
  const yes = asked.querySelector(".sms-yes");
  const until = Date.now() + WAIT_MS;
  function look() {
    const isAsked = asked.offsetParent !== null && digits(field.value) === typed;
    if (!isAsked || digits(yes.textContent) !== typed || Date.now() > until) return;
    if (yes.disabled) setTimeout(look, LOOK_MS);
    else yes.click();
  }
  look();
}

function canTakeFocus(control) {
  return control.isConnected && control.offsetParent !== null && !control.disabled;
}

// A control that is taken away, or stays switched off, leaves the focus nowhere, and the keyboard's
// way begins at the top of the page again. The focus goes back to where it came from in the same
// panel, else to the nearest control.
function focusKeeper(ownScreen) {
  const been = [];
  const watcher = new MutationObserver(() => setTimeout(look, LOST_MS));
  let watched = null;
  let isHere = false; // and not in another screen, which may stand within this one

  function came(event) {
    const screen = ownScreen();
    isHere = screen !== null && event.target.closest?.(SCREENS) === screen;
    if (!isHere) return;
    been.push(event.target);
    if (been.length > REMEMBERED) been.shift();
    if (watched === screen) return;
    watched = screen;
    watcher.observe(screen, { subtree: true, attributeFilter: ["style", "disabled"] });
  }

  function look() {
    const [last, active] = [been.at(-1), document.activeElement];
    if (!isHere || canTakeFocus(last) || (active !== document.body && active !== last)) return;
    const panel = last.closest(".sms-panel") ?? watched;
    const back = been.findLast((one) => canTakeFocus(one) && panel.contains(one));
    (back ?? near(last))?.focus({ preventScroll: true });
  }

  function near(control) {
    for (let box = control.parentElement; box && watched.contains(box); box = box.parentElement) {
      const found = [...box.querySelectorAll(CONTROLS)].find(canTakeFocus);
      if (found) return found;
    }
    return null;
  }

  window.addEventListener("focusin", came, true);
  return () => {
    window.removeEventListener("focusin", came, true);
    watcher.disconnect();
  };
}

function render({ model, el }) {
  // JupyterLab takes keys for commands on the cell unless told not to: D, D deletes it, Enter edits
  // it, Ctrl+Z undoes what was written in it. Saving is left to it.
  function guard(event) {
    const screen = el.closest(SCREENS);
    if (!screen || !screen.contains(event.target)) return;
    const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
    if (saves) event.target.removeAttribute("data-lm-suppress-shortcuts");
    else event.target.setAttribute("data-lm-suppress-shortcuts", "true");
    if (event.key === "Enter" && event.target.closest(SCREENS) === screen) enter(event.target);
    if (event.key === "Escape" && event.target.closest(SCREENS) === screen) goBack(event, screen);
  }

  function goBack(event, screen) {
    const questions = [...screen.querySelectorAll(".sms-ask")];
    const asked = questions.find((one) => one.offsetParent !== null);
    if (!asked) return;
    event.preventDefault();
    event.stopPropagation();
    asked.querySelector(".sms-no").click();
  }

  function hear(message) {
    if (message.do === "save") save(message);
  }

  el.style.display = "none";
  window.addEventListener("keydown", guard, true);
  model.on("msg:custom", hear);
  const release = focusKeeper(() => el.closest(SCREENS));
  return () => {
    release();
    window.removeEventListener("keydown", guard, true);
    model.off("msg:custom", hear);
  };
}

export default { render };
