/** Questions that were asked before, the newest first, kept in this browser. */

const KEY = 'weir.questions';
const MOST = 30;
const LONGEST = 1024;

/** Those that were asked in this browser. What cannot be read counts as none. */
export function pastQuestions(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    if (!Array.isArray(stored)) return [];
    return stored
      .filter((one): one is string => typeof one === 'string' && one.length <= LONGEST)
      .slice(0, MOST);
  } catch {
    // Storage can be forbidden, and holds whatever was written there: neither is a reason to show no page.
    return [];
  }
}

/** Puts a question in front. */
export function rememberQuestion(question: string): void {
  const text = question.trim();
  if (text === '' || text.length > LONGEST) return;
  try {
    const list = [text, ...pastQuestions().filter((one) => one !== text)].slice(0, MOST);
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // Storage is forbidden or full: the next visit has to do without.
  }
}

/** Forgets all of them. */
export function forgetQuestions(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Where storage is forbidden there is nothing to forget.
  }
}
