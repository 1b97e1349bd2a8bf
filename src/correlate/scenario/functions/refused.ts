import { ANY, type ExpressionFunction } from '../expression/index.ts';

/** Functions of CrowdSec that a scenario here cannot have, and why. */
const REASONS: Readonly<Record<string, string>> = {
  LookupHost: 'it asks the network, and scenarios ask nothing outside of their events',
  CrowdsecCTI: 'it asks the network, and scenarios ask nothing outside of their events',
  GeoIPEnrich: 'there is no database of places here; use what evt.Enriched has',
  GeoIPASNEnrich: 'there is no database of networks here; use what evt.Enriched has',
  GeoIPRangeEnrich: 'there is no database of networks here; use IpToRange',
  XMLGetNodeValue: 'XML is not read here',
  XMLGetAttributeValue: 'XML is not read here',
  LibInjectionIsSQLI: 'the web application firewall looks for it; ask for evt.Meta.log_type == "waf_match"',
  LibInjectionIsXSS: 'the web application firewall looks for it; ask for evt.Meta.log_type == "waf_match"',
  ParseKV: 'it changes the event, which parsers do and scenarios do not',
  UnmarshalJSON: 'it changes the event, which parsers do and scenarios do not; use fromJSON',
};

/** Each fails when an expression that names it is compiled. */
export const REFUSED_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = Object.fromEntries(
  Object.entries(REASONS).map(([name, reason]): [string, ExpressionFunction] => [
    name,
    {
      parameters: [],
      rest: ANY,
      result: ANY,
      pure: false,
      call: () => null,
      check: () => `${name} is not available: ${reason}`,
    },
  ]),
);
