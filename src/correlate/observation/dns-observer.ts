import { addressOf, type EveRecord, listOf, nameOf, objectOf, timeOf } from '../../event/index.ts';
import type { Observation } from '../evidence.ts';
import { nameFeatures } from './dns-name.ts';
import { observation } from './make.ts';

/** Questions of one message that are looked at: resolvers ask one. */
const MOST_QUESTIONS = 4;
/** Names that no server outside is asked about: reverse lookups, services of the link. */
const OWN = /(^|\.)(arpa|local|localhost|home|lan|internal)$/;

/**
 * Observations from a `dns` record: each question as `dns_query`, each name that does not exist as `dns_nxdomain`, both
 * by who asked.
 */
export function dnsObservations(record: EveRecord): readonly Observation[] {
  const dns = objectOf(record.dns);
  const timeUs = timeOf(record.timestamp);
  const from = addressOf(record.src_ip);
  const to = addressOf(record.dest_ip);
  if (dns === undefined || timeUs === undefined || from === undefined || to === undefined) return [];
  const asked = dns.type === 'request';
  const rcode = nameOf(dns.rcode) ?? '';
  if (!asked && rcode !== 'NXDOMAIN') return [];
  return listOf(dns.queries)
    .slice(0, MOST_QUESTIONS)
    .flatMap((query) => {
      const question = objectOf(query);
      const text = nameOf(question?.rrname);
      if (text === undefined) return [];
      const features = nameFeatures(text);
      const parts = {
        kind: asked ? 'dns_query' : 'dns_nxdomain',
        timeUs,
        // The answer goes back to who asked; the flow's client is who sent the question.
        address: asked ? from : to,
        target: asked ? to : from,
        record,
        meta: {
          service: 'dns',
          query: features.name,
          domain: features.domain,
          rrtype: nameOf(question?.rrtype) ?? '',
          rcode: asked ? '' : rcode,
        },
        parsed: {
          length: features.name.length,
          sublabels: features.sublabels,
          sub_length: features.subLength,
          sub_entropy: features.subEntropy,
          sub_digits: features.subDigits,
          longest_label: features.longestLabel,
          random: features.random,
          own: OWN.test(features.name),
        },
      };
      return [observation(parts)];
    });
}
