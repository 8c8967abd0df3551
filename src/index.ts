// The extension: its plugins. What other extensions import of this package is `tokens.ts`.

import { activities } from './plugins/activities';
import { api } from './plugins/api';
import { commands } from './plugins/commands';
import { consent } from './plugins/consent';
import { eventlog } from './plugins/eventlog';
import { panel } from './plugins/panel';
import { sinks } from './plugins/sinks';
import { status } from './plugins/status';

export default [
  consent,
  sinks,
  eventlog,
  api,
  commands,
  activities,
  panel,
  status
];
