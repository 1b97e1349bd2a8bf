import type { EvidenceType } from '../evidence.ts';

/**
 * Stages of an attack: the tactics of MITRE ATT&CK (Enterprise), in the order in which attacks tend to go. Fetching
 * tools is a part of command and control there, and a stage of its own here: people know it as the download.
 */
export const STAGES = [
  { stage: 'reconnaissance', tactic: 'TA0043', name: 'Reconnaissance' },
  { stage: 'initial_access', tactic: 'TA0001', name: 'Initial Access' },
  { stage: 'credential_access', tactic: 'TA0006', name: 'Credential Access' },
  { stage: 'execution', tactic: 'TA0002', name: 'Execution' },
  { stage: 'persistence', tactic: 'TA0003', name: 'Persistence' },
  { stage: 'defense_evasion', tactic: 'TA0005', name: 'Defense Evasion' },
  { stage: 'tool_transfer', tactic: 'TA0011', name: 'Command and Control' },
  { stage: 'discovery', tactic: 'TA0007', name: 'Discovery' },
  { stage: 'lateral_movement', tactic: 'TA0008', name: 'Lateral Movement' },
  { stage: 'collection', tactic: 'TA0009', name: 'Collection' },
  { stage: 'command_and_control', tactic: 'TA0011', name: 'Command and Control' },
  { stage: 'exfiltration', tactic: 'TA0010', name: 'Exfiltration' },
  { stage: 'impact', tactic: 'TA0040', name: 'Impact' },
  { stage: 'unassigned', tactic: '', name: '' },
] as const;

/** A stage of an attack. */
export type Stage = (typeof STAGES)[number]['stage'];

/** Techniques that scenarios and rules name, with their names and the stage in which we see them. */
const TECHNIQUES: Readonly<Record<string, readonly [name: string, stage: Stage]>> = {
  T1589: ['Gather Victim Identity Information', 'reconnaissance'],
  T1590: ['Gather Victim Network Information', 'reconnaissance'],
  T1592: ['Gather Victim Host Information', 'reconnaissance'],
  T1595: ['Active Scanning', 'reconnaissance'],
  'T1595.001': ['Scanning IP Blocks', 'reconnaissance'],
  'T1595.002': ['Vulnerability Scanning', 'reconnaissance'],
  'T1595.003': ['Wordlist Scanning', 'reconnaissance'],
  T1078: ['Valid Accounts', 'initial_access'],
  T1133: ['External Remote Services', 'initial_access'],
  T1189: ['Drive-by Compromise', 'initial_access'],
  T1190: ['Exploit Public-Facing Application', 'initial_access'],
  T1566: ['Phishing', 'initial_access'],
  'T1566.001': ['Spearphishing Attachment', 'initial_access'],
  'T1566.002': ['Spearphishing Link', 'initial_access'],
  T1003: ['OS Credential Dumping', 'credential_access'],
  T1040: ['Network Sniffing', 'credential_access'],
  T1110: ['Brute Force', 'credential_access'],
  'T1110.001': ['Password Guessing', 'credential_access'],
  'T1110.002': ['Password Cracking', 'credential_access'],
  'T1110.003': ['Password Spraying', 'credential_access'],
  'T1110.004': ['Credential Stuffing', 'credential_access'],
  T1539: ['Steal Web Session Cookie', 'credential_access'],
  T1552: ['Unsecured Credentials', 'credential_access'],
  T1557: ['Adversary-in-the-Middle', 'credential_access'],
  T1059: ['Command and Scripting Interpreter', 'execution'],
  'T1059.004': ['Unix Shell', 'execution'],
  'T1059.007': ['JavaScript', 'execution'],
  T1203: ['Exploitation for Client Execution', 'execution'],
  T1204: ['User Execution', 'execution'],
  'T1204.001': ['Malicious Link', 'execution'],
  'T1204.002': ['Malicious File', 'execution'],
  T1098: ['Account Manipulation', 'persistence'],
  T1136: ['Create Account', 'persistence'],
  T1505: ['Server Software Component', 'persistence'],
  'T1505.003': ['Web Shell', 'persistence'],
  T1027: ['Obfuscated Files or Information', 'defense_evasion'],
  T1036: ['Masquerading', 'defense_evasion'],
  T1205: ['Traffic Signaling', 'defense_evasion'],
  T1562: ['Impair Defenses', 'defense_evasion'],
  T1105: ['Ingress Tool Transfer', 'tool_transfer'],
  T1018: ['Remote System Discovery', 'discovery'],
  T1046: ['Network Service Discovery', 'discovery'],
  T1083: ['File and Directory Discovery', 'discovery'],
  T1135: ['Network Share Discovery', 'discovery'],
  T1021: ['Remote Services', 'lateral_movement'],
  'T1021.001': ['Remote Desktop Protocol', 'lateral_movement'],
  'T1021.002': ['SMB/Windows Admin Shares', 'lateral_movement'],
  'T1021.004': ['SSH', 'lateral_movement'],
  T1210: ['Exploitation of Remote Services', 'lateral_movement'],
  T1570: ['Lateral Tool Transfer', 'lateral_movement'],
  T1005: ['Data from Local System', 'collection'],
  T1114: ['Email Collection', 'collection'],
  T1119: ['Automated Collection', 'collection'],
  T1213: ['Data from Information Repositories', 'collection'],
  T1071: ['Application Layer Protocol', 'command_and_control'],
  'T1071.001': ['Web Protocols', 'command_and_control'],
  'T1071.004': ['DNS', 'command_and_control'],
  T1090: ['Proxy', 'command_and_control'],
  'T1090.003': ['Multi-hop Proxy', 'command_and_control'],
  T1095: ['Non-Application Layer Protocol', 'command_and_control'],
  T1102: ['Web Service', 'command_and_control'],
  T1132: ['Data Encoding', 'command_and_control'],
  T1219: ['Remote Access Tools', 'command_and_control'],
  T1568: ['Dynamic Resolution', 'command_and_control'],
  'T1568.002': ['Domain Generation Algorithms', 'command_and_control'],
  T1571: ['Non-Standard Port', 'command_and_control'],
  T1572: ['Protocol Tunneling', 'command_and_control'],
  T1573: ['Encrypted Channel', 'command_and_control'],
  T1020: ['Automated Exfiltration', 'exfiltration'],
  T1029: ['Scheduled Transfer', 'exfiltration'],
  T1030: ['Data Transfer Size Limits', 'exfiltration'],
  T1041: ['Exfiltration Over C2 Channel', 'exfiltration'],
  T1048: ['Exfiltration Over Alternative Protocol', 'exfiltration'],
  'T1048.003': ['Exfiltration Over Unencrypted Non-C2 Protocol', 'exfiltration'],
  T1567: ['Exfiltration Over Web Service', 'exfiltration'],
  T1485: ['Data Destruction', 'impact'],
  T1486: ['Data Encrypted for Impact', 'impact'],
  T1489: ['Service Stop', 'impact'],
  T1491: ['Defacement', 'impact'],
  T1496: ['Resource Hijacking', 'impact'],
  T1498: ['Network Denial of Service', 'impact'],
  'T1498.001': ['Direct Network Flood', 'impact'],
  'T1498.002': ['Reflection Amplification', 'impact'],
  T1499: ['Endpoint Denial of Service', 'impact'],
  'T1499.001': ['OS Exhaustion Flood', 'impact'],
  'T1499.002': ['Service Exhaustion Flood', 'impact'],
};

