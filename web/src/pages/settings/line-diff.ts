/** A line of two texts: in both, only in the one before, only in the one after. */
export interface DiffLine {
  readonly kind: 'same' | 'gone' | 'new';
  readonly text: string;
  /** From 1, in the text that it is in; of both in the one after. */
  readonly number: number;
}

/** Cells of the table that is searched; beyond it, what differs is told as one piece. */
const MOST_CELLS = 4_000_000;

/** What differs between two lists of lines: the fewest lines that go and come, by their longest common subsequence. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  ) {
    end++;
  }
  const same = (from: number, to: number): DiffLine[] =>
    after.slice(from, to).map((text, index) => ({ kind: 'same', text, number: from + index + 1 }));
  return [
    ...same(0, start),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end), start),
    ...same(after.length - end, after.length),
  ];
}

/** Only what differs, with `around` lines on both sides; undefined stands for what was left out. */
export function shortened(lines: readonly DiffLine[], around = 3): readonly (DiffLine | undefined)[] {
  const kept = new Set<number>();
  lines.forEach(({ kind }, index) => {
    if (kind === 'same') return;
    for (let near = index - around; near <= index + around; near++) kept.add(near);
  });
  const shown: (DiffLine | undefined)[] = [];
  lines.forEach((line, index) => {
    if (kept.has(index)) shown.push(line);
    else if (index === 0 || kept.has(index - 1)) shown.push(undefined);
  });
  return shown;
}

function middle(before: readonly string[], after: readonly string[], start: number): DiffLine[] {
  const rows = before.length;
  const columns = after.length;
  const gone = (row: number): DiffLine => ({ kind: 'gone', text: before[row]!, number: start + row + 1 });
  const come = (column: number): DiffLine => ({
    kind: 'new',
    text: after[column]!,
    number: start + column + 1,
  });
  if ((rows + 1) * (columns + 1) > MOST_CELLS) {
    return [...before.map((_, row) => gone(row)), ...after.map((_, column) => come(column))];
  }
  // length[row][column]: the longest common subsequence of what follows.
  const width = columns + 1;
  const length = new Uint32Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      length[row * width + column] =
        before[row] === after[column]
          ? length[(row + 1) * width + column + 1]! + 1
          : Math.max(length[(row + 1) * width + column]!, length[row * width + column + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < rows && column < columns) {
    if (before[row] === after[column]) {
      lines.push({ kind: 'same', text: after[column]!, number: start + column + 1 });
      row++;
      column++;
    } else if (length[(row + 1) * width + column]! >= length[row * width + column + 1]!)
      lines.push(gone(row++));
    else lines.push(come(column++));
  }
  while (row < rows) lines.push(gone(row++));
  while (column < columns) lines.push(come(column++));
  return lines;
}
