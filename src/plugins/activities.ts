// Plugin: activities, recorded while that is consented to. Leaves no trace in the application otherwise.

import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IThemeManager } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';

import { ACTIVITY_V1 } from '../schemas';
import { IEventLog } from '../tokens';
import { onceActive } from './onceActive';

export const activities: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-eventlog:activities',
  description:
    'Records what is done beside commands: documents opened, cells executed, tabs activated.',
  autoStart: true,
  requires: [IEventLog],
  optional: [ISettingRegistry, IThemeManager],
  activate: (
    app: JupyterFrontEnd,
    log: IEventLog,
    settings: ISettingRegistry | null,
    themes: IThemeManager | null
  ) =>
    onceActive(log, [ACTIVITY_V1], async () => {
      const { followActivities } = await import(
        /* webpackChunkName: "recording" */ './followActivities'
      );
      followActivities(app, log, settings, themes);
    })
};
