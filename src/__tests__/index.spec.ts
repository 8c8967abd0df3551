import plugins from '../index';

describe('jupyter-eventlog', () => {
  it('lists its plugins under its own name', () => {
    for (const { id } of plugins) {
      expect(id).toMatch(/^jupyter-eventlog:/);
    }
  });
});
