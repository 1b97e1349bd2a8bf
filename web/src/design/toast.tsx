import './overlay.css';
import { Toast } from '@base-ui/react/toast';
import { Button, IconButton } from './button.tsx';

/** What a toast says. */
export interface ToastMessage {
  readonly title: string;
  readonly text?: string;
  readonly tone?: 'neutral' | 'good' | 'warning' | 'danger';
  /** Takes back what was done; the toast then stays for ten seconds. */
  readonly undo?: () => void;
}

const SHOWN_MS = 5_000;
const UNDO_MS = 10_000;

const manager = Toast.createToastManager();

/** Tells of something that was done, or that failed, without being in the way. */
export function toast({ title, text, tone = 'neutral', undo }: ToastMessage): void {
  const id = manager.add({
    title,
    ...(text === undefined ? {} : { description: text }),
    type: tone,
    priority: tone === 'danger' ? 'high' : 'low',
    timeout: undo === undefined ? SHOWN_MS : UNDO_MS,
    ...(undo === undefined
      ? {}
      : {
          actionProps: {
            children: 'Undo',
            onClick: () => {
              manager.close(id);
              undo();
            },
          },
        }),
  });
}

/** The place of all toasts; once in the console. */
export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((one) => (
    <Toast.Root key={one.id} toast={one} className="toast" swipeDirection={['right', 'down']}>
      <Toast.Content className="toast-content">
        <div>
          <Toast.Title className="toast-title" />
          <Toast.Description className="toast-text" />
        </div>
        {one.actionProps !== undefined && <Toast.Action render={<Button small icon="undo" />} />}
        <Toast.Close render={<IconButton icon="close" label="Close" />} />
      </Toast.Content>
    </Toast.Root>
  ));
}
