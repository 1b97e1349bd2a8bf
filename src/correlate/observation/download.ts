/** Kinds of programs by their first bytes, as `fileinfo.mimetype` has them. */
const EXECUTABLE =
  /dosexec|portable-executable|msdownload|x-executable|x-elf|sharedlib|mach-|x-msi|android\.package|java-archive/;

/** Domains from which systems and programs are brought up to date over HTTP without TLS: they check signatures. */
const VENDORS = new Set(
  (
    'adobe.com apple.com archlinux.org avast.com avcdn.net avg.com bitdefender.net centos.org debian.org dell.com ' +
    'drweb.com eset.com fedoraproject.org freebsd.org google.com gvt1.com hp.com intel.com kaspersky.com lenovo.com ' +
    'mcafee.com microsoft.com mozilla.net mozilla.org msftconnecttest.com nvidia.com office.com opensuse.org oracle.com ' +
    'redhat.com samsung.com steampowered.com steamcontent.com symantec.com ubuntu.com visualstudio.com windows.com ' +
    'windowsupdate.com'
  ).split(' '),
);

/** Whether a content type is that of a program. */
export function isExecutable(mimetype: string): boolean {
  return EXECUTABLE.test(mimetype);
}

/** Whether a registered domain is that of a known vendor of systems and programs. */
export function isVendor(domain: string): boolean {
  return VENDORS.has(domain);
}
