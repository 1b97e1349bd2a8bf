import { IconButton } from './button.tsx';
import { toast } from './toast.tsx';

/** Puts a text on the clipboard. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toast({ title: 'Copied', tone: 'good' }),
      (error: unknown) => toast({ title: 'Not copied', text: String(error), tone: 'danger' }),
    );
  return <IconButton icon="copy" label={label} onClick={() => void copy()} />;
}
