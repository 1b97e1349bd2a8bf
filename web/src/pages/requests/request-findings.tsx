import { Badge } from '../../design/index.ts';
import type { Match } from './marked-parts.ts';
import { Rules, Section } from './panel-section.tsx';
import type { StoredRequest } from './request-row.ts';

/** What the analysis and the rules say, each rule a link. */
export function RequestFindings({
  request,
  matches,
}: {
  readonly request: StoredRequest;
  readonly matches: readonly Match[];
}) {
  if (request.findings.length + matches.length === 0) return null;
  return (
    <Section title="Findings">
      <ul className="request-lines">
        {request.findings.map((finding, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they have no name, and their order stays
          <li key={at}>
            <span className="row">
              <Badge tone={finding.score > 30 ? 'danger' : 'warning'}>{Math.round(finding.score)}</Badge>
              <strong>{finding.category}</strong>
              <span className="muted">{finding.kind}</span>
              <Rules ids={finding.ruleIds} />
            </span>
            <span className="request-reason">{finding.reason}</span>
          </li>
        ))}
        {matches.map((match, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule can match several times
          <li key={`m${at}`}>
            <span className="row">
              <Rules ids={[match.ruleId]} />
              <span className="mono muted">{match.variable}</span>
            </span>
            <span className="request-reason">{match.message}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