/** Where the techniques say nothing. A scan of ports from outside is a search for targets. */
const STAGE_OF_TYPE: Readonly<Record<EvidenceType, Stage>> = {
  waf_block: 'initial_access',
  waf_alert: 'initial_access',
  scanner: 'reconnaissance',
  brute_force: 'credential_access',
  crowdsec_ban: 'unassigned',
  dpi_threat: 'unassigned',
  other: 'unassigned',
};

/** Name of a technique; empty where it is not in the table. A sub-technique that is not there has its technique's. */
export function techniqueName(id: string): string {
  return (TECHNIQUES[id] ?? TECHNIQUES[baseOf(id)])?.[0] ?? '';
}

/** Tactic of a stage by its identifier and name; empty for what has none. */
export function tacticOf(stage: Stage): { readonly tactic: string; readonly name: string } {
  return STAGES.find((one) => one.stage === stage) ?? { tactic: '', name: '' };
}

/** Where a stage stands in the order of attacks. */
export function rankOf(stage: Stage): number {
  return STAGES.findIndex((one) => one.stage === stage);
}

/**
 * The stage of a piece of evidence: the furthest of its techniques. What was found by its shape as a scan is one, even
 * where what it looked for is named as well; from outside, a search for services is reconnaissance.
 */
export function stageOf(type: EvidenceType, techniques: readonly string[]): Stage {
  let furthest: Stage | undefined;
  for (const id of techniques) {
    const stage = (TECHNIQUES[id] ?? TECHNIQUES[baseOf(id)])?.[1];
    if (stage === undefined) continue;
    if (type === 'scanner' && (stage === 'reconnaissance' || stage === 'discovery')) return 'reconnaissance';
    if (furthest === undefined || rankOf(stage) > rankOf(furthest)) furthest = stage;
  }
  return furthest ?? STAGE_OF_TYPE[type];
}

function baseOf(id: string): string {
  const dot = id.indexOf('.');
  return dot < 0 ? id : id.slice(0, dot);
}
