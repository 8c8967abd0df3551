import { CommandRegistry } from '@lumino/commands';

import type { IWatcher } from '../triggers/shadow';
import { shadowExecute } from '../triggers/shadow';

function registryWith(execute: (args: unknown) => unknown): CommandRegistry {
  const registry = new CommandRegistry();
  registry.addCommand('test:it', { execute });
  return registry;
}

const seen: string[] = [];
const watcher: IWatcher<object> = {
  begin: id => {
    seen.push(`begin ${id}`);
    return {};
  },
  returned: () => seen.push('returned'),
  settled: (_execution, { kind }) => seen.push(kind)
};

beforeEach(() => {
  seen.length = 0;
});

describe('the shadow of execute', () => {
  it('gives the caller the value, and the watcher the order of things', async () => {
    const registry = registryWith(() => {
      seen.push('run');
      return Promise.resolve(42);
    });
    const shadow = shadowExecute(registry, watcher);
    await expect(registry.execute('test:it')).resolves.toBe(42);
    expect(seen).toEqual(['begin test:it', 'run', 'returned', 'resolved']);
    shadow.dispose();
  });

  it('gives the caller the very error', async () => {
    const error = new Error('mine');
    const registry = registryWith(() => {
      throw error;
    });
    shadowExecute(registry, watcher);
    await expect(registry.execute('test:it')).rejects.toBe(error);
    expect(seen.at(-1)).toBe('rejected');
  });

  it('leaves a rejection that nobody handles unhandled: there is one branch, and the caller has its end', async () => {
    const registry = registryWith(() => undefined);
    const result = Promise.reject(new Error('lost'));
    const then = jest.spyOn(result, 'then');
    registry.execute = () => result;
    shadowExecute(registry, watcher);
    const given = registry.execute('test:it');
    expect(then).toHaveBeenCalledTimes(1);
    expect(then.mock.results[0]?.value).toBe(given);
    await expect(given).rejects.toThrow('lost');
  });

  it('calls the original with the same object and arguments', async () => {
    const registry = registryWith(() => undefined);
    const calls: unknown[] = [];
    const original = jest
      .spyOn(CommandRegistry.prototype, 'execute')
      .mockImplementation(function (this: unknown, ...args: unknown[]) {
        calls.push([this, ...args]);
        return Promise.resolve();
      });
    try {
      shadowExecute(registry, watcher);
      const args = { path: 'x' };
      await registry.execute('test:it', args);
      await registry.execute('test:it');
      expect(calls).toEqual([
        [registry, 'test:it', args],
        [registry, 'test:it']
      ]);
      expect((calls[0] as unknown[])[0]).toBe(registry);
      expect((calls[0] as unknown[])[2]).toBe(args);
    } finally {
      original.mockRestore();
    }
  });

  it("is gone after dispose: the prototype's execute is the one again", () => {
    const registry = registryWith(() => undefined);
    const shadow = shadowExecute(registry, watcher);
    expect(Object.hasOwn(registry, 'execute')).toBe(true);
    shadow.dispose();
    expect(Object.hasOwn(registry, 'execute')).toBe(false);
    expect(Reflect.get(registry, 'execute')).toBe(
      Reflect.get(CommandRegistry.prototype, 'execute')
    );
  });

  it('puts back the own property that was there', () => {
    const registry = registryWith(() => undefined);
    const own = (): Promise<void> => Promise.resolve();
    registry.execute = own;
    shadowExecute(registry, watcher).dispose();
    expect(Object.getOwnPropertyDescriptor(registry, 'execute')).toEqual({
      value: own,
      configurable: true,
      enumerable: true,
      writable: true
    });
  });

  it('becomes inert where somebody shadowed it later', async () => {
    const registry = registryWith(() => 'value');
    const shadow = shadowExecute(registry, watcher);
    const ours = registry.execute.bind(registry);
    const theirs = (id: string): Promise<unknown> => ours(id);
    registry.execute = theirs;
    shadow.dispose();
    expect(Reflect.get(registry, 'execute')).toBe(theirs);
    await expect(registry.execute('test:it')).resolves.toBe('value');
    expect(seen).toEqual([]);
  });

  it('works over an execute that somebody shadowed before, and gives that one back', async () => {
    const registry = registryWith(() => 'value');
    const original = registry.execute.bind(registry);
    const theirs: string[] = [];
    const before = (id: string): Promise<unknown> => {
      theirs.push(id);
      return original(id);
    };
    registry.execute = before;
    const shadow = shadowExecute(registry, watcher);
    await expect(registry.execute('test:it')).resolves.toBe('value');
    expect(theirs).toEqual(['test:it']);
    expect(seen).toEqual(['begin test:it', 'returned', 'resolved']);
    shadow.dispose();
    expect(Reflect.get(registry, 'execute')).toBe(before);
  });

  it('two that are disposed in the order in which they came leave commands working and nothing watched', async () => {
    const registry = registryWith(() => 'value');
    const first = shadowExecute(registry, watcher);
    const second = shadowExecute(registry, watcher);
    first.dispose();
    await registry.execute('test:it');
    expect(seen).toEqual(['begin test:it', 'returned', 'resolved']);
    second.dispose();
    await expect(registry.execute('test:it')).resolves.toBe('value');
    expect(seen).toHaveLength(3);
  });

  it('what somebody put over it and takes off again is nothing to us', async () => {
    const registry = registryWith(() => 'value');
    const shadow = shadowExecute(registry, watcher);
    const ours = Reflect.get(registry, 'execute');
    registry.execute = () => Promise.resolve('theirs');
    registry.execute = ours;
    await expect(registry.execute('test:it')).resolves.toBe('value');
    shadow.dispose();
    expect(Object.hasOwn(registry, 'execute')).toBe(false);
  });

  it('reports a foreign execute that throws at once as rejected, and throws on', () => {
    const registry = registryWith(() => undefined);
    registry.execute = () => {
      throw new TypeError('at once');
    };
    shadowExecute(registry, watcher);
    expect(() => void registry.execute('test:it')).toThrow('at once');
    expect(seen).toEqual(['begin test:it', 'returned', 'rejected']);
  });
});
