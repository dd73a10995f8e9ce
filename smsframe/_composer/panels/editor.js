// The text area of the composer: tags and costly characters marked in place, a count that does not
// wait for the kernel, columns inserted at the cursor. What is right or wrong is decided in Python
// (traits `alphabet`, `states`, `hints`); this file only shows it. Text goes into the page as text
// nodes alone, never as HTML.

const TAG = /%%([^%\r\n]+)%%/g;
const SEND_AFTER_MS = 40;
const ANNOUNCE_AFTER_MS = 900;
const ONE_STEP_MS = 1500;
const MOST_STEPS = 500;
const TYPING = ["insertText", "insertCompositionText", "deleteContentBackward", "deleteContentForward"];
let made = 0;

function h(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// Pieces of a text: [string, class]; a class of "" is plain.
function pieces(text, states, foreign) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    plain(text.slice(end, match.index), foreign, found);
    found.push([match[0], `sms-tag sms-${states[match[1]] ?? "new"}`]);
    end = match.index + match[0].length;
  }
  plain(text.slice(end), foreign, found);
  return found;
}

// Whether most letters are foreign: a text in Arabic or Greek, in which no letter is out of place.
function isOtherScript(text, foreign) {
  const letters = text.replace(TAG, "").match(/\p{L}/gu) ?? [];
  return 2 * letters.filter(foreign).length > letters.length;
}

// What was written, step by step. The browser's own undo forgets whatever a program has changed, and
// when it is through with this field it goes on to others of the page, such as the notebook's cells.
function makeSteps() {
  const steps = [];
  let now = -1;
  let last = { kind: "", at: 0 };

  function keep(text, at, kind = "", typed = "") {
    if (now >= 0 && steps[now].text === text) return;
    const soon = Date.now() - last.at < ONE_STEP_MS;
    const goesOn = now > 0 && soon && kind === last.kind && TYPING.includes(kind) && typed !== " ";
    last = { kind, at: Date.now() };
    steps.length = now + 1;
    if (!goesOn) now += 1;
    steps[now] = { text, at };
    if (now > MOST_STEPS) now -= steps.splice(0, 1).length;
  }

  function go(by) {
    last = { kind: "", at: 0 };
    if (!steps[now + by]) return null;
    now += by;
    return steps[now];
  }

  return { keep, go };
}

function plain(text, foreign, found) {
  let run = "";
  for (const character of text) {
    if (!foreign(character)) {
      run += character;
      continue;
    }
    if (run) found.push([run, ""]);
    found.push([character, "sms-costly"]);
    run = "";
  }
  if (run) found.push([run, ""]);
}

