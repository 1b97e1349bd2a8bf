/** Programs that look for weaknesses and say who they are. Tools of every day (curl, wget, libraries) are not among them. */
const SCANNERS =
  /nikto|sqlmap|nmap scripting engine|masscan|zgrab|gobuster|dirbuster|dirb\b|feroxbuster|ffuf|fuzz faster|wfuzz|wpscan|nuclei|acunetix|netsparker|nessus|openvas|arachni|w3af|whatweb|zmeu|jorgee|havij|joomscan|commix|skipfish|vega\/|burpcollaborator|l9explore|l9tcpid|paros\/|morfeus|muieblackcat/i;

/** Longer ones are looked at so far. */
const LONGEST = 512;

/** Whether a user agent is that of a scanner. */
export function isScannerAgent(agent: string): boolean {
  return SCANNERS.test(agent.slice(0, LONGEST));
}
