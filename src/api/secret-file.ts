import { readFileSync, statSync } from 'node:fs';
import type { ApiConfiguration } from '../config/index.ts';

/** Gives the text of a file that holds a secret, without white space around it. Throws the system's error. */
export type SecretReader = (path: string) => string;

const MOST_BYTES = 4096;

/** Reads a file that holds a secret. Throws the system's error, and one of its own for a file that is no secret. */
export function readSecretFile(path: string): string {
  if (statSync(path).size > MOST_BYTES) throw new Error(`${path} is too long for a secret`);
  const text = readFileSync(path, 'utf8').trim();
  if (text === '') throw new Error(`${path} is empty`);
  return text;
}

/** Reads all files of secrets that are named now: later weir is a user that cannot. */
export function readSecretsAhead({ oidc, metrics }: ApiConfiguration): SecretReader {
  const texts = new Map<string, string>();
  const errors = new Map<string, unknown>();
  for (const path of [oidc.secret, metrics.influxToken]) {
    if (path === '') continue;
    try {
      texts.set(path, readSecretFile(path));
    } catch (error) {
      errors.set(path, error);
    }
  }
  return (path) => {
    const text = texts.get(path);
    if (text !== undefined) return text;
    throw errors.get(path) ?? new Error(`${path} is read when weir starts: start it again`);
  };
}