function render({ model, el }) {
  const id = `smsframe-text-${Date.now().toString(36)}-${++made}`;
  const area = h("textarea", {
    id, rows: 4, class: "sms-area", spellcheck: "true", dir: "auto",
    "aria-describedby": `${id}-count ${id}-hints`,
    placeholder: "Hi %%FirstName%%, …",
  });
  const marks = h("div", { class: "sms-marks", "aria-hidden": "true" });
  const count = h("span", { id: `${id}-count`, class: "sms-count" });
  const bar = h("div", { class: "sms-chips", role: "toolbar", "aria-label": "Insert a column at the cursor" });
  const hints = h("div", { id: `${id}-hints`, class: "sms-hints" });
  const spoken = h("div", { class: "sms-spoken", role: "status", "aria-live": "polite" });
  const field = h("div", { class: "sms-field" }, marks, area);
  el.classList.add("sms-editor");
  el.append(h("div", { class: "sms-top" }, h("label", { for: id }, "Message"), count), field, bar, hints, spoken);

  const steps = makeSteps();
  let alphabet = new Set();
  let sent = null;
  let timer = 0;
  let speaking = 0;

  function paint() {
    const outside = (character) => !alphabet.has(character);
    const other = isOtherScript(area.value, outside);
    const foreign = (character) => !other && outside(character);
    marks.dir = getComputedStyle(area).direction;
    const shown = pieces(area.value, model.get("states"), foreign).map(([text, kind]) =>
      kind ? h("mark", { class: kind }, text) : document.createTextNode(text));
    marks.replaceChildren(...shown, document.createTextNode("\n"));
    const limit = model.get("limit");
    const length = [...area.value].length;
    count.textContent = `${length} of ${limit} characters`;
    count.classList.toggle("sms-over", length > limit);
    if (length > limit) speak(`${length - limit} characters too many`);
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
    marks.scrollTop = area.scrollTop;
  }

  function speak(text) {
    clearTimeout(speaking);
    speaking = setTimeout(() => { spoken.textContent = text; }, ANNOUNCE_AFTER_MS);
  }

  function send() {
    clearTimeout(timer);
    timer = 0;
    if (area.value === sent) return;
    sent = area.value;
    model.set("text", sent);
    model.save_changes();
  }

  function typed() {
    paint();
    if (!timer) timer = setTimeout(send, SEND_AFTER_MS);
  }

  function take() {
    const text = model.get("text");
    if (text === sent || (timer && document.activeElement === area)) return;
    sent = text;
    if (text !== area.value) area.value = text;
    steps.keep(text, text.length);
    paint();
  }

  function replace(start, end, text) {
    area.focus();
    area.setRangeText(text, start, end, "end");
    steps.keep(area.value, area.selectionEnd);
    typed();
  }

  function walkSteps(event, by) {
    event.preventDefault();
    event.stopPropagation();
    const step = steps.go(by);
    if (!step) return;
    area.value = step.text;
    area.setSelectionRange(step.at, step.at);
    typed();
  }

  function undoKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "z") walkSteps(event, event.shiftKey ? 1 : -1);
    if (key === "y") walkSteps(event, 1);
  }

  function undoMenu(event) {
    if (event.inputType === "historyUndo") walkSteps(event, -1);
    if (event.inputType === "historyRedo") walkSteps(event, 1);
  }

  function chip(name, place) {
    const button = h("button", {
      type: "button", class: "sms-chip", "aria-label": `Insert ${name}`, title: `Inserts %%${name}%%`,
      tabindex: place ? "-1" : "0",
    }, name);
    button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", () => replace(area.selectionStart, area.selectionEnd, `%%${name}%%`));
    return button;
  }

  function chips() {
    bar.replaceChildren(...model.get("columns").map(chip));
  }

  // One stop for the Tab key, arrows inside: forty columns are not forty stops.
  function walk(event) {
    const all = [...bar.children];
    const now = all.indexOf(document.activeElement);
    const next = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined || now < 0) return;
    event.preventDefault();
    event.stopPropagation();
    const target = all[(next + all.length) % all.length];
    all.forEach((one) => { one.tabIndex = one === target ? 0 : -1; });
    target.focus();
  }

  function hint({ kind, sentence, offers }) {
    const line = h("div", { class: `sms-hint sms-hint-${kind}` }, sentence, " ");
    for (const [label, before, after] of offers) {
      const button = h("button", { type: "button", class: "sms-offer" }, label);
      button.addEventListener("click", () => {
        const changed = area.value.split(before).join(after);
        if (changed !== area.value) replace(0, area.value.length, changed);
      });
      line.append(button);
    }
    return line;
  }

  function advise() {
    hints.replaceChildren(...model.get("hints").map(hint));
    const warnings = model.get("hints").filter((one) => one.kind !== "info");
    if (warnings.length) speak(warnings.map((one) => one.sentence).join(" "));
    paint();
  }

  function learn() {
    alphabet = new Set(model.get("alphabet"));
    paint();
  }

  function announce() {
    spoken.textContent = model.get("announcement");
  }

  area.addEventListener("input", (event) => {
    steps.keep(area.value, area.selectionEnd, event.inputType, event.data);
    typed();
  });
  area.addEventListener("keydown", undoKey);
  area.addEventListener("beforeinput", undoMenu);
  area.addEventListener("change", send);
  area.addEventListener("blur", send);
  area.addEventListener("scroll", () => { marks.scrollTop = area.scrollTop; });
  bar.addEventListener("keydown", walk);

  const heard = { text: take, columns: chips, states: paint, hints: advise, alphabet: learn, announcement: announce, limit: paint };
  for (const [name, listener] of Object.entries(heard)) model.on(`change:${name}`, listener);
  function hear(message) {
    if (message.do === "focus") area.focus();
  }

  model.on("msg:custom", hear);

  learn();
  chips();
  take();
  advise();
  const resized = new ResizeObserver(paint);
  resized.observe(field);

  return () => {
    send();
    clearTimeout(speaking);
    resized.disconnect();
    model.off("msg:custom", hear);
    for (const [name, listener] of Object.entries(heard)) model.off(`change:${name}`, listener);
  };
}

export default { render };
