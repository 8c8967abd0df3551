import { consent } from './plugins/consent';
import { manifest } from './plugins/manifest';
import { panel } from './plugins/panel';
import { status } from './plugins/status';

export * from './tokens';

export default [manifest, consent, panel, status];
