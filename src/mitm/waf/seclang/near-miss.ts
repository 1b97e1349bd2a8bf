/** Names that differ in more than this share of their letters are not meant. */
const TOLERANCE = 0.35;
/** A name of hostile length is like none. */
const LONGEST = 64;

/** ` (did you mean NAME?)` with the known name that is most like one; empty where none is. */
export function nearMiss(name: string, known: Iterable<string>): string {
  if (name.length > LONGEST) return '';
  const letters = name.toLowerCase();
  let best = '';
  let least = Number.POSITIVE_INFINITY;
  for (const other of known) {
    const tolerated = Math.max(1, Math.floor(Math.max(name.length, other.length) * TOLERANCE));
    const most = Math.min(tolerated, least - 1);
    const distance = editDistance(letters, other.toLowerCase(), most);
    if (distance > most) continue;
    best = other;
    least = distance;
  }
  return best === '' ? '' : ` (did you mean ${best}?)`;
}

/**
 * Letters to insert, delete, replace or swap with their neighbour (optimal string alignment); where that
 * is more than `most`, something more than `most`.
 */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  let leastBefore = 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let leastHere = i;
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(before, j - 2) + 1);
      }
      row.push(cost);
      leastHere = Math.min(leastHere, cost);
    }
    // What follows is made of the last two rows.
    if (leastHere > most && leastBefore > most) return most + 1;
    leastBefore = leastHere;
    before = above;
    above = row;
  }
  return at(above, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
