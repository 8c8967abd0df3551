// What was asked to be erased, and how far that has come: until every sink has confirmed, and why something is kept.

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { basisText } from '../consent/basis';
import { codeText } from '../consent/words';
import type { IErasureRequest, IKept, ITelemetryState } from '../pipeline/api';
import { ScrollTable } from './scrollTable';
import { timeText } from './words';

interface IErasuresProps {
  readonly erasures: readonly IErasureRequest[];
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

/** Nothing where nothing was asked for. */
export function Erasures(props: IErasuresProps): React.JSX.Element | null {
  const { erasures, state, trans } = props;
  return erasures.length === 0 ? null : (
    <ScrollTable label={trans.__('My requests to erase')}>
      <caption>{trans.__('My requests to erase')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Time')}</th>
          <th scope="col">{trans.__('What')}</th>
          <th scope="col">{trans.__('Here')}</th>
          <th scope="col">{trans.__('Where it went')}</th>
        </tr>
      </thead>
      <tbody>
        {erasures.map(erasure => (
          <tr key={erasure.id} data-erasure-id={erasure.id}>
            <td>{timeText(erasure.at)}</td>
            <td>{rangeText(erasure, trans)}</td>
            <td>
              <Lines lines={hereLines(erasure, trans)} />
            </td>
            <td>
              <Lines
                lines={[
                  ...erasure.sinks.map(sink => sinkText(sink, trans)),
                  ...keptLines(erasure.kept, state, trans)
                ]}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

function Lines({ lines }: { lines: readonly string[] }): React.JSX.Element {
  return (
    <>
      {lines.map(line => (
        <div key={line}>{line}</div>
      ))}
    </>
  );
}

function rangeText(
  { since, until }: IErasureRequest,
  trans: TranslationBundle
): string {
  if (since === null && until === null) {
    return trans.__('Everything');
  }
  return [
    ...(since ? [trans.__('from %1', timeText(since))] : []),
    ...(until ? [trans.__('until %1', timeText(until))] : [])
  ].join(' ');
}

function hereLines(
  { here, waiting_cancelled: cancelled, pending }: IErasureRequest,
  trans: TranslationBundle
): string[] {
  return [
    pending
      ? trans.__('%1 deleted, not yet overwritten', here)
      : trans.__('%1 erased', here),
    ...(cancelled > 0 ? [trans.__('%1 waiting, cancelled', cancelled)] : [])
  ];
}

/** How far one sink has come, in the words of experience.md. */
export function sinkText(
  sink: IErasureRequest['sinks'][number],
  trans: TranslationBundle
): string {
  const { name, left, status, confirmed_at: at, confirmed } = sink;
  switch (status) {
    case 'confirmed':
      return trans.__('%1: confirmed %2', name, timeText(at));
    case 'asked':
      return confirmed > 0
        ? trans.__('%1: %2 asked, %3 confirmed so far', name, left, confirmed)
        : trans.__('%1: %2 asked, the confirmation appears here', name, left);
    case 'expired':
      return trans.__('%1: never confirmed; expired there by now', name);
    default:
      return trans.__('%1: %2 cannot be recalled', name, left);
  }
}

/** What stayed because nobody may erase it, and why. */
export function keptLines(
  kept: readonly IKept[],
  { purposes }: ITelemetryState,
  trans: TranslationBundle
): string[] {
  return kept.map(one => {
    const title = purposes.find(({ name }) => name === one.purpose)?.title;
    const because = one.legal_basis
      ? trans.__('required by %1', basisText(one, trans))
      : codeText(one.reason);
    const stays = trans._n(
      '%2: %1 event stays, %3.',
      '%2: %1 events stay, %3.',
      one.n,
      title ?? one.purpose,
      because
    );
    return one.contact
      ? `${stays} ${trans.__('Contact: %1.', one.contact)}`
      : stays;
  });
}
