// Everything as a file, in the server's forms.

import type { DownloadFormat, IStoredEvent } from '../pipeline/api';

const MEDIA_TYPES: Readonly<Record<DownloadFormat, string>> = {
  json: 'application/json',
  jsonl: 'application/jsonl',
  csv: 'text/csv;charset=utf-8'
};

/** A file of these events. */
export function fileOf(
  events: readonly IStoredEvent[],
  format: DownloadFormat
): Blob {
  const text = { json: asJson, jsonl: asJsonl, csv: asCsv }[format](events);
  return new Blob([text], { type: MEDIA_TYPES[format] });
}

/** The same form as a page of events. */
export function asJson(events: readonly IStoredEvent[]): string {
  return JSON.stringify({ events, next: null });
}

/** One envelope a line. */
export function asJsonl(events: readonly IStoredEvent[]): string {
  return events.map(({ recorded }) => `${canonical(recorded)}\n`).join('');
}

/** RFC 4180; no cell can be taken for a formula. */
export function asCsv(events: readonly IStoredEvent[]): string {
  const rows = events.map(event => [
    event.id,
    event.schema,
    event.purpose,
    event.time,
    event.received,
    canonical(event.recorded.data ?? {}),
    canonical(event.deliveries)
  ]);
  return [CSV_HEADER, ...rows].map(csvLine).join('');
}

const CSV_HEADER = [
  'id',
  'schema',
  'purpose',
  'time',
  'received',
  'data',
  'deliveries'
];

function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  // A spreadsheet would take a cell that starts so for a formula.
  const neutral = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(neutral)
    ? `"${neutral.replace(/"/g, '""')}"`
    : neutral;
}

/** JSON with sorted names and no spaces, as the server writes it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(
          Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1))
        )
      : item
  );
}
