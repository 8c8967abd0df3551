// The events at both ends of a session.

import { SESSION_V1 } from '../schemas';
import type { SessionV1 } from '../schemas';
import type { IEventInput } from '../tokens';
import type { INavigatorFacts } from './environment';
import { browserFamily, platformFamily } from './environment';
import { VERSION } from './version';

const APPLICATIONS = ['JupyterLab', 'Jupyter Notebook', 'JupyterLite'] as const;
/** As the schema has it; another version is left out rather than refused. */
const VERSION_PATTERN =
  /^[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?(-?(a|b|rc|alpha|beta|dev)\.?[0-9]{1,4})?$/;

export interface IApplicationFacts {
  readonly name: string;
  readonly version: string;
}

/** The schema's bound. */
const MAX_QUIET = 10_000_000;

/** Describes a moment of a session, and how many commands were only counted since the moment before. */
export function sessionEvent(
  phase: SessionV1['phase'],
  application: IApplicationFacts,
  facts: INavigatorFacts,
  quietCommands?: number
): IEventInput<SessionV1> {
  const version = VERSION_PATTERN.test(application.version)
    ? { application_version: application.version }
    : {};
  return {
    schema: SESSION_V1,
    data: {
      phase,
      application:
        APPLICATIONS.find(name => name === application.name) ?? '(other)',
      ...version,
      eventlog_version: VERSION,
      platform: platformFamily(facts),
      browser: browserFamily(facts),
      ...(quietCommands === undefined
        ? {}
        : { quiet_commands: Math.min(quietCommands, MAX_QUIET) })
    }
  };
}
