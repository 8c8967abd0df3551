// What of an event a browser-side sink may see: what its declaration names, and no more.

import type { PartialJSONObject } from '@lumino/coreutils';

import type { IBrowserSinkDeclaration, IQueuedEvent } from '../tokens';

/** The event with only the declared properties and its time cut as declared; null where its schema is not declared. */
export function forSink(
  event: IQueuedEvent,
  { fields, timeResolutionMs }: IBrowserSinkDeclaration
): IQueuedEvent | null {
  const names = Object.hasOwn(fields, event.schema)
    ? fields[event.schema]
    : undefined;
  if (!names) {
    return null;
  }
  const data: PartialJSONObject = {};
  for (const name of names) {
    if (Object.hasOwn(event.data, name)) {
      data[name] = structuredClone(event.data[name]) as PartialJSONObject;
    }
  }
  const timeMs = Date.parse(event.time);
  return {
    id: event.id,
    schema: event.schema,
    time: new Date(timeMs - (timeMs % timeResolutionMs)).toISOString(),
    // The position would tell how much happened that this sink does not see.
    seq: 0,
    data
  };
}
