/** What is wrong in a file, and where. */
export interface ScenarioMistake {
  readonly file: string;
  /** From 1; 0 where it concerns the file whole. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** `FILE:LINE:COLUMN: message`. */
export function formatMistake({ file, line, column, message }: ScenarioMistake): string {
  if (line === 0) return `${file}: ${message}`;
  return column === 0 ? `${file}:${line}: ${message}` : `${file}:${line}:${column}: ${message}`;
}
