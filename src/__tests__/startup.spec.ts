// What is on the start-up path, where nobody has chosen anything.

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';

import { StatusWatch } from '../consent/statusWatch';
import { panel } from '../plugins/panel';
import { ConsentStub, stateOf } from './consentStub';
import { manifestOf, TelemetryServer, trans } from './telemetryServer';

const added = { isAttached: true, id: 'jupyter-eventlog-panel' };

let loads = 0;

jest.mock('../panel/panel', () => ({
  get Panel() {
    loads += 1;
    if (loads === 1) {
      throw new Error('Loading chunk failed');
    }
    return Widget;
  }
}));

describe('the status item', () => {
  it('listens only while something is on', () => {
    const listens = jest.spyOn(document, 'addEventListener');
    const forgets = jest.spyOn(document, 'removeEventListener');
    const isVisibility = ([type]: unknown[]) => type === 'visibilitychange';
    const consent = new ConsentStub(stateOf('off'));
    const watch = new StatusWatch(
      consent,
      manifestOf(new TelemetryServer()),
      trans,
      () => undefined
    );
    watch.begin();
    expect(listens.mock.calls.filter(isVisibility)).toEqual([]);
    consent.become(stateOf('on'));
    expect(listens.mock.calls.filter(isVisibility)).toHaveLength(1);
    forgets.mockClear();
    consent.become(stateOf('off'));
    expect(forgets.mock.calls.filter(isVisibility)).toHaveLength(1);
    watch.dispose();
    jest.restoreAllMocks();
  });
});

describe('the panel', () => {
  it('is opened by the next click where its code did not come with the first', async () => {
    const commands = new CommandRegistry();
    const activated: string[] = [];
    const shell = {
      add: () => added,
      activateById: (id: string) => void activated.push(id),
      currentChanged: new Signal({})
    };
    const app = { commands, shell } as unknown as JupyterFrontEnd;
    const manifest = manifestOf(new TelemetryServer());
    const consent = Object.assign(new ConsentStub(stateOf('off')), {
      load: () => Promise.resolve({ manifest })
    });
    await panel.activate(app, consent);
    await expect(commands.execute('eventlog:open')).rejects.toThrow(
      'Loading chunk failed'
    );
    await commands.execute('eventlog:open', { evil: '<script>' });
    expect(activated).toEqual(['jupyter-eventlog-panel']);
  });
});
