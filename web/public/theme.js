// Runs before the first paint, so that a chosen theme never flashes; what the system prefers needs no script.
{
  let chosen;
  try {
    chosen = localStorage.getItem('weir.theme');
  } catch {
    chosen = null; // storage is forbidden here: the system's theme it is
  }
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
}
