// The words of the table: what somebody does, and what has to be recorded of it.

import type { Page } from '@playwright/test';

import type { Certainty, Device, Surface } from '../../src/tokens';
import type { ILab } from '../lab';

/** What one event of an interaction has to say. */
export interface IExpected {
  /** Id of the command, or the activity. */
  readonly what: string;
  readonly isActivity: boolean;
  readonly surface: Surface;
  readonly device: Device;
  /** The least and the most that may be claimed. */
  readonly certainty: readonly [least: Certainty, most: Certainty];
  readonly parent: string | null;
  readonly outcome: string | null;
}

/** One interaction, and every command that it causes: one that is recorded and not listed here is an error. */
export interface IInteraction {
  readonly name: string;
  readonly act: (page: Page, lab: ILab) => Promise<void>;
  readonly expected: readonly IExpected[];
}

/** Interactions that share a page, in the order in which they are made. */
export interface IGroup {
  readonly name: string;
  readonly application: 'JupyterLab' | 'Notebook';
  /** Below the server's URL. */
  readonly path: string;
  /** What is on the page when it is ready. */
  readonly ready: string;
  /** What is there before anything is recorded. */
  readonly prepare?: (lab: ILab) => void;
  readonly interactions: readonly IInteraction[];
}

type Claim = Certainty | readonly [least: Certainty, most: Certainty];

function range(claim: Claim): readonly [Certainty, Certainty] {
  return typeof claim === 'string' ? [claim, claim] : claim;
}

/** A command that a gesture started. */
export function told(
  what: string,
  surface: Surface,
  device: Device,
  claim: Claim,
  outcome: string | null = null
): IExpected {
  const certainty = range(claim);
  const isActivity = false;
  return {
    what,
    isActivity,
    surface,
    device,
    certainty,
    parent: null,
    outcome
  };
}

/** A command that another command started. */
export function child(
  what: string,
  parent: string,
  claim: Claim,
  outcome: string | null = null
): IExpected {
  return {
    ...told(what, 'command', 'none', claim, outcome),
    parent
  };
}

/** The same of an activity. */
export function activity(expected: IExpected): IExpected {
  return { ...expected, isActivity: true };
}

export function interaction(
  name: string,
  act: IInteraction['act'],
  ...expected: IExpected[]
): IInteraction {
  return { name, act, expected };
}
