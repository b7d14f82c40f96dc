// A slider shows one of the pictures that were drawn when the page was made.
for (const slider of document.querySelectorAll(".slider")) {
  const input = slider.querySelector("input"), output = slider.querySelector("output");
  const frames = [...slider.querySelectorAll(".frame")];
  const show = () => {
    frames.forEach((frame, i) => { frame.hidden = i !== Number(input.value); });
    const shown = frames[input.value];
    output.value = shown.dataset.value;
    input.setAttribute("aria-valuetext", `${shown.dataset.value}. ${shown.querySelector("p").textContent}`);
  };
  input.addEventListener("input", show);
  show();
}
