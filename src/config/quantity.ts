const SIZE = /^(\d+(?:\.\d+)?)\s*(k|M|G|T|Ki|Mi|Gi|Ti)?B?$/;
const SIZE_FACTORS: Readonly<Record<string, number>> = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d|w|y)$/;
const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Bytes of `2GiB`, `500M`, `4096` or 4096; NaN for anything else. */
export function parseSize(value: string | number): number {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : Number.NaN;
  const match = SIZE.exec(value);
  return match === null ? Number.NaN : Math.round(Number(match[1]) * (SIZE_FACTORS[match[2] ?? ''] ?? 1));
}

/** Milliseconds of `500ms`, `30d`, or of a number of seconds; NaN for anything else. */
export function parseDuration(value: string | number): number {
  if (typeof value === 'number') return value >= 0 && Number.isFinite(value) ? value * 1000 : Number.NaN;
  const match = DURATION.exec(value);
  return match === null ? Number.NaN : Number(match[1]) * (DURATION_MS[match[2] ?? ''] ?? Number.NaN);
}

/** `2 GiB`: the largest unit that leaves a whole number. */
export function formatSize(bytes: number): string {
  for (const unit of ['Ti', 'Gi', 'Mi', 'Ki']) {
    const factor = SIZE_FACTORS[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor} ${unit}B`;
  }
  return `${bytes} bytes`;
}

/** `30 d`: the largest unit that leaves a whole number. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'min', 's']) {
    const factor = DURATION_MS[unit] ?? 1;
    if (ms >= factor && ms % factor === 0) return `${ms / factor} ${unit}`;
  }
  return `${ms} ms`;
}
