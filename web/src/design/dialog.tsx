import './overlay.css';
import { Dialog as BaseDialog } from '@base-ui/react/dialog';
import { type ReactNode, useRef } from 'react';
import { Button, type ButtonKind, IconButton } from './button.tsx';
import { classNames } from './class-names.ts';

/** What Dialog takes. */
export interface DialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Buttons below, the one that does it last. */
  readonly actions?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** A question or a form above the page. Esc, its cross and a click beside it close it. */
export function Dialog({ open, onClose, title, actions, wide, children }: DialogProps) {
  const body = useRef<HTMLDivElement>(null);
  // What one came for, not the cross; where there is nothing to fill in, the last button or the dialog as a whole.
  const firstFocus = () =>
    body.current?.querySelector<HTMLElement>('input, select, textarea, button, a[href]') ??
    body.current?.parentElement?.querySelector<HTMLElement>('.dialog-foot button:last-of-type') ??
    body.current?.parentElement ??
    true;
  return (
    <BaseDialog.Root open={open} onOpenChange={(opened) => !opened && onClose()}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className="backdrop" />
        <BaseDialog.Popup className={classNames('dialog', wide && 'dialog-wide')} initialFocus={firstFocus}>
          <header className="dialog-head">
            <BaseDialog.Title>{title}</BaseDialog.Title>
            <BaseDialog.Close render={<IconButton icon="close" label="Close" />} />
          </header>
          <div className="dialog-body" ref={body}>
            {children}
          </div>
          {actions !== undefined && <footer className="dialog-foot">{actions}</footer>}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** What ConfirmDialog takes. */
export interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What the button says: the deed, e.g. `Ban 192.0.2.1`. */
  readonly confirm: string;
  readonly kind?: ButtonKind;
  readonly busy?: boolean;
  readonly onConfirm: () => void;
  /** What will happen. */
  readonly children: ReactNode;
}

/** Shows what will happen, and asks whether it shall. */
export function ConfirmDialog({
  open,
  onClose,
  title,
  confirm,
  kind = 'primary',
  busy = false,
  onConfirm,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind={kind} busy={busy} onClick={onConfirm}>
            {confirm}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
