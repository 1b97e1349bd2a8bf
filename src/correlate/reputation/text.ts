/**
 * Text cut to a length in UTF-16 units. What is cut is copied: a slice would keep the whole text in memory for as long
 * as it lives.
 */
export function boundedText(text: string, most: number): string {
  return text.length <= most ? text : Buffer.from(text.slice(0, most)).toString();
}
