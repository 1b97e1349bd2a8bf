/** The parts of an endpoint: `mail.example.org:587`, `[2001:db8::1]:514`, `:8080`, whose host is empty. */
export function endpointOf(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}
