// Looks for the place without loading the page anew, so a photo that was chosen stays chosen.
// Without JavaScript the same buttons send the form, and the server draws the page.
const form = document.getElementById("case");

async function look(pressed, event) {
  const given = new FormData(form);
  given.delete("photo");
  if (pressed.type === "image") {
    const box = pressed.getBoundingClientRect();
    const byKey = event.detail === 0;
    given.set("map.x", byKey ? 0 : Math.max(0, Math.round(event.clientX - box.left)));
    given.set("map.y", byKey ? 0 : Math.max(0, Math.round(event.clientY - box.top)));
  } else {
    given.set(pressed.name, pressed.value);
  }
  const answer = await fetch(form.dataset.draws, { method: "POST", body: given });
  if (!answer.ok) return;
  document.getElementById("place").outerHTML = await answer.text();
  offerHere();
  const again = document.getElementById(pressed.id);
  (again && !again.disabled ? again : document.getElementById("map") ?? document.getElementById("address")).focus();
}

form.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-place]");
  if (!pressed) return;
  event.preventDefault();
  look(pressed, event);
});

function offerHere() {
  const here = document.getElementById("here");
  if (!("geolocation" in navigator)) return;
  here.hidden = false;
  here.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      document.getElementById("lat").value = coords.latitude.toFixed(6);
      document.getElementById("lon").value = coords.longitude.toFixed(6);
    });
  });
}
offerHere();
