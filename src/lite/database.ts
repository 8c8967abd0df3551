// The database of a page without a server: made with the first choice, and never by a look.

import type { PartialJSONObject } from '@lumino/coreutils';

import type { Entry } from './standing';
import { committed, openDatabase, settled, walk } from '../pipeline/requests';
import { isStored } from './site';

const EVENTS = 'events';
/** Only ever added to. */
const CHOICES = 'choices';
const VALUES = 'values';
const PAUSED_UNTIL = 'paused_until';

const BY_ID = 'by_id';
const BY_EXPIRY = 'by_expiry';

/** An event as it is stored. In the order of its key: by time, within a millisecond by its place in the session. */
export interface IRow {
  readonly timeMs: number;
  readonly sequence: number;
  readonly id: string;
  readonly schema: string;
  readonly purpose: string;
  readonly receivedMs: number;
  readonly expiresMs: number;
  /** The envelope. */
  readonly recorded: PartialJSONObject;
}

export type RowKey = readonly [number, number, string];

/** Half open: from the one, before the other; Unix milliseconds. */
export interface ITimeRange {
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** One site's database. All calls reject where the browser gives no access to it. */
export class Database {
  constructor(
    private readonly _name: string,
    private readonly _factory: IDBFactory | undefined
  ) {}

  /** Do something with what is stored; null, and nothing is made, where nothing is. */
  async use<T>(task: (stored: Stored) => Promise<T>): Promise<T | null> {
    this._opened ??= this._open();
    const database = await this._opened;
    return database ? transact(database, task) : null;
  }

  /** The same; the database is made where there is none yet. */
  async make<T>(task: (stored: Stored) => Promise<T>): Promise<T> {
    const database = (await this._opened) ?? (await this._create());
    return transact(database, task);
  }

  private async _open(): Promise<IDBDatabase | null> {
    try {
      const exists = await isStored(this._name, this._factory);
      // Another tab may make it later: what is absent is looked for again.
      return exists ? await this._create() : this._forget();
    } catch (error) {
      this._forget();
      throw error;
    }
  }

  private async _create(): Promise<IDBDatabase> {
    const database = await openDatabase(this._name, this._factory, makeStores);
    const forget = (): void => void this._forget();
    // The site's data is being removed: do not stand in its way.
    database.onversionchange = () => {
      database.close();
      forget();
    };
    database.onclose = forget;
    this._opened = Promise.resolve(database);
    return database;
  }

  private _forget(): null {
    this._opened = null;
    return null;
  }

  private _opened: Promise<IDBDatabase | null> | null = null;
}

/** What is stored, within one transaction: await nothing in it but its own methods. */
export class Stored {
  constructor(transaction: IDBTransaction) {
    this._events = transaction.objectStore(EVENTS);
    this._choices = transaction.objectStore(CHOICES);
    this._values = transaction.objectStore(VALUES);
  }

  /** All choices, oldest first; what other pages of this origin may have put beside them is none. */
  async choices(): Promise<Entry[]> {
    const found = await settled<unknown[]>(this._choices.getAll());
    return found.filter(isChoice);
  }

  async addChoice(choice: Entry): Promise<void> {
    await settled(this._choices.add(choice));
  }

  /** Until when everything is paused, in Unix milliseconds; null where it is not. */
  async pausedUntilMs(nowMs: number): Promise<number | null> {
    const until: unknown = await settled(this._values.get(PAUSED_UNTIL));
    return typeof until === 'number' && until > nowMs ? until : null;
  }

  async pause(untilMs: number | null): Promise<void> {
    await settled(this._values.put(untilMs, PAUSED_UNTIL));
  }

  /** Add an event; false where one of its id is there. */
  async add(row: IRow): Promise<boolean> {
    if ((await settled(this._events.index(BY_ID).count(row.id))) > 0) {
      return false;
    }
    await settled(this._events.add(row));
    return true;
  }

  count(range: ITimeRange = {}): Promise<number> {
    return settled(this._events.count(between(range)));
  }

  async erase(range: ITimeRange): Promise<void> {
    await settled(this._events.delete(between(range)));
  }

  /** Delete whose time is over, and the oldest of what is more than `maxEvents`. */
  async tidy(nowMs: number, maxEvents: number): Promise<void> {
    const over = await settled(
      this._events.index(BY_EXPIRY).getAllKeys(IDBKeyRange.upperBound(nowMs))
    );
    for (const key of over) {
      await settled(this._events.delete(key));
    }
    const excess = (await this.count()) - maxEvents;
    if (excess > 0) {
      const oldest = await settled(this._events.getAllKeys(null, excess));
      await settled(this._events.delete(IDBKeyRange.upperBound(oldest.at(-1))));
    }
  }

  /**
   * Visit events, newest first, until `visit` returns false.
   *
   * @param before - Begin after this one.
   */
  walk(
    range: ITimeRange,
    before: RowKey | null,
    visit: (row: IRow) => boolean
  ): Promise<void> {
    return walk(
      this._events.openCursor(between(range, before), 'prev'),
      cursor => visit(cursor.value as IRow)
    );
  }

  private readonly _events: IDBObjectStore;
  private readonly _choices: IDBObjectStore;
  private readonly _values: IDBObjectStore;
}

/** Resolves when what was changed is stored. */
async function transact<T>(
  database: IDBDatabase,
  task: (stored: Stored) => Promise<T>
): Promise<T> {
  const transaction = database.transaction(
    [EVENTS, CHOICES, VALUES],
    'readwrite'
  );
  const done = committed(transaction);
  // Where the task fails, that is what is told.
  done.catch(() => undefined);
  try {
    const result = await task(new Stored(transaction));
    await done;
    return result;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It had ended by itself.
    }
    throw error;
  }
}

/** The keys of a range of time; `before` is not one of them. */
function between(range: ITimeRange, before: RowKey | null = null): IDBKeyRange {
  const { sinceMs = -Infinity, untilMs = Infinity } = range;
  if (sinceMs >= untilMs) {
    return IDBKeyRange.only(NOBODYS_KEY);
  }
  // A key that has no more than a time stands before all that have this time.
  const upper = before && before[0] < untilMs ? [...before] : [untilMs];
  return IDBKeyRange.bound([sinceMs], upper, false, true);
}

const NOBODYS_KEY: IDBValidKey = [];

function makeStores(database: IDBDatabase): void {
  const events = database.createObjectStore(EVENTS, {
    keyPath: ['timeMs', 'sequence', 'id']
  });
  events.createIndex(BY_ID, 'id', { unique: true });
  events.createIndex(BY_EXPIRY, 'expiresMs');
  database.createObjectStore(CHOICES, { autoIncrement: true });
  database.createObjectStore(VALUES);
}

function isChoice(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && 'purpose' in value;
}
