import { ApiError } from '../data/api-error.ts';
import { api } from '../data/client.ts';
import { queryClient } from '../data/queries.ts';
import { toast } from '../design/index.ts';
import type { Decided, Decision, DecisionWish, Lifted } from './answers.ts';
import { modeSentence, wordsOf } from './decision-words.ts';

/** Answers that a decision changes. */
const CHANGED = ['/decisions', '/records', '/addresses', '/threats'] as const;

/** Counts what was decided and lifted from here: only the newest step is what the server's undo takes back. */
let steps = 0;

/** Asks again for everything that a decision changes. */
export function refreshDecisions(): void {
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [kind, path] }) =>
      kind === 'api' && typeof path === 'string' && CHANGED.some((one) => path.startsWith(one)),
  });
}

/**
 * Decides, and offers to take it back.
 *
 * @throws {ApiError} where the server refuses, with the guard's words.
 */
export async function decide(wish: DecisionWish & { readonly force?: boolean }): Promise<Decided> {
  const step = ++steps;
  const decided = await api<Decided>('/decisions', { method: 'POST', body: wish });
  const { decision, mode } = decided;
  refreshDecisions();
  toast({
    title: `${decision.value} ${wordsOf(decision.type).done}`,
    text: decision.simulated ? `Simulated: ${modeSentence(mode)}` : modeSentence(mode),
    tone: decision.simulated ? 'warning' : 'good',
    undo: () => void takeBack(step, decision),
  });
  return decided;
}

/** Lifts a decision, and offers to put it back. Tells of what fails. */
export async function lift(decision: Decision): Promise<void> {
  const step = ++steps;
  try {
    await api<Lifted>(`/decisions/${encodeURIComponent(decision.id)}`, { method: 'DELETE' });
    toast({
      title: `${wordsOf(decision.type).label} of ${decision.value} lifted`,
      tone: 'good',
      undo: () => void putBack(step, decision),
    });
  } catch (error) {
    tell('Nothing was lifted', error);
  }
  refreshDecisions();
}

/** Takes a decision back: in one step with what it replaced, or alone where something came after it. */
async function takeBack(step: number, decision: Decision): Promise<void> {
  try {
    if (step === steps) await api<Lifted>('/decisions/undo', { method: 'POST' });
    else await api<Lifted>(`/decisions/${encodeURIComponent(decision.id)}`, { method: 'DELETE' });
    toast({
      title: `Taken back: ${wordsOf(decision.type).label.toLowerCase()} of ${decision.value}`,
      tone: 'good',
    });
  } catch (error) {
    tell('It could not be taken back', error);
  }
  refreshDecisions();
}

/** Puts back what was lifted; where something came after it, decides the same anew for what is left of its time. */
async function putBack(step: number, { type, scope, value, reason, untilMs }: Decision): Promise<void> {
  try {
    if (step === steps) await api<Lifted>('/decisions/undo', { method: 'POST' });
    else {
      const durationMs = Math.max(1000, Math.round(untilMs - Date.now()));
      await api<Decided>('/decisions', { method: 'POST', body: { type, scope, value, reason, durationMs } });
    }
    toast({ title: `In force again: ${wordsOf(type).label.toLowerCase()} of ${value}`, tone: 'good' });
  } catch (error) {
    tell('It could not be put back', error);
  }
  refreshDecisions();
}

/** Tells of something that failed. */
export function tell(title: string, error: unknown): void {
  toast({ title, text: error instanceof ApiError ? error.message : String(error), tone: 'danger' });
}
