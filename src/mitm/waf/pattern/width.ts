import type { Expression } from './syntax.ts';

const cache = new WeakMap<Expression, readonly [number, number]>();

/** Bytes that a match of the expression takes: at least, at most. */
export function widthOf(expression: Expression): readonly [least: number, most: number] {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const width = measure(expression);
  cache.set(expression, width);
  return width;
}

function measure(expression: Expression): readonly [least: number, most: number] {
  switch (expression.kind) {
    case 'empty':
    case 'look':
    case 'assertion':
      return [0, 0];
    case 'byte':
      return [1, 1];
    case 'sequence': {
      const widths = expression.items.map(widthOf);
      return [
        widths.reduce((sum, [least]) => sum + least, 0),
        widths.reduce((sum, [, most]) => sum + most, 0),
      ];
    }
    case 'alternation': {
      const widths = expression.branches.map(widthOf);
      return [Math.min(...widths.map(([least]) => least)), Math.max(...widths.map(([, most]) => most))];
    }
    case 'repeat': {
      const [least, most] = widthOf(expression.item);
      return [least * expression.least, most === 0 ? 0 : expression.most === 0 ? 0 : most * expression.most];
    }
    case 'capture':
    case 'atomic':
      return widthOf(expression.item);
    case 'reference':
      return [0, Number.POSITIVE_INFINITY];
    default:
      return expression satisfies never;
  }
}
