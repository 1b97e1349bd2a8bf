import type { Host } from './hosts.ts';

/** Columns of text, each as wide as its widest cell; the last one is not filled up. */
export function renderTable(rows: readonly (readonly string[])[], indent = ''): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Addresses in one line of a table. */
const ADDRESSES = 3;

/** The hosts with their namespaces and addresses. */
export function renderHosts(hosts: readonly Host[]): string {
  const rows = hosts.flatMap((host) => {
    const lines = host.interfaces.flatMap(({ name, addresses }) =>
      Array.from({ length: Math.ceil(addresses.length / ADDRESSES) }, (_, index) => {
        const some = addresses.slice(index * ADDRESSES, (index + 1) * ADDRESSES).join(' ');
        return `${index === 0 ? name : ' '.repeat(name.length)} ${some}`;
      }),
    );
    const [first = 'no address', ...more] = lines;
    return [[host.namespace, first, host.role], ...more.map((line) => ['', line, ''])];
  });
  return renderTable([['NAMESPACE', 'ADDRESSES', 'WHAT IT IS'], ...rows]);
}

/** A length of time in the largest two units, such as `2 h 5 min`. */
export function renderDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}
