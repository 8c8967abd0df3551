// Names of what is stored in the browser, and its removal.

const PREFIX = 'jupyter-eventlog:';

/** Name of the database, lock and channel of one owner under one base URL. */
export function storageName(baseUrl: string, ownerKey: string): string {
  return `${PREFIX}${baseUrl}:${ownerKey}`;
}

/**
 * Delete what earlier pages under this base URL left behind, except `keep`.
 *
 * On a hub several people may use one browser: whoever comes next removes what is not theirs. And what
 * was turned off elsewhere is gone here with the next page. Creates nothing; never rejects.
 */
export async function removeLeftovers(
  baseUrl: string,
  keep: string | null,
  factory: IDBFactory | undefined = globalThis.indexedDB
): Promise<void> {
  try {
    const databases = (await factory?.databases?.()) ?? [];
    await Promise.all(
      databases.map(async ({ name }) => {
        if (name?.startsWith(`${PREFIX}${baseUrl}:`) && name !== keep) {
          await deleteDatabase(name, factory);
        }
      })
    );
  } catch {
    // No access to storage: then nothing was left there either.
  }
}

/** Delete a database; resolves when it is gone or cannot be deleted. Pages that hold it are told by the browser. */
export function deleteDatabase(
  name: string,
  factory: IDBFactory | undefined = globalThis.indexedDB
): Promise<void> {
  return new Promise(resolve => {
    const request = factory?.deleteDatabase(name);
    if (!request) {
      resolve();
      return;
    }
    // A page that does not let go is waited for by the browser, not by us.
    request.onsuccess =
      request.onerror =
      request.onblocked =
        () => {
          resolve();
        };
  });
}
