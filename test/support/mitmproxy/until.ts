const PATIENCE_MS = 20_000;

/** Looks until there is something. Throws when it takes too long. */
export async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`no ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
