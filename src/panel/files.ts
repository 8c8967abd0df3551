// Has the browser save a file.

import type { IDownload } from '../pipeline/api';

/** How long the browser may take to begin with a file that it holds in memory. */
const KEEP_FILE_MS = 60_000;

/** What a server sends, the browser writes without holding it in memory. */
export function saveFile({ url, fileName }: IDownload): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  document.body.appendChild(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_FILE_MS);
}
