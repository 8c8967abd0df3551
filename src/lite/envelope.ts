// From a submitted event to what is stored: the check that can be made here, and the server's form.

import type {
  PartialJSONObject,
  ReadonlyPartialJSONObject
} from '@lumino/coreutils';

import type { ISchemaTerms } from '../pipeline/api';
import type { IQueuedEvent } from '../tokens';

/** What an envelope has beside the event itself. */
export interface IEnvelopeContext {
  readonly source: string;
  readonly purpose: string;
  readonly session: string;
}

/** Where data has a value that its schema does not name, as a JSON pointer; null where it has none. */
export function strayField(
  data: ReadonlyPartialJSONObject,
  schema: ISchemaTerms
): string | null {
  const known = schema.fields.map(({ pointer }) => pointer);
  const isKnown = ({ pointer, isEmpty }: ILeaf): boolean =>
    known.includes(pointer) ||
    (isEmpty && known.some(field => field.startsWith(`${pointer}/`)));
  return leaves(data, '').find(leaf => !isKnown(leaf))?.pointer ?? null;
}

/** The part of data whose fields are named; what has no such field is left out. */
export function onlyFields(
  data: ReadonlyPartialJSONObject,
  fields: readonly string[]
): PartialJSONObject {
  return (part(data, '', fields) ?? {}) as PartialJSONObject;
}

function part(
  value: unknown,
  pointer: string,
  fields: readonly string[]
): unknown {
  if (typeof value !== 'object' || value === null) {
    return fields.includes(pointer) ? value : undefined;
  }
  if (Array.isArray(value)) {
    return value
      .map((item: unknown) => part(item, `${pointer}/*`, fields))
      .filter(item => item !== undefined);
  }
  const parts = Object.entries(value)
    .map(
      ([name, child]) =>
        [name, part(child, `${pointer}/${escaped(name)}`, fields)] as const
    )
    .filter(([, child]) => child !== undefined);
  return parts.length > 0 ? Object.fromEntries(parts) : undefined;
}

interface ILeaf {
  /** `*` stands for any index. */
  readonly pointer: string;
  /** Whether it is an object or a list without anything in it. */
  readonly isEmpty: boolean;
}

function leaves(value: unknown, pointer: string): ILeaf[] {
  if (typeof value !== 'object' || value === null) {
    return [{ pointer, isEmpty: false }];
  }
  const children = Array.isArray(value)
    ? value.map((item: unknown) => ['*', item] as const)
    : Object.entries(value);
  return children.length === 0
    ? [{ pointer, isEmpty: true }]
    : children.flatMap(([name, child]) =>
        leaves(child, `${pointer}/${escaped(name)}`)
      );
}

function escaped(name: string): string {
  return name.replace(/~/g, '~0').replace(/\//g, '~1');
}

/** The CloudEvents 1.0 event, as a server would record it for the user alone. */
export function envelopeOf(
  event: IQueuedEvent,
  timeMs: number,
  schema: ISchemaTerms,
  context: IEnvelopeContext
): PartialJSONObject {
  return {
    specversion: '1.0',
    id: event.id,
    // The server's code made it from the schema's id, for the example.
    type: schema.example.type as string,
    source: context.source,
    dataschema: event.schema,
    time: new Date(timeMs).toISOString(),
    datacontenttype: 'application/json',
    data: event.data as PartialJSONObject,
    purpose: context.purpose,
    session: context.session,
    origin: 'browser',
    sequence: String(event.seq).padStart(20, '0')
  };
}
