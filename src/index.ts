import { api } from './plugins/api';
import { commands } from './plugins/commands';
import { consent } from './plugins/consent';
import { eventlog } from './plugins/eventlog';
import { manifest } from './plugins/manifest';
import { panel } from './plugins/panel';
import { sinks } from './plugins/sinks';
import { status } from './plugins/status';

export * from './tokens';

export default [
  manifest,
  consent,
  sinks,
  eventlog,
  api,
  commands,
  panel,
  status
];
