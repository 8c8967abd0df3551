// *My choices over time*: each with the terms that it was made under, and all of them as a file.

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { Fragment, useState } from 'react';

import { choiceText } from '../consent/words';
import type { IConsentEntry, ITelemetryState } from '../pipeline/api';
import { saveFile } from './files';
import { ScrollTable } from './scrollTable';
import { timeText } from './words';

const COLUMNS = 5;

interface IHistoryProps {
  /** Newest first. */
  readonly history: readonly IConsentEntry[];
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

export function History(props: IHistoryProps): React.JSX.Element {
  const { history, trans } = props;
  const [open, setOpen] = useState<string | null>(null);
  if (history.length === 0) {
    return (
      <p className="jp-eventlog-Empty">
        {trans.__('My choices: none so far.')}
      </p>
    );
  }
  return (
    <>
      <ScrollTable label={trans.__('My choices over time')}>
        <caption>{trans.__('My choices over time')}</caption>
        <thead>
          <tr>
            <th scope="col">{trans.__('Time')}</th>
            <th scope="col">{trans.__('Purpose')}</th>
            <th scope="col">{trans.__('Choice')}</th>
            <th scope="col">{trans.__('Through')}</th>
            <th scope="col">{trans.__('Terms')}</th>
          </tr>
        </thead>
        <tbody>
          {history.map(entry => {
            const key = keyOf(entry);
            const isOpen = open === key;
            return (
              <Fragment key={key}>
                <Row
                  {...props}
                  entry={entry}
                  isOpen={isOpen}
                  toggle={() => setOpen(isOpen ? null : key)}
                />
                {isOpen && (
                  <tr id={detailId(entry)}>
                    <td colSpan={COLUMNS}>
                      <pre tabIndex={0} aria-label={trans.__('Terms')}>
                        {JSON.stringify(entry.terms_text, null, 2)}
                      </pre>
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </ScrollTable>
      <button
        type="button"
        className="jp-eventlog-Button"
        onClick={() => saveFile(historyFile(history))}
      >
        {trans.__('Download my choices')}
      </button>
    </>
  );
}

function Row(
  props: IHistoryProps & {
    entry: IConsentEntry;
    isOpen: boolean;
    toggle: () => void;
  }
): React.JSX.Element {
  const { entry, state, trans, isOpen, toggle } = props;
  const { at, purpose, control, terms } = entry;
  const title = state.purposes.find(({ name }) => name === purpose)?.title;
  const short = terms.replace(/^sha256:/, '').slice(0, 12) || '–';
  return (
    <tr>
      <td>{timeText(at)}</td>
      <td>{title ?? purpose}</td>
      <td>{choiceText(entry.mode, entry.kind, trans)}</td>
      <td>{controlText(control, trans)}</td>
      <td className="jp-eventlog-mod-code" title={terms}>
        {entry.terms_text === null ? (
          short
        ) : (
          <button
            type="button"
            className="jp-eventlog-Disclosure"
            aria-expanded={isOpen}
            aria-controls={isOpen ? detailId(entry) : undefined}
            aria-label={trans.__('Terms %1: show the text', short)}
            onClick={toggle}
          >
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {short}
          </button>
        )}
      </td>
    </tr>
  );
}

function controlText(control: string, trans: TranslationBundle): string {
  const words: Record<string, string> = {
    panel: trans.__('this panel'),
    settings: trans.__('settings page'),
    notice: trans.__('notice'),
    api: trans.__('API')
  };
  return words[control] ?? control;
}

function historyFile(history: readonly IConsentEntry[]) {
  const text = JSON.stringify({ choices: history }, null, 2);
  return {
    url: URL.createObjectURL(new Blob([text], { type: 'application/json' })),
    fileName: 'my-choices.json'
  };
}

function keyOf({ at, purpose, mode, kind }: IConsentEntry): string {
  return `${at} ${purpose} ${mode} ${kind ?? ''}`;
}

function detailId(entry: IConsentEntry): string {
  return `jp-eventlog-terms-${keyOf(entry).replace(/[^\w]/g, '-')}`;
}
