import {
  formatBitRate,
  formatBytes,
  formatCount,
  formatDuration,
  formatExact,
  formatRate,
} from '../data/format.ts';

interface QuantityProps {
  readonly value: number | undefined;
}

function titled(value: number | undefined, unit: string): string | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : `${formatExact(value)}${unit}`;
}

/** Octets as people read them; the exact number is the title. */
export function Bytes({ value }: QuantityProps) {
  return <span title={titled(value, ' bytes')}>{formatBytes(value)}</span>;
}

/** Bits per second. */
export function BitRate({ value }: QuantityProps) {
  return <span title={titled(value, ' bit/s')}>{formatBitRate(value)}</span>;
}

/** Events per second. */
export function Rate({ value }: QuantityProps) {
  return <span title={titled(value, '/s')}>{formatRate(value)}</span>;
}

/** How many. */
export function Count({ value }: QuantityProps) {
  return <span title={titled(value, '')}>{formatCount(value)}</span>;
}

/** How long, in seconds. */
export function Duration({ value }: QuantityProps) {
  return <span title={titled(value, ' s')}>{formatDuration(value)}</span>;
}
