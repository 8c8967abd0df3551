// A receiver of events over HTTP, as an operator would run one: takes batches, and erases what it is asked to.

import { createServer } from 'http';
import type { AddressInfo } from 'net';

export interface IReceiver {
  readonly url: string;
  /** Ids of the events that it has. */
  readonly has: ReadonlySet<string>;
  /** Ids of the events that it was asked to erase. */
  readonly erased: ReadonlySet<string>;
  /** While it is closed to requests to erase, it answers them with 503. */
  isErasing: boolean;
  close(): Promise<void>;
}

export async function openReceiver(): Promise<IReceiver> {
  const has = new Set<string>();
  const erased = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isErasure = request.url === '/erase';
      if (isErasure && !receiver.isErasing) {
        response.writeHead(503, { 'Retry-After': '1' }).end();
        return;
      }
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
      for (const id of idsIn(body)) {
        if (isErasure) {
          erased.add(id);
          has.delete(id);
        } else {
          has.add(id);
        }
      }
      response.writeHead(204).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: IReceiver = {
    url: `http://127.0.0.1:${port}`,
    has,
    erased,
    isErasing: true,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      })
  };
  return receiver;
}

/** The ids in a list of CloudEvents, or in a request to erase. */
function idsIn(body: unknown): string[] {
  const list = Array.isArray(body)
    ? (body as unknown[])
    : ((body as { ids?: unknown[] }).ids ?? []);
  return list.map(item =>
    typeof item === 'string' ? item : String((item as { id: unknown }).id)
  );
}
