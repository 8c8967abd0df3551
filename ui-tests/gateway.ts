// A network that a test can break: it stands between the browser and servers, and sees each batch that is posted.

import type { IncomingMessage, ServerResponse } from 'http';
import { createServer, request as ask } from 'http';
import type { AddressInfo, Socket } from 'net';
import { connect } from 'net';

/** What becomes of a posted batch. */
export type Fate =
  /** It goes through. */
  | 'passes'
  /** It comes nowhere. */
  | 'is lost'
  /** The server takes it, and nobody is told. */
  | 'is taken, its answer lost'
  /** The server answers with a status and how many seconds it wants to be left alone. */
  | { readonly status: number; readonly retryAfterS: number };

/** One posted batch. */
export interface IPost {
  readonly path: string;
  readonly cookie: string;
  readonly ids: readonly string[];
  readonly beganMs: number;
  /** Posts that were under way when it began. */
  readonly others: number;
  readonly fate: Fate;
}

export interface IGateway {
  readonly url: string;
  readonly posts: IPost[];
  /** Asked for each batch. */
  fate: () => Fate;
  /** How long each batch takes at least: what overlaps, overlaps for longer. */
  delayMs: number;
  close(): Promise<void>;
}

/**
 * Listen on a port of its own.
 *
 * @param target - URL of the server for a path.
 */
export async function openGateway(
  target: (path: string) => string
): Promise<IGateway> {
  let underWay = 0;
  const posts: IPost[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    if (isBatch(request)) {
      void post(request, response);
    } else {
      void pass(request, response, null);
    }
  });

  const pass = (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | null,
    isAnswered = true
  ): Promise<void> =>
    new Promise(resolve => {
      const { url = '/', method, headers } = request;
      const onward = ask(new URL(url, target(url)), { method, headers });
      const end = (): void => {
        response.destroy();
        resolve();
      };
      onward.on('error', end);
      response.on('close', resolve);
      onward.on('response', answer => {
        if (isAnswered) {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        } else {
          answer.resume().on('end', end);
        }
      });
      if (body) {
        onward.end(body);
      } else {
        request.pipe(onward);
      }
    });

  const post = async (
    request: IncomingMessage,
    response: ServerResponse
  ): Promise<void> => {
    const beganMs = Date.now();
    const others = underWay;
    underWay += 1;
    try {
      const body = await read(request);
      const fate = gateway.fate();
      const { url = '/', headers } = request;
      const cookie = headers.cookie ?? '';
      const ids = idsOf(body);
      posts.push({ path: url, cookie, ids, beganMs, others, fate });
      await new Promise(resolve => setTimeout(resolve, gateway.delayMs));
      if (fate === 'is lost') {
        response.destroy();
      } else if (typeof fate === 'object') {
        const wait = { 'Retry-After': String(fate.retryAfterS) };
        response.writeHead(fate.status, wait).end();
      } else {
        await pass(request, response, body, fate === 'passes');
      }
    } catch {
      // The page went away in the middle of it.
      response.destroy();
    } finally {
      underWay -= 1;
    }
  };

  server.on('connection', (socket: Socket) => keep(sockets, socket));
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const { url = '/' } = request;
    const { hostname, port } = new URL(target(url));
    const onward = connect(Number(port), hostname, () => {
      onward.write(`GET ${url} HTTP/1.1\r\n`);
      for (let i = 0; i < request.rawHeaders.length; i += 2) {
        onward.write(
          `${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}\r\n`
        );
      }
      onward.write('\r\n');
      socket.pipe(onward).pipe(socket);
    });
    keep(sockets, onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const gateway: IGateway = {
    url: `http://127.0.0.1:${port}`,
    posts,
    fate: () => 'passes',
    delayMs: 0,
    close: () => {
      sockets.forEach(socket => socket.destroy());
      return new Promise(resolve => {
        server.close(() => resolve());
      });
    }
  };
  return gateway;
}

function isBatch({ method, url = '/' }: IncomingMessage): boolean {
  const { pathname } = new URL(url, 'http://gateway');
  return method === 'POST' && pathname.endsWith('/api/telemetry/events');
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function idsOf(body: Buffer): string[] {
  const batch = JSON.parse(body.toString()) as { events: { id: string }[] };
  return batch.events.map(({ id }) => id);
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sockets.delete(socket));
}
