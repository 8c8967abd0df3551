// Erase: what it will do, and afterwards what it did and what it could not.

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import { basisText } from '../consent/basis';
import { durationText, failureText } from '../consent/words';
import type { IErasure, ISinkState, ITelemetryState } from '../pipeline/api';
import { keptLines, sinkText } from './erasures';
import type { PanelModel } from './model';
import { dayText } from './words';

interface IEraseProps {
  readonly model: PanelModel;
  readonly state: ITelemetryState;
  readonly trans: TranslationBundle;
}

export function EraseButton(props: IEraseProps): React.JSX.Element {
  const { model, state, trans } = props;
  const [answer, setAnswer] = useState<IErasure | string | null>(null);
  const ask = async () => {
    const result = await showDialog({
      title: trans.__('Erase my events'),
      body: (
        <div className="jp-eventlog-Erase">
          {promise(state, trans).map(line => (
            <p key={line}>{line}</p>
          ))}
        </div>
      ),
      checkbox: { label: trans.__('Also turn off'), checked: false },
      buttons: [
        Dialog.warnButton({ label: trans.__('Erase') }),
        Dialog.cancelButton({ label: trans.__('Cancel') })
      ],
      // Enter must not erase by itself.
      defaultButton: 1
    });
    if (!result.button.accept) {
      return;
    }
    setAnswer(trans.__('Erasing…'));
    try {
      const erasure = await model.erase(result.isChecked === true);
      setAnswer(erasure);
      void watchConfirmations(model, erasure);
    } catch (error) {
      setAnswer(trans.__('Not erased: %1', failureText(error, trans)));
    }
  };
  return (
    <>
      <button
        type="button"
        className="jp-eventlog-Button"
        onClick={() => void ask()}
      >
        {trans.__('Erase…')}
      </button>
      <div role="status" className="jp-eventlog-Erased">
        {answerLines(answer, props).map(line => (
          <p key={line}>{line}</p>
        ))}
      </div>
    </>
  );
}

/** What is said after a click: at first what was done, then what became of it. */
function answerLines(
  answer: IErasure | string | null,
  { model, state, trans }: IEraseProps
): string[] {
  if (answer === null || typeof answer === 'string') {
    return answer === null ? [] : [answer];
  }
  const asked = model.erasures.find(({ id }) => id === answer.id)?.sinks ?? [];
  const confirmed = asked.filter(({ status }) => status === 'confirmed');
  const isConfirmed = (sink: string) =>
    confirmed.some(({ name }) => name === sink);
  const open = answer.sinks.filter(({ name }) => !isConfirmed(name));
  return [
    ...honest({ ...answer, sinks: open }, trans),
    ...confirmed.map(sink => `${sinkText(sink, trans)}.`),
    ...keptLines(answer.kept ?? [], state, trans),
    ...overwritten(state, trans)
  ];
}

const CONFIRMATION_CHECKS = 10;
const CONFIRMATION_CHECK_MS = 2000;

/** Look for confirmations for a while; who comes later sees them in the list of requests. */
async function watchConfirmations(
  model: PanelModel,
  { id }: IErasure
): Promise<void> {
  for (let i = 0; i < CONFIRMATION_CHECKS; i++) {
    const request = model.erasures.find(known => known.id === id);
    const isOpen =
      request?.pending === true ||
      request?.sinks.some(({ status }) => status === 'asked');
    if (!isOpen || model.isDisposed) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, CONFIRMATION_CHECK_MS));
    await model.refreshErasures();
  }
}

/** What an erasure will do; numbers only where they are known beforehand. */
export function promise(
  state: ITelemetryState,
  trans: TranslationBundle
): string[] {
  return [
    trans.__('Here: everything, now.'),
    ...overwritten(state, trans),
    ...(state.counts.waiting > 0
      ? [trans.__('Waiting: %1, cancelled.', state.counts.waiting)]
      : []),
    ...state.sinks
      .filter(({ counts }) => counts.delivered > 0)
      .map(sink => sinkPromise(sink, trans)),
    ...state.purposes
      .filter(({ mandatory, problem }) => mandatory && problem === null)
      .map(purpose =>
        trans.__(
          '%1: stays, required by %2.',
          purpose.title,
          basisText(purpose, trans)
        )
      )
  ];
}

/** What nobody but the browser can promise. */
function overwritten(
  { in_browser: isInBrowser }: ITelemetryState,
  trans: TranslationBundle
): string[] {
  return isInBrowser
    ? [
        trans.__(
          'When its place on the disk is overwritten, the browser decides.'
        )
      ]
    : [];
}

function sinkPromise(sink: ISinkState, trans: TranslationBundle): string {
  return sink.can_erase
    ? trans.__(
        '%1: %2 will be asked, the confirmation appears here.',
        sink.name,
        sink.counts.delivered
      )
    : trans.__(
        '%1: %2 cannot be recalled; kept %3.',
        sink.name,
        sink.counts.delivered,
        durationText(sink.retention, trans)
      );
}

/** What an erasure did, in the words of experience.md. */
export function honest(erasure: IErasure, trans: TranslationBundle): string[] {
  const here = erasure.pending
    ? trans.__(
        'Here: %1, deleted; the old pages are overwritten as soon as a reader lets go.',
        erasure.here
      )
    : trans.__('Here: %1, now.', erasure.here);
  return [
    here,
    trans.__('Waiting: %1, cancelled.', erasure.waiting_cancelled),
    ...erasure.sinks
      .filter(({ left }) => left > 0)
      .map(({ name, left, status, expires }) => {
        if (status === 'asked') {
          return trans.__(
            '%1: %2 asked, the confirmation appears here.',
            name,
            left
          );
        }
        return expires === null
          ? trans.__('%1: %2 cannot be recalled.', name, left)
          : trans.__(
              '%1: %2 cannot be recalled; expires %3.',
              name,
              left,
              dayText(expires)
            );
      })
  ];
}
