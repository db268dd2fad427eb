"""The one shared picture of a city: frozen records over arrays, without input or output."""
