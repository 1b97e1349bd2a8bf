import './tabs.css';
import { Tabs as BaseTabs } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';

/** One tab. */
export interface TabItem<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
  /** What is below while it is chosen; rendered only then. */
  readonly content: ReactNode;
}

/** What Tabs takes. */
export interface TabsProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly items: readonly TabItem<Value>[];
}

/** Several views of one thing, one at a time. Keep the chosen one in the page's address. */
export function Tabs<Value extends string>({ label, value, onChange, items }: TabsProps<Value>) {
  return (
    <BaseTabs.Root className="tabs" value={value} onValueChange={(chosen) => onChange(chosen as Value)}>
      <BaseTabs.List className="tabs-list" aria-label={label}>
        {items.map((item) => (
          <BaseTabs.Tab key={item.value} value={item.value} className="tab">
            {item.label}
          </BaseTabs.Tab>
        ))}
      </BaseTabs.List>
      {items.map((item) => (
        <BaseTabs.Panel key={item.value} value={item.value} className="tab-panel">
          {item.content}
        </BaseTabs.Panel>
      ))}
    </BaseTabs.Root>
  );
}
