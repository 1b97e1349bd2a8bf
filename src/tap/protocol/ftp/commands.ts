/** Commands of FTP: RFC 959, RFC 2228 (security), RFC 2428 (EPRT, EPSV), RFC 3659 (listings) and common custom. */
export const COMMANDS: ReadonlySet<string> = new Set(
  (
    'ABOR ACCT ADAT ALLO APPE AUTH CCC CDUP CHMOD CLNT CONF CWD DELE ENC EPRT EPSV FEAT HELP HOST IDLE LANG LIST ' +
    'MAIL MDTM MFMT MIC MKD MLFL MLSD MLST MODE MRCP MRSQ MSAM MSND MSOM NLST NOOP OPTS PASS PASV PBSZ PORT PROT ' +
    'PWD QUIT REIN REST RETR RMD RNFR RNTO SITE SIZE SMNT STAT STOR STOU STRU SYST TYPE UMASK USER XCUP XCWD XMKD ' +
    'XPWD XRMD'
  ).split(' '),
);

/** Commands that send content over the data channel. */
export const TRANSFERS: ReadonlySet<string> = new Set([
  'RETR',
  'STOR',
  'STOU',
  'APPE',
  'LIST',
  'NLST',
  'MLSD',
]);

/** Transfers of a listing: their argument names no file. */
export const LISTINGS: ReadonlySet<string> = new Set(['LIST', 'NLST', 'MLSD']);

/** Commands that Zeek writes to ftp.log. */
export const LOGGED: ReadonlySet<string> = new Set([
  'APPE',
  'DELE',
  'RETR',
  'STOR',
  'STOU',
  'ACCT',
  'PORT',
  'PASV',
  'EPRT',
  'EPSV',
]);

/** Users whose password is no secret: it is the custom to give a mail address. */
export const GUESTS: ReadonlySet<string> = new Set(['anonymous', 'ftp', 'ftpuser', 'guest']);
