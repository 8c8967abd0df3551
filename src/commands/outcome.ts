// How a command ended. A cancelled dialog is not a failure.

import type { Settlement } from '../triggers/shadow';

/** `unsettled` where the page was left before. */
export type Outcome = 'success' | 'failure' | 'cancelled' | 'unsettled';

/** Rejections by which JupyterLab says that somebody changed their mind. Compared, never recorded. */
const CANCEL_NAMES = ['ModalCancelError'];
const CANCEL_MESSAGES = ['Cancel', 'Canceled', 'Cancelled', 'File not renamed'];

/** @param isDialogRefused - Whether a dialog that belongs to the command was answered with no. */
export function outcomeOf(
  settlement: Settlement,
  isDialogRefused: boolean
): Outcome {
  if (settlement.kind === 'rejected') {
    return isDialogRefused || saysCancelled(settlement.error)
      ? 'cancelled'
      : 'failure';
  }
  return isRefusal(settlement.value) ||
    (isDialogRefused && isNothing(settlement.value))
    ? 'cancelled'
    : 'success';
}

function saysCancelled(error: unknown): boolean {
  if (typeof error === 'string') {
    return CANCEL_MESSAGES.includes(error);
  }
  return (
    error instanceof Error &&
    (CANCEL_NAMES.includes(error.name) ||
      CANCEL_MESSAGES.includes(error.message))
  );
}

/** The result of JupyterLab's `showDialog` with a button that does not accept. */
function isRefusal(value: unknown): boolean {
  const button = member(value, 'button');
  return member(button, 'accept') === false;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === false;
}
