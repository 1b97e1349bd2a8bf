import { randomBytes } from 'node:crypto';

type Point = readonly [x: number, y: number];

/** Each digit as one stroke, in a box of 1 by 1. */
const STROKES: readonly (readonly Point[])[] = [
  [
    [0.5, 0],
    [0.16, 0.15],
    [0.08, 0.5],
    [0.16, 0.85],
    [0.5, 1],
    [0.84, 0.85],
    [0.92, 0.5],
    [0.84, 0.15],
    [0.5, 0],
  ],
  [
    [0.2, 0.28],
    [0.58, 0],
    [0.58, 1],
  ],
  [
    [0.1, 0.25],
    [0.25, 0.05],
    [0.55, 0],
    [0.82, 0.1],
    [0.86, 0.33],
    [0.6, 0.62],
    [0.08, 1],
    [0.95, 1],
  ],
  [
    [0.1, 0.1],
    [0.5, 0],
    [0.85, 0.16],
    [0.8, 0.38],
    [0.42, 0.47],
    [0.84, 0.58],
    [0.9, 0.84],
    [0.5, 1],
    [0.08, 0.9],
  ],
  [
    [0.68, 1],
    [0.68, 0],
    [0.06, 0.68],
    [0.98, 0.68],
  ],
  [
    [0.88, 0],
    [0.2, 0],
    [0.15, 0.44],
    [0.55, 0.38],
    [0.9, 0.58],
    [0.86, 0.88],
    [0.5, 1],
    [0.08, 0.92],
  ],
  [
    [0.82, 0.03],
    [0.4, 0.16],
    [0.12, 0.56],
    [0.18, 0.9],
    [0.52, 1],
    [0.88, 0.84],
    [0.84, 0.56],
    [0.48, 0.46],
    [0.14, 0.66],
  ],
  [
    [0.06, 0],
    [0.95, 0],
    [0.67, 0.5],
    [0.3, 0.5],
    [0.95, 0.5],
    [0.67, 0.5],
    [0.4, 1],
  ],
  [
    [0.5, 0.46],
    [0.16, 0.3],
    [0.22, 0.05],
    [0.5, 0],
    [0.78, 0.05],
    [0.84, 0.3],
    [0.5, 0.46],
    [0.1, 0.72],
    [0.2, 0.96],
    [0.5, 1],
    [0.8, 0.96],
    [0.9, 0.72],
    [0.5, 0.46],
  ],
  [
    [0.86, 0.34],
    [0.5, 0.54],
    [0.16, 0.4],
    [0.16, 0.14],
    [0.5, 0],
    [0.82, 0.1],
    [0.86, 0.34],
    [0.78, 0.75],
    [0.46, 1],
  ],
];
const WIDTH = 260;
const HEIGHT = 90;
/** Room of a digit, and the size of its box. */
const STEP = 40;
const BOX: Point = [25, 44];
/** Pieces of each line, so that it bends. */
const PIECES = 3;
const LINES = 4;
/** Numbers that a picture takes at most: two for each point, some for each digit and line. */
const NUMBERS = 512;

/**
 * A picture of digits as SVG, in one line: bent, turned, cut and crossed by lines, each time differently. It keeps simple
 * programs off; one that recognises characters reads it. `label` is what a reader of screens says, without markup.
 */
export function digitPicture(digits: string, label: string): string {
  const random = randomNumbers();
  const bend = { amplitude: 2 + 2 * random(), length: 26 + 20 * random(), phase: 7 * random() };
  const bent = ([x, y]: Point): Point => [
    x + bend.amplitude * Math.sin(y / 18 + bend.phase),
    y + bend.amplitude * Math.sin(x / bend.length + bend.phase),
  ];
  const strokes: Point[][] = [];
  for (const [i, digit] of [...digits].entries()) {
    const place = placing(i, random);
    const points = fine((STROKES[Number(digit)] ?? []).map((point) => place(point, random)));
    // In two parts that join: the order of the strokes tells less.
    const cut = 1 + Math.floor(random() * (points.length - 2));
    strokes.push(points.slice(0, cut + 1), points.slice(cut));
  }
  const lines = Array.from({ length: LINES }, () => crossing(random));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${1.5 * WIDTH}" height="${1.5 * HEIGHT}"`,
    ` role="img" aria-label="${label}" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">`,
    `<path stroke-width="3.2" d="${path(shuffled(strokes, random), bent)}"/>`,
    `<path stroke-width="1.4" d="${path(lines, bent)}"/></svg>`,
  ].join('');
}

/** Where the points of a digit go: turned, stretched, and each a little off. */
function placing(index: number, random: () => number): (point: Point, random: () => number) => Point {
  const angle = (random() - 0.5) * 0.6;
  const lean = (random() - 0.5) * 0.5;
  const scale = 0.85 + 0.3 * random();
  const [left, top] = [12 + index * STEP + 6 * random(), 16 + 12 * random()];
  return ([x, y], jitter) => {
    const [dx, dy] = [(x - 0.5 + 0.08 * (jitter() - 0.5)) * BOX[0] * scale, (y - 0.5) * BOX[1] * scale];
    const leaning = dx - lean * dy;
    return [
      left + BOX[0] / 2 + leaning * Math.cos(angle) - dy * Math.sin(angle),
      top + BOX[1] / 2 + leaning * Math.sin(angle) + dy * Math.cos(angle),
    ];
  };
}

function crossing(random: () => number): Point[] {
  const from: Point = [8 + 30 * random(), 12 + (HEIGHT - 24) * random()];
  const to: Point = [WIDTH - 8 - 30 * random(), 12 + (HEIGHT - 24) * random()];
  return fine(fine([from, to]));
}

/** The same line with more points. */
function fine(points: readonly Point[]): Point[] {
  const all: Point[] = [];
  for (const [i, [x, y]] of points.entries()) {
    const next = points[i + 1];
    all.push([x, y]);
    if (next === undefined) break;
    for (let part = 1; part < PIECES; part++) {
      all.push([x + ((next[0] - x) * part) / PIECES, y + ((next[1] - y) * part) / PIECES]);
    }
  }
  return all;
}

function path(strokes: readonly (readonly Point[])[], bent: (point: Point) => Point): string {
  return strokes
    .map(
      (points) =>
        `M${points
          .map((point) =>
            bent(point)
              .map((n) => n.toFixed(1))
              .join(' '),
          )
          .join('L')}`,
    )
    .join('');
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const all = [...list];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}

/** Numbers from 0 to 1 that nobody can foretell. */
function randomNumbers(): () => number {
  const bytes = randomBytes(2 * NUMBERS);
  let next = 0;
  return () => bytes.readUInt16LE(2 * (next++ % NUMBERS)) / 65_536;
}
