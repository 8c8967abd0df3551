// What browsers have and jsdom lacks. Import it before anything that wants it.

import 'fake-indexeddb/auto';

/** Enough for plain JSON, which is all that we store. */
globalThis.structuredClone ??= <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
