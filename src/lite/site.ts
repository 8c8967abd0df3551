// Whether this page has a server at all.

/**
 * Whether JupyterLite serves this page: a static site, with nobody behind it who could keep anything.
 *
 * Only its pages say where their site's root is, and none of them works without that. The name of the
 * application would not do: whoever builds a site chooses it. A server without our extension is no site.
 */
export function isStaticSite(page: Document = document): boolean {
  const config = page.getElementById('jupyter-config-data');
  return config?.dataset.jupyterLiteRoot !== undefined;
}

/** Name of the database of one site; never one of those that `removeLeftovers` removes. */
export function storeName(baseUrl: string): string {
  return `jupyter-eventlog-site:${baseUrl}`;
}

/** Whether an earlier page stored something; makes nothing, and never rejects. */
export async function isStored(
  name: string,
  factory: IDBFactory | undefined = globalThis.indexedDB
): Promise<boolean> {
  try {
    const databases = await factory?.databases();
    return databases?.some(database => database.name === name) ?? false;
  } catch {
    return false;
  }
}
