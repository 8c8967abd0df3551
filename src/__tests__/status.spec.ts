import { OFF } from '../consent/state';
import { statusOf } from '../consent/status';
import { durationText } from '../consent/words';
import type { ISinkState } from '../pipeline/api';
import type { IConsentState } from '../tokens';
import { PURPOSE, SINK, TelemetryServer, trans } from './telemetryServer';

const NOW = Date.UTC(2026, 0, 1);

function text(
  state: Partial<IConsentState>,
  sink: Partial<ISinkState> | null = null
): string {
  const server = new TelemetryServer();
  server.sinks = [{ ...SINK, ...sink }];
  return statusOf({ ...OFF, ...state }, sink && server.now, NOW, trans).text;
}

describe('the status item', () => {
  const on = { modes: { usage: 'on' } } as const;

  it.each([
    ['off', {}, null],
    ['local', { modes: { usage: 'local' } }, null],
    ['on', on, null],
    ['local', { serverModes: { operations: 'local' } }, null],
    ['on → IT Services', on, {}],
    ['terms changed', { ...on, changedTerms: ['usage'] }, {}],
    ['paused, 42 min', { ...on, pausedUntil: NOW + 42 * 60_000 }, {}],
    ['sending delayed', on, { state: 'delayed' }],
    ['sending delayed', on, { state: 'failing' }],
    ['stopped, disk full', on, { state: 'stopped', reason: 'disk_full' }],
    ['off, configuration error', { ...on, problem: 'Off: …' }, {}]
  ] as const)('says "%s"', (wanted, state, sink) => {
    expect(text(state, sink)).toBe(wanted);
  });

  it('says the worst first', () => {
    const everything = {
      ...on,
      changedTerms: ['usage'],
      pausedUntil: NOW + 60_000
    };
    expect(text(everything, { state: 'stopped' })).toBe('stopped');
    expect(text(everything, { state: 'delayed' })).toBe('sending delayed');
    expect(text(everything, {})).toBe('paused, 1 min');
  });

  it('does not speak of a pause that is over', () => {
    expect(text({ ...on, pausedUntil: NOW })).toBe('on');
  });

  it('does not speak of a sink that gets nothing', () => {
    expect(text({ modes: { usage: 'local' } }, { state: 'stopped' })).toBe(
      'local'
    );
  });

  it('does not speak of a sink that was not agreed to', () => {
    const server = new TelemetryServer([
      {
        ...PURPOSE,
        mode: 'on',
        sinks: ['archive', 'newer'],
        forwarded_to: ['archive']
      }
    ]);
    server.sinks = [SINK, { ...SINK, name: 'newer', state: 'stopped' }];
    expect(statusOf({ ...OFF, ...on }, server.now, NOW, trans).text).toBe(
      'on → IT Services'
    );
  });

  it('adds that an audit is required', () => {
    expect(text({ mandatory: ['audit'] })).toBe('off + required audit');
    expect(text({ ...on, mandatory: ['audit'] }, {})).toBe(
      'on → IT Services + required audit'
    );
  });
});

describe('a duration', () => {
  it.each([
    ['90d', '90 days'],
    ['1d', '1 day'],
    ['12h', '12 hours'],
    ['1min', '1 minute'],
    ['10s', '10 seconds'],
    ['for ever', 'for ever']
  ])('%s reads %s', (duration, wanted) => {
    expect(durationText(duration, trans)).toBe(wanted);
  });
});
