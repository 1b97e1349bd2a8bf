import { formatDuration, formatExact } from '../../data/format.ts';
import { Badge, Card, RuleLink, Stat } from '../../design/index.ts';
import type { Verdict, VerdictMatch } from './answers.ts';
import { Exclusions } from './exclusions.tsx';
import { severityTone } from './severity.ts';

const VERDICTS = { pass: 'Passes', deny: 'Denied', drop: 'Dropped', redirect: 'Redirected' } as const;

/** How a request was judged: the verdict, its points, each rule that matched and what. */
export function VerdictView({
  verdict,
  onTake,
}: {
  readonly verdict: Verdict;
  readonly onTake: (text: string) => void;
}) {
  const { action, status, ruleId, score, limit, matches, categories } = verdict;
  const path = verdict.target.split('?', 1)[0] ?? '';
  return (
    <>
      <div className="grid verdict-stats">
        <Stat
          label="Verdict"
          value={VERDICTS[action]}
          tone={action === 'pass' ? 'good' : 'danger'}
          detail={
            status === 0 ? (verdict.detectionOnly ? 'only detected' : 'let through') : `status ${status}`
          }
        />
        <Stat
          label="Points"
          value={formatExact(score.inbound)}
          detail={score.outbound === 0 ? 'of the request' : `${score.outbound} of the answer`}
        />
        <Stat
          label="Decided by"
          value={ruleId === 0 ? 'no rule' : <RuleLink value={String(ruleId)} />}
          detail={`${formatExact(verdict.rules)} rules looked`}
        />
        <Stat label="Took" value={formatDuration(verdict.tookMs / 1000)} detail="web.waf.budget" />
      </div>
      {limit !== '' && (
        <p className="waf-problem" role="status">
          Not judged wholly: {limit}
        </p>
      )}
      {categories.length > 0 && (
        <p className="row">
          {categories.map(({ category, matches: count, points }) => (
            <Badge key={category}>
              {category}: {points} points, {count === 1 ? '1 match' : `${count} matches`}
            </Badge>
          ))}
        </p>
      )}
      <Card title={matches.length === 1 ? 'The rule that matched' : `${matches.length} rules matched`} flush>
        {matches.length === 0 && <p className="verdict-none muted">Nothing in it was found.</p>}
        <ul className="verdict-matches">
          {matches.map((match, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule may match the same value twice
            <li key={index}>
              <Match match={match} />
              {match.category !== 'evaluation' && <Exclusions matched={{ ...match, path }} onTake={onTake} />}
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}

function Match({ match }: { readonly match: VerdictMatch }) {
  const { id, message, severity, variable, value, part, operator, line, phase } = match;
  const start = part === undefined ? value.length : part.start;
  const end = part === undefined ? value.length : part.start + part.length;
  return (
    <>
      <div className="verdict-head">
        <span className="mono">{line > 0 ? `${id} (line ${line})` : <RuleLink value={String(id)} />}</span>
        {severity !== '' && <Badge tone={severityTone(severity)}>{severity.toLowerCase()}</Badge>}
        <span className="muted">phase {phase}</span>
      </div>
      <p>{message}</p>
      <div className="rule-value mono">
        {variable} = {value.slice(0, start)}
        <mark>{value.slice(start, end)}</mark>
        {value.slice(end)}
      </div>
      <div className="rule-value rule-operator mono muted" title={operator}>
        {operator}
      </div>
    </>
  );
}
