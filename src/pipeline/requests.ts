// IndexedDB's requests as promises.

export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB request failed'));
    };
  });
}

/** Resolves when the transaction is on disk; rejects when it left nothing behind. */
export function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = transaction.onerror = () => {
      reject(transaction.error ?? new Error('IndexedDB transaction failed'));
    };
  });
}

/** A database that does not open in this time is treated as absent; some browsers never answer. */
const OPEN_TIMEOUT_MS = 3_000;

/**
 * Open a database in its first version.
 *
 * @param make - Makes its stores, where the database is new.
 */
export async function openDatabase(
  name: string,
  factory: IDBFactory | undefined,
  make: (database: IDBDatabase) => void
): Promise<IDBDatabase> {
  if (!factory) {
    throw new Error('no IndexedDB');
  }
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => make(request.result);
  const opened = settled(request);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error('IndexedDB does not answer'));
      // Should it answer after all, nobody would close it.
      opened.then(
        database => database.close(),
        () => undefined
      );
    }, OPEN_TIMEOUT_MS);
  });
  try {
    return await Promise.race([opened, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Visit what a cursor comes to until `visit` returns false. */
export function walk(
  request: IDBRequest<IDBCursorWithValue | null>,
  visit: (cursor: IDBCursorWithValue) => boolean
): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onerror = () => {
      reject(request.error ?? new Error('IndexedDB cursor failed'));
    };
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor && visit(cursor)) {
        cursor.continue();
      } else {
        resolve();
      }
    };
  });
}
