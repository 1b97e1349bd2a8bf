export { Badge, type BadgeProps } from './badge.tsx';
export { Button, type ButtonKind, type ButtonProps, IconButton, type IconButtonProps } from './button.tsx';
export { Card, type CardProps } from './card.tsx';
export { Chart, type ChartOption, type ChartProps, useChartColours } from './chart.tsx';
export { classNames, type Tone } from './class-names.ts';
export { CopyButton } from './copy-button.tsx';
export { DataTable, type DataTableProps } from './data-table.tsx';
export { ConfirmDialog, type ConfirmDialogProps, Dialog, type DialogProps } from './dialog.tsx';
export { EmptyState, type EmptyStateProps } from './empty-state.tsx';
export {
  AddressLink,
  CommunityLink,
  FilterLink,
  FingerprintLink,
  NameLink,
  RuleLink,
} from './entity-link.tsx';
export { ErrorState, type ErrorStateProps } from './error-state.tsx';
export { Checkbox, type CheckboxProps, Field, type FieldProps, TextArea, TextInput } from './field.tsx';
export { Icon, type IconName } from './icon.tsx';
export { KeyValue, type KeyValueProps } from './key-value.tsx';
export { Menu, MenuItem, type MenuItemProps, MenuLabel, type MenuProps, MenuSeparator } from './menu.tsx';
export { Meter, type MeterProps } from './meter.tsx';
export { useNarrow } from './narrow.ts';
export { Page, type PageProps } from './page.tsx';
export { Popover, type PopoverProps } from './popover.tsx';
export { BitRate, Bytes, Count, Duration, Rate } from './quantity.tsx';
export { Select, type SelectOption, type SelectProps } from './select.tsx';
export { SidePanel, type SidePanelProps } from './side-panel.tsx';
export { Skeleton, type SkeletonProps } from './skeleton.tsx';
export { Sparkline, type SparklineProps } from './sparkline.tsx';
export { Stat, type StatProps } from './stat.tsx';
export { Switch, type SwitchProps } from './switch.tsx';
export type { Column } from './table-cells.tsx';
export { type TabItem, Tabs, type TabsProps } from './tabs.tsx';
export { TimeAgo, type TimeAgoProps, useNow } from './time-ago.tsx';
export { sinceOf, type TimeRange, TimeRangeSelect, timeRangeOf } from './time-range.tsx';
export { type ToastMessage, toast } from './toast.tsx';
export { Toolbar, ToolbarGroup } from './toolbar.tsx';
export { Tooltip, type TooltipProps } from './tooltip.tsx';
