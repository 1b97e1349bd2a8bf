/** Colours of a terminal, or none. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  bar(text: string): string;
  notice(text: string): string;
  alarm(text: string): string;
}

/** Paints with ANSI sequences, or leaves the text as it is. */
export function paint(color: boolean): Paint {
  const style = (code: number) => (text: string) =>
    color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  return { bold: style(1), dim: style(2), bar: style(36), notice: style(33), alarm: style(31) };
}
