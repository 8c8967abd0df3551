// What other plugins hold as `IConsent`, before and after its code has come.

import { Signal } from '@lumino/signaling';

import { LogFront } from '../pipeline/logFront';
import { ConsentFront } from '../plugins/consentFront';
import type { Live } from '../plugins/live';
import { onceActive } from '../plugins/onceActive';
import type { IConsentState, IEventLog } from '../tokens';
import { COMMAND, ConsentStub, stateOf } from './consentStub';

/** One that can be changed, and counts. */
class ChosenStub extends ConsentStub {
  readonly asked: unknown[] = [];

  override setMode(...choice: unknown[]): Promise<void> {
    this.asked.push(choice);
    return Promise.resolve();
  }

  override pause(...seconds: unknown[]): Promise<void> {
    this.asked.push(seconds);
    return Promise.resolve();
  }
}

function setUp(failures = 0) {
  const consent = new ChosenStub(stateOf('off'));
  const live = { consent } as unknown as Live;
  let fetches = 0;
  const front = new ConsentFront(stateOf('off'), () => {
    fetches += 1;
    return fetches > failures
      ? Promise.resolve(live)
      : Promise.reject(new Error('Loading chunk failed'));
  });
  return { consent, front, live, fetches: () => fetches };
}

describe('consent whose code comes later', () => {
  it('fetches nothing before it is changed or looked at, and then once', async () => {
    const { consent, front, fetches } = setUp();
    expect(front.state).toEqual(stateOf('off'));
    expect(fetches()).toBe(0);
    await Promise.all([
      front.setMode('usage', 'local', 'sha256:one', 'panel'),
      front.pause(60),
      front.refresh()
    ]);
    expect(fetches()).toBe(1);
    // The last that was clicked is the last.
    expect(consent.asked).toEqual([
      ['usage', 'local', 'sha256:one', 'panel'],
      [60]
    ]);
    expect(consent.refreshed).toBe(1);
  });

  it('tries again where its code did not come, and says so', async () => {
    const { front, live } = setUp(1);
    await expect(front.pause(60)).rejects.toThrow('Loading chunk failed');
    expect(await front.load()).toBe(live);
  });

  it('tells of a change after what is behind it has obeyed', async () => {
    const { consent, front } = setUp();
    const heard: string[] = [];
    const hear =
      (who: string) =>
      (_: unknown, { modes }: IConsentState) =>
        void heard.push(`${who} ${modes.usage}`);
    front.stateChanged.connect(hear('another'));
    front.whenLoaded(live =>
      live.consent.stateChanged.connect(hear('our log'))
    );
    await front.load();
    consent.become(stateOf('on'));
    expect(heard).toEqual(['our log on', 'another on']);
    expect(front.state).toBe(consent.state);
  });

  it('does at once what is to be done when it is there, if it is', async () => {
    const { front, live } = setUp();
    const seen: Live[] = [];
    front.whenLoaded(there => seen.push(there));
    expect(seen).toEqual([]);
    await front.load();
    front.whenLoaded(there => seen.push(there));
    expect(seen).toEqual([live, live]);
  });
});

describe('a log that nothing is behind', () => {
  it('says no to everything, and keeps what is declared', async () => {
    const log = new LogFront();
    expect(log.isActive(COMMAND)).toBe(false);
    expect(log.emit({ schema: COMMAND, data: {} })).toBe(false);
    expect(log.currentTrigger()).toBeNull();
    await expect(log.waiting()).resolves.toBe(0);
    await expect(log.clear()).resolves.toBeUndefined();
    log.declareCommands({ 'own:open': {} });
    expect(log.declarations.over({})).toEqual({ 'own:open': {} });
    expect(() => log.declareCommands({ 'own: open': {} })).toThrow(TypeError);
  });
});

describe('what comes with the first consent to it', () => {
  it('comes once, and is asked for again where it did not come', async () => {
    let isActive = false;
    const activeChanged = new Signal<object, void>({});
    const log = { isActive: () => isActive, activeChanged };
    let failures = 1;
    const task = jest.fn(() =>
      failures-- > 0
        ? Promise.reject(new Error('Loading chunk failed'))
        : Promise.resolve()
    );
    const change = async (toActive: boolean) => {
      isActive = toActive;
      activeChanged.emit();
      await Promise.resolve();
      await Promise.resolve();
    };
    onceActive(log as unknown as IEventLog, [COMMAND], task);
    await change(false);
    expect(task).not.toHaveBeenCalled();
    await change(true);
    expect(task).toHaveBeenCalledTimes(1);
    await change(true);
    await change(false);
    await change(true);
    expect(task).toHaveBeenCalledTimes(2);
  });
});
