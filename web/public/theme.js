// Runs before the first paint, so that a chosen theme never flashes; what the system prefers needs no script.
{
  // Where the page is embedded, the page around it may name one.
  let chosen = new URLSearchParams(location.search).get('theme');
  try {
    chosen ??= localStorage.getItem('weir.theme');
  } catch {
    // Storage is forbidden here: the system's theme it is.
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
}
