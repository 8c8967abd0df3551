// *My events*: the filter, the list, one event in full, download and erase.

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { Fragment, useState } from 'react';

import type {
  DownloadFormat,
  IStoredEvent,
  ITelemetryState
} from '../pipeline/api';
import { EraseButton } from './erase';
import { Erasures } from './erasures';
import { EventDetail } from './event';
import { saveFile } from './files';
import type { PanelModel, Period, StateFilter } from './model';
import { NO_FILTER, STATE_FILTERS } from './model';
import { ScrollTable } from './scrollTable';
import {
  howText,
  msText,
  resultText,
  stateFilterText,
  timeText,
  whatText,
  whereText
} from './words';

interface IEventsProps {
  readonly model: PanelModel;
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

const COLUMNS = 6;

export function Events(props: IEventsProps): React.JSX.Element {
  const { model, trans } = props;
  return (
    <section aria-labelledby="jp-eventlog-events">
      <h2 id="jp-eventlog-events">{trans.__('My events')}</h2>
      <div className="jp-eventlog-Toolbar">
        <Filter {...props} />
        <Downloads model={model} trans={trans} />
        <EraseButton {...props} />
      </div>
      <EventTable {...props} />
      {model.hasMore && (
        <button
          type="button"
          className="jp-eventlog-Button"
          onClick={() => void model.loadMore()}
        >
          {trans.__('Show more')}
        </button>
      )}
      <Erasures erasures={model.erasures} state={props.state} trans={trans} />
    </section>
  );
}

function Filter({ model, state, trans }: IEventsProps): React.JSX.Element {
  const { filter } = model;
  const periods: Record<Period, string> = {
    all: trans.__('Any time'),
    today: trans.__('Today'),
    week: trans.__('7 days'),
    month: trans.__('28 days')
  };
  return (
    <div
      className="jp-eventlog-Filter"
      role="search"
      aria-label={trans.__('Filter my events')}
    >
      <input
        type="search"
        aria-label={trans.__('Command or schema')}
        placeholder={trans.__('Command or schema')}
        value={filter.text}
        onChange={({ target }) => void model.setFilter({ text: target.value })}
      />
      <select
        aria-label={trans.__('Schema')}
        value={filter.schema}
        onChange={({ target }) =>
          void model.setFilter({ schema: target.value })
        }
      >
        <option value="">{trans.__('All schemas')}</option>
        {state.purposes
          .flatMap(({ schemas }) => schemas)
          .map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
      </select>
      <select
        aria-label={trans.__('Where it went')}
        value={filter.state}
        onChange={({ target }) =>
          void model.setFilter({ state: target.value as StateFilter | '' })
        }
      >
        <option value="">{trans.__('Any state')}</option>
        {STATE_FILTERS.map(name => (
          <option key={name} value={name}>
            {stateFilterText(name, trans)}
          </option>
        ))}
      </select>
      <select
        aria-label={trans.__('Time')}
        value={filter.period}
        onChange={({ target }) =>
          void model.setFilter({ period: target.value as Period })
        }
      >
        {Object.entries(periods).map(([period, label]) => (
          <option key={period} value={period}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

function Downloads(props: {
  model: PanelModel;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { model, trans } = props;
  const formats: readonly DownloadFormat[] = ['jsonl', 'csv', 'json'];
  const exportUrl = model.manifest.api.exportUrl();
  return (
    <div
      className="jp-eventlog-Downloads"
      role="group"
      aria-label={trans.__('Download')}
    >
      <span aria-hidden="true">{trans.__('Download')}</span>
      {formats.map(format => (
        <button
          key={format}
          type="button"
          className="jp-eventlog-Button"
          aria-label={trans.__('Download %1', format.toUpperCase())}
          onClick={() => void download(model, format)}
        >
          {format.toUpperCase()}
        </button>
      ))}
      {exportUrl !== null && (
        <button
          type="button"
          className="jp-eventlog-Button"
          aria-label={trans.__('Download everything as ZIP')}
          title={trans.__(
            'All events and choices, with their schemas and a README'
          )}
          onClick={() => saveFile({ url: exportUrl, fileName: '' })}
        >
          ZIP
        </button>
      )}
    </div>
  );
}

async function download(
  model: PanelModel,
  format: DownloadFormat
): Promise<void> {
  const file = await model.download(format);
  if (file) {
    saveFile(file);
  }
}

function EventTable(props: IEventsProps): React.JSX.Element {
  const { model, trans } = props;
  const [open, setOpen] = useState<string | null>(null);
  const events = model.shown;
  if (events.length === 0) {
    return <Empty {...props} />;
  }
  return (
    <ScrollTable label={trans.__('My events')}>
      <caption>
        <span role="status">
          {model.filter.text.trim() === ''
            ? trans._n('%1 event', '%1 events', events.length)
            : trans.__(
                '%1 of %2 loaded events',
                events.length,
                model.events.length
              )}
          {model.hasMore && trans.__(', there are more')}
        </span>
      </caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Time')}</th>
          <th scope="col">{trans.__('What')}</th>
          <th scope="col">{trans.__('How started')}</th>
          <th scope="col">{trans.__('Result')}</th>
          <th scope="col" className="jp-eventlog-mod-number">
            {trans.__('Duration')}
          </th>
          <th scope="col">{trans.__('Where it went')}</th>
        </tr>
      </thead>
      <tbody>
        {events.map(event => (
          <Fragment key={event.id}>
            <EventRow
              {...props}
              event={event}
              isOpen={open === event.id}
              toggle={() => setOpen(open === event.id ? null : event.id)}
            />
            {open === event.id && (
              <tr id={detailId(event)}>
                <td colSpan={COLUMNS}>
                  <EventDetail {...props} event={event} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </ScrollTable>
  );
}

function EventRow(
  props: IEventsProps & {
    event: IStoredEvent;
    isOpen: boolean;
    toggle: () => void;
  }
): React.JSX.Element {
  const { event, state, trans, isOpen, toggle } = props;
  return (
    <tr data-event-id={event.id} className="jp-eventlog-Row">
      <td>
        <button
          type="button"
          className="jp-eventlog-Disclosure"
          aria-expanded={isOpen}
          aria-controls={isOpen ? detailId(event) : undefined}
          aria-label={trans.__(
            '%1, %2: show as JSON',
            timeText(event.time),
            whatText(event, state, trans)
          )}
          onClick={toggle}
        >
          <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>{' '}
          {timeText(event.time)}
        </button>
      </td>
      <td className="jp-eventlog-mod-code">{whatText(event, state, trans)}</td>
      <td>{howText(event)}</td>
      <td>{resultText(event, trans)}</td>
      <td className="jp-eventlog-mod-number">{msText(event, trans)}</td>
      <td>{whereText(event, trans)}</td>
    </tr>
  );
}

function detailId(event: IStoredEvent): string {
  return `jp-eventlog-event-${event.id}`;
}

function Empty({ model, state, trans }: IEventsProps): React.JSX.Element {
  const isFiltered = JSON.stringify(model.filter) !== JSON.stringify(NO_FILTER);
  if (isFiltered) {
    return (
      <p role="status" className="jp-eventlog-Empty">
        {trans.__('No match.')}{' '}
        <button
          type="button"
          className="jp-eventlog-Button"
          onClick={() => void model.setFilter(NO_FILTER)}
        >
          {trans.__('Clear')}
        </button>
      </p>
    );
  }
  if (state.problem) {
    return (
      <p role="status" className="jp-eventlog-Empty">
        {trans.__('Nothing is recorded.')}
      </p>
    );
  }
  const isRecording = state.purposes.some(({ mode }) => mode !== 'off');
  return (
    <p role="status" className="jp-eventlog-Empty">
      {isRecording
        ? trans.__('Waiting for your first command.')
        : trans.__('Nothing is recorded. Local keeps a report only for you.')}
    </p>
  );
}
