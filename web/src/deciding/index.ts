export { DecideDialog, type DecideWish } from './decide-dialog.tsx';
export { refreshDecisions, tell } from './deciding.ts';
export { CONDITIONS, ExceptDialog, refreshExceptions } from './except-dialog.tsx';
export { Unavailable } from './switched-off.tsx';
