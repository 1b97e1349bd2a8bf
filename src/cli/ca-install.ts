import type { CaDescription } from '../mitm/proxy/tls/index.ts';

/** How clients come to trust a CA, by system. */
export function installText({ file, fingerprint }: CaDescription): string {
  return `Whoever trusts this CA lets this weir read its TLS: install it on machines that are yours, and compare the
fingerprint there:

  ${fingerprint}

Copy the certificate to the client ('weir ca export > weir-ca.pem'; never ca-key.pem), then:

Debian, Ubuntu (the name has to end with .crt)
  sudo cp weir-ca.pem /usr/local/share/ca-certificates/weir-ca.crt && sudo update-ca-certificates
Fedora, RHEL
  sudo cp weir-ca.pem /etc/pki/ca-trust/source/anchors/ && sudo update-ca-trust
macOS
  sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain weir-ca.pem
Windows (as administrator)
  certutil -addstore -f Root weir-ca.pem
Firefox (has its own list)
  Settings, Privacy & Security, View Certificates, Authorities, Import: trust it for websites.
  Or make it use the system's: about:config, security.enterprise_roots.enabled = true.
Android
  Settings, Security, Encryption & credentials, Install a certificate, CA certificate.
  Browsers trust it; most other apps do not, unless they were built to.
iOS, iPadOS ('weir ca export --format der > weir-ca.cer', sent by mail or from a web server)
  Settings, Profile Downloaded, Install; then General, About, Certificate Trust Settings: switch it on.
curl
  curl --cacert weir-ca.pem https://...   or   export CURL_CA_BUNDLE=weir-ca.pem
Node
  export NODE_EXTRA_CA_CERTS=/path/to/weir-ca.pem
Python
  export SSL_CERT_FILE=/path/to/weir-ca.pem REQUESTS_CA_BUNDLE=/path/to/weir-ca.pem   (in place of the public ones)

To undo it, take the certificate out of the same place. Here it lies in ${file}
`;
}
