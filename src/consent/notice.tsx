// The notice: one quiet banner that asks once, in the words of experience.md.

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useState } from 'react';

import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import type { Mode } from '../tokens';
import { Banner } from './banner';
import type { IBannerOptions } from './banner';
import { whatText } from './basis';
import { CloseButton, EqualButtons, More } from './parts';
import { durationText, notSavedText, recipients, sinksOf } from './words';

/** Disposing it leaves the question unanswered. */
export class Notice extends Banner {
  protected override render(): React.JSX.Element {
    return <Body {...this.options} close={() => this.dispose()} />;
  }
}

type IShown = Pick<IBannerOptions, 'purpose' | 'state'>;

function Body(
  props: IBannerOptions & { close: () => void }
): React.JSX.Element {
  const { consent, manifest, trans, close } = props;
  // Not what the manifest says by now: an answer is to what is on the screen.
  const [{ purpose, state }, setShown] = useState<IShown>(props);
  const [failure, setFailure] = useState('');
  const recipient = recipients(sinksOf(purpose, state));

  const answer = async (mode: Mode) => {
    setFailure('');
    try {
      await consent.setMode(purpose.name, mode, purpose.terms, 'notice');
      close();
    } catch (error) {
      const now = await manifest.load().catch(() => state);
      setShown({
        state: now,
        purpose:
          now.purposes.find(({ name }) => name === purpose.name) ?? purpose
      });
      setFailure(notSavedText(error, trans));
    }
  };

  return (
    <>
      <CloseButton trans={trans} close={close} />
      <div aria-live="polite">
        <p className="jp-eventlog-Notice-title">
          {trans.__(
            '%1 asks to see how JupyterLab is used.',
            purpose.controller || state.contact
          )}
        </p>
        <p>{noticeText(purpose, state, trans)}</p>
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
          [trans.__("Don't record"), () => void answer('off')],
          [trans.__('Only for me'), () => void answer('local')],
          [trans.__('Share with %1', recipient), () => void answer('on')]
        ]}
      />
      <p role="status">{failure}</p>
    </>
  );
}

/** What the notice says of one purpose; what the manifest does not tell is left out. */
export function noticeText(
  purpose: IPurposeState,
  state: ITelemetryState,
  trans: TranslationBundle
): string {
  return [
    ...(isOurs(purpose)
      ? [
          trans.__('Commands, how you started them, whether they worked.'),
          trans.__('No code, files or names.')
        ]
      : [`${whatText(purpose)}.`]),
    keptText(purpose, state, trans),
    trans.__('Refusing changes nothing.')
  ].join(' ');
}

/** Who keeps it how long, and what it is never used for. */
export function keptText(
  purpose: IPurposeState,
  state: ITelemetryState,
  trans: TranslationBundle
): string {
  const keeps = sinksOf(purpose, state).map(({ recipient, retention }) =>
    trans.__('%1 keeps it %2', recipient, durationText(retention, trans))
  );
  const kept =
    keeps.length > 0
      ? keeps.join('; ')
      : trans.__('Kept here %1', durationText(purpose.retention, trans));
  const never = purpose.not_used_for.join(', ');
  return never ? trans.__('%1; never for %2.', kept, never) : `${kept}.`;
}

/** Whether a purpose has no events but those that our sentences describe. */
function isOurs(purpose: IPurposeState): boolean {
  return purpose.schemas.every(({ id }) =>
    /^https:\/\/events\.jupyter\.org\/jupyter_eventlog\/(command|session)\//.test(
      id
    )
  );
}
