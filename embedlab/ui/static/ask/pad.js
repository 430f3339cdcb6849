// A square to draw on, with the mouse, a pen or a finger. After each stroke the picture is sent as a PNG file.

import { element } from "../map/dom.js";

const SIZE = 256;
const LINE_PX = 28;
// A drawing is sent when the pen has rested this long.
const REST_MS = 350;

export default function run({ data, parentElement, setStateValue }) {
  const node = parentElement.querySelector(".embedlab-pad");
  if (node.dataset.ready === "true") return;
  node.dataset.ready = "true";
  const canvas = element("canvas", { class: "embedlab-pad-canvas", role: "img", "aria-label": data.label });
  Object.assign(canvas, { width: SIZE, height: SIZE });
  const clear = element("button", { type: "button", class: "embedlab-pad-clear", text: "Clear drawing" });
  const context = canvas.getContext("2d");
  let last = null;
  let resting = 0;
  let isEmpty = true;

  const wipe = () => {
    context.fillStyle = "#000000";
    context.fillRect(0, 0, SIZE, SIZE);
    isEmpty = true;
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIZE, ((event.clientY - box.top) / box.height) * SIZE];
  };
  const line = (from, to) => {
    Object.assign(context, { strokeStyle: "#ffffff", lineWidth: LINE_PX, lineCap: "round", lineJoin: "round" });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    isEmpty = false;
  };
  const sendSoon = () => {
    clearTimeout(resting);
    resting = setTimeout(() => setStateValue("picture", isEmpty ? null : canvas.toDataURL("image/png")), REST_MS);
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    clearTimeout(resting);
    last = place(event);
    line(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const to = place(event);
    line(last, to);
    last = to;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, () => {
      if (last) sendSoon();
      last = null;
    });
  }
  clear.addEventListener("click", () => {
    wipe();
    sendSoon();
  });
  wipe();
  node.replaceChildren(canvas, clear);
}
