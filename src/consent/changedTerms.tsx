// Changed terms: what they ask for beyond what was agreed to, and the three answers. In the panel and as a banner.

import type { TranslationBundle } from '@jupyterlab/translation';
import React, { useId, useState } from 'react';

import type { IPurposeState, ITelemetryState } from '../pipeline/api';
import type { Control, IConsent, Mode } from '../tokens';
import { Banner } from './banner';
import type { IBannerOptions } from './banner';
import { differenceText } from './difference';
import type { IManifest } from './manifest';
import { CloseButton, EqualButtons, PageLink } from './parts';
import { notSavedText } from './words';

interface IChangedTermsProps {
  readonly manifest: IManifest;
  readonly consent: IConsent;
  readonly control: Control;
  readonly trans: TranslationBundle;
  readonly purpose: IPurposeState;
}

/** The question and its answers; shows nothing where there is no difference. */
export function ChangedTerms(
  props: IChangedTermsProps & {
    answered?: () => void;
    /** Called with what the server says after it did not take an answer. */
    refused?: (state: ITelemetryState) => void;
  }
): React.JSX.Element | null {
  const { manifest, consent, control, trans, purpose } = props;
  const { name, difference, choice } = purpose;
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  if (!difference || !choice) {
    return null;
  }
  const { terms } = difference;
  const answer = async (record: () => Promise<void>) => {
    setBusy(true);
    setFailure('');
    try {
      await record();
      props.answered?.();
    } catch (error) {
      // They may have changed once more: show what the server has.
      await manifest.load().then(props.refused, () => undefined);
      setFailure(notSavedText(error, trans));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="jp-eventlog-ChangedTerms">
      <div aria-live="polite">
        <p className="jp-eventlog-Notice-title">
          {trans.__('The terms of “%1” changed.', purpose.title)}
        </p>
        <p>{differenceText(difference, trans)}</p>
        <p className="jp-eventlog-Hint">
          {difference.stopped
            ? trans.__('Nothing is sent on until you accept.')
            : trans.__('Until you answer, what you agreed to goes on.')}
        </p>
      </div>
      <EqualButtons
        isBusy={isBusy}
        answers={[
          [
            trans.__('Keep earlier terms'),
            () =>
              void answer(async () => consent.keepTerms(name, terms, control))
          ],
          [
            trans.__('Accept'),
            () =>
              void answer(async () =>
                consent.setMode(name, choice.mode, terms, control)
              )
          ],
          [
            trans.__('Turn off'),
            () =>
              void answer(async () =>
                consent.setMode(name, 'off', terms, control)
              )
          ]
        ]}
      />
      <p role="status">{failure}</p>
    </div>
  );
}

/** What goes on, after somebody kept to earlier terms; accepting later stays possible, and nobody asks for it. */
export function KeptTerms(
  props: Pick<IChangedTermsProps, 'purpose' | 'trans'> & {
    isBusy: boolean;
    /** Choose the same under the terms that were not wanted before. */
    accept: (mode: Mode) => void;
  }
): React.JSX.Element | null {
  const { purpose, trans, isBusy, accept } = props;
  const { difference, choice, offers } = purpose;
  const hint = useId();
  if (difference?.answer !== 'kept' || !choice) {
    return null;
  }
  return (
    <div className="jp-eventlog-Kept">
      <p id={hint} className="jp-eventlog-Hint">
        {trans.__(
          'You keep to the terms of %1. Not part of them: %2',
          new Date(difference.since).toLocaleDateString(undefined, {
            dateStyle: 'medium'
          }),
          differenceText(difference, trans)
        )}
      </p>
      {offers[choice.mode] === null && (
        <button
          type="button"
          className="jp-eventlog-Button"
          aria-describedby={hint}
          aria-disabled={isBusy}
          onClick={isBusy ? undefined : () => accept(choice.mode)}
        >
          {trans.__('Accept these too')}
        </button>
      )}
    </div>
  );
}

/** The same question where somebody works; closing it leaves what was agreed to as it is. */
export class ChangedTermsBanner extends Banner {
  protected override render(): React.JSX.Element {
    return <Body {...this.options} close={() => this.dispose()} />;
  }
}

function Body(
  props: IBannerOptions & { close: () => void }
): React.JSX.Element {
  const { manifest, trans, openPanel, close } = props;
  // Not what the manifest says by now: an answer is to what is on the screen.
  const [purpose, setPurpose] = useState(props.purpose);
  return (
    <>
      <CloseButton trans={trans} close={close} />
      <ChangedTerms
        {...props}
        purpose={purpose}
        control="notice"
        answered={close}
        refused={({ purposes }) =>
          setPurpose(
            purposes.find(({ name }) => name === purpose.name) ?? purpose
          )
        }
      />
      <p className="jp-eventlog-Links">
        <button
          type="button"
          className="jp-eventlog-Link"
          onClick={() => {
            openPanel();
            close();
          }}
        >
          {trans.__('Details')}
        </button>
        <PageLink url={manifest.api.privacyUrl()}>
          {trans.__('Privacy page')}
        </PageLink>
      </p>
    </>
  );
}
