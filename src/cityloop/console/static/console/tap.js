// Fills in where the person stands, when they ask for it. Without JavaScript they write it themselves.
const button = document.getElementById("here");
const field = document.getElementById("begin");

if ("geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      field.value = `${coords.longitude.toFixed(5)},${coords.latitude.toFixed(5)}`;
    });
  });
}
