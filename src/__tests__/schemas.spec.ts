import { readFileSync } from 'fs';
import { join } from 'path';

import { ACTIVITY_V1, COMMAND_V1, SESSION_V1 } from '../schemas';
import type { ActivityV1, CommandV1 } from '../schemas';
import type { IEventInput, IEventLog, ITrigger } from '../tokens';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Not even `true` fits where two types are not the same. */
type Same<A, B> = [A, B] extends [B, A] ? true : never;

const TRIGGER = { surface: 'link', device: 'pen', certainty: 'exact' } as const;
const DATA = {
  command: 'a:b',
  trigger: TRIGGER,
  outcome: 'success',
  duration_ms: 1
} as const;

const log: Pick<IEventLog, 'emit'> = { emit: () => true };

describe('the ids of our schemas', () => {
  it.each([
    ['activity', ACTIVITY_V1],
    ['command', COMMAND_V1],
    ['session', SESSION_V1]
  ])('are those of the files: %s', (name, id) => {
    const file = join('jupyter_eventlog', 'schemas', `${name}.v1.json`);
    const schema = JSON.parse(readFileSync(file, 'utf8')) as { $id: string };
    expect(id).toBe(schema.$id);
  });
});

describe('the types of our events', () => {
  it('have the trigger that the log tells', () => {
    const command: Same<Mutable<ITrigger>, CommandV1['trigger']> = true;
    const activity: Same<Mutable<ITrigger>, ActivityV1['trigger']> = true;
    expect([command, activity]).toEqual([true, true]);
  });

  it('let an event through that fulfils its schema', () => {
    const event: IEventInput<CommandV1> = { schema: COMMAND_V1, data: DATA };
    expect(log.emit(event)).toBe(true);
  });

  // The compiler checks it: an error that is expected and does not come is an error.
  it('do not compile for a field, a word or a value that the schema does not have', () => {
    const schema = COMMAND_V1;
    // @ts-expect-error - `path` is no field
    log.emit<CommandV1>({ schema, data: { ...DATA, path: '/home' } });
    // @ts-expect-error - no such outcome
    log.emit<CommandV1>({ schema, data: { ...DATA, outcome: 'fine' } });
    // @ts-expect-error - a number
    log.emit<CommandV1>({ schema, data: { ...DATA, duration_ms: '1' } });
    // @ts-expect-error - the trigger is missing
    log.emit<CommandV1>({ schema, data: { ...DATA, trigger: undefined } });
    log.emit<CommandV1>({
      schema,
      // @ts-expect-error - the value of an argument is neither flag nor choice
      data: { ...DATA, args: [{ name: 'path', value: '/home' }] }
    });
  });
});
