// A purpose that begins without a choice: its notice, and the way to object. Never called consent.

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import { Banner } from './banner';
import type { IBannerOptions } from './banner';
import { standingText, whatText } from './basis';
import { differenceText } from './difference';
import { keptText } from './notice';
import { EqualButtons, More } from './parts';
import { notSavedText } from './words';

/** The notice of one purpose. Closing it is no answer; objecting is one click, here and later in the panel. */
export class ObjectionNotice extends Banner {
  protected override render(): React.JSX.Element {
    return <Body {...this.options} close={() => this.dispose()} />;
  }
}

function Body(
  props: IBannerOptions & { close: () => void }
): React.JSX.Element {
  const { consent, manifest, state, purpose, trans, close } = props;
  const [failure, setFailure] = useState('');
  const object = async () => {
    setFailure('');
    try {
      await consent.setMode(purpose.name, 'off', purpose.terms, 'notice');
      close();
    } catch (error) {
      setFailure(notSavedText(error, trans));
    }
  };
  return (
    <>
      <div aria-live="polite">
        <p className="jp-eventlog-Notice-title">
          {trans.__(
            '%1 records “%2”, unless you object.',
            purpose.controller || state.contact,
            purpose.title
          )}
        </p>
        <p>{objectionText(purpose, state, trans)}</p>
      </div>
      <More
        purpose={purpose}
        trans={trans}
        privacyUrl={manifest.api.privacyUrl()}
        openPanel={() => {
          props.openPanel();
          close();
        }}
      />
      <EqualButtons
        answers={[
          [trans.__('Object'), () => void object()],
          [trans.__('Close'), close]
        ]}
      />
      <p role="status">{failure}</p>
    </>
  );
}

/** What is recorded, on which basis, for whom, and how to object. */
export function objectionText(
  purpose: IPurposeState,
  state: ITelemetryState,
  trans: TranslationBundle
): string {
  const { difference } = purpose;
  return [
    // Who was told before reads first what is more by now.
    ...(difference
      ? [trans.__('Changed: %1', differenceText(difference, trans))]
      : []),
    `${whatText(purpose)}.`,
    keptText(purpose, state, trans),
    standingText(purpose, trans),
    trans.__(
      'You can object now, or at any time under Telemetry; nothing else changes.'
    )
  ].join(' ');
}
