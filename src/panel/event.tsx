// One event in full: as recorded and, byte for byte, as sent.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { protectionText } from '../consent/words';
import type { IField, IStoredEvent, ITelemetryState } from '../pipeline/api';
import { dataOf } from './model';
import { stateText, timeText } from './words';

interface IDetailProps {
  readonly event: IStoredEvent;
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

export function EventDetail(props: IDetailProps): React.JSX.Element {
  const { event, trans } = props;
  return (
    <div className="jp-eventlog-Detail">
      <figure>
        <figcaption>{trans.__('Recorded')}</figcaption>
        <pre tabIndex={0} data-recorded="">
          {JSON.stringify(event.recorded, null, 2)}
        </pre>
      </figure>
      {event.deliveries.map(({ sink, state, reason, changed, sent }) => (
        <figure key={sink}>
          <figcaption>
            {state === 'delivered'
              ? trans.__('Sent to %1', sink)
              : trans.__('For %1: %2', sink, stateText(state, trans))}
            <span className="jp-eventlog-Hint">
              {' '}
              {[timeText(changed), reason.replace(/_/g, ' ')]
                .filter(text => text !== '')
                .join(', ')}
            </span>
          </figcaption>
          {sent !== '' && (
            <pre
              tabIndex={0}
              className="jp-eventlog-mod-wrapped"
              data-sent-to={sink}
            >
              {sent}
            </pre>
          )}
        </figure>
      ))}
      <Fields {...props} />
    </div>
  );
}

function Fields({ event, state, trans }: IDetailProps): React.JSX.Element {
  const schema = state.purposes
    .flatMap(({ schemas }) => schemas)
    .find(({ id }) => id === event.schema);
  const fields = (schema?.fields ?? []).filter(({ pointer }) =>
    isPresent(dataOf(event), pointer)
  );
  if (fields.length === 0) {
    return <></>;
  }
  return (
    <table className="jp-eventlog-Table">
      <caption>{trans.__('Fields of this event')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Field')}</th>
          <th scope="col">{trans.__('Description')}</th>
          <th scope="col">{trans.__('Protection')}</th>
        </tr>
      </thead>
      <tbody>
        {fields.map(field => (
          <FieldRow key={field.pointer} field={field} trans={trans} />
        ))}
      </tbody>
    </table>
  );
}

function FieldRow(props: {
  field: IField;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { field, trans } = props;
  return (
    <tr>
      <th scope="row" className="jp-eventlog-mod-code">
        {field.pointer}
      </th>
      <td>{field.description || field.title}</td>
      <td>{protectionText(field.protection, trans)}</td>
    </tr>
  );
}

/** Whether there is a value at a JSON pointer; `*` stands for any index. */
export function isPresent(value: unknown, pointer: string): boolean {
  const [, ...steps] = pointer.split('/');
  let found: unknown[] = [value];
  for (const step of steps) {
    const name = step.replace(/~1/g, '/').replace(/~0/g, '~');
    found = found.flatMap(item => {
      if (Array.isArray(item)) {
        return name === '*' ? (item as unknown[]) : [];
      }
      return typeof item === 'object' && item !== null && name in item
        ? [(item as Record<string, unknown>)[name]]
        : [];
    });
  }
  return found.length > 0;
}
